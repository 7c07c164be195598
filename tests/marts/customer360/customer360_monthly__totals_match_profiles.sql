-- Customers watched and searched what contracts and users did: joining identities loses and
-- doubles nothing.
with
customer_months as (select * from {{ ref('customer360_monthly') }}),

content_profiles as (select * from {{ ref('content_profiles') }}),

search_profiles as (select * from {{ ref('search_profiles') }}),

by_customer as (
    select
        month,
        coalesce(sum(total_seconds), 0) as seconds,
        coalesce(sum(searches), 0) as searches
    from customer_months
    group by month
),

by_source as (
    select
        month,
        sum(seconds) as seconds,
        sum(searches) as searches
    from (
        select
            month,
            total_seconds as seconds,
            0 as searches
        from content_profiles

        union all

        select
            month,
            0 as seconds,
            searches
        from search_profiles
    ) as profiles
    group by month
),

final as (
    select
        by_customer.seconds as customer_seconds,
        by_source.seconds as source_seconds,
        by_customer.searches as customer_searches,
        by_source.searches as source_searches
    from by_customer
    full outer join by_source on by_customer.month = by_source.month
    where
        by_customer.seconds is distinct from by_source.seconds
        or by_customer.searches is distinct from by_source.searches
)

select * from final
