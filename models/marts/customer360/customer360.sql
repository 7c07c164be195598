with
identifiers as (select * from {{ ref('int_customer360__identifiers') }}),

customer_identifiers as (select * from {{ ref('customer_identifiers') }}),

customer_months as (select * from {{ ref('customer360_monthly') }}),

customers as (
    select
        {%- for identifier_type in identifier_types() %}
        cast(count(*) filter (where identifier_type = '{{ identifier_type }}') as integer)
            as {{ identifier_type }}s,
        {%- endfor %}
        customer_id
    from customer_identifiers
    group by customer_id
),

known_by as (
    select
        customer_identifiers.customer_id,
        {{ sorted_set('identifiers.source', ',') }} as sources
    from customer_identifiers
    inner join identifiers
        on customer_identifiers.identifier_type = identifiers.identifier_type
        and customer_identifiers.identifier = identifiers.identifier
    group by customer_identifiers.customer_id
),

latest as (
    select
        customer_id,
        max(case when total_seconds is not null then month end) as content_month,
        -- A month may hold nothing but the end of a search of the month before.
        max(case when searches > 0 then month end) as search_month,
        min(first_seen_date) as first_seen_date,
        max(last_seen_date) as last_seen_date
    from customer_months
    group by customer_id
),

final as (
    select
        customers.customer_id,
        {%- for identifier_type in identifier_types() %}
        customers.{{ identifier_type }}s,
        {%- endfor %}
        latest.content_month,
        {%- for content_type in content_types() %}
        content.{{ content_type }}_seconds,
        {%- endfor %}
        content.total_seconds,
        content.most_watch,
        content.taste,
        content.iqr_type,
        content.activeness,
        content.active,
        content.clinginess,
        content.devices,
        latest.search_month,
        search.searches,
        search.most_search,
        search.genre,
        search.behavior_change,
        search.explain_changed,
        search.platform,
        search.plans,
        latest.first_seen_date,
        latest.last_seen_date,
        known_by.sources
    from customers
    inner join known_by on customers.customer_id = known_by.customer_id
    left join latest on customers.customer_id = latest.customer_id
    left join customer_months as content
        on latest.customer_id = content.customer_id
        and latest.content_month = content.month
    left join customer_months as search
        on latest.customer_id = search.customer_id
        and latest.search_month = search.month
)

select * from final
