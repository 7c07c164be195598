with
events as (
    select * from {{ ref('stg_log_search__events') }}
    where {{ of_stale_periods('log_date') }}
),

searches as (
    select * from {{ ref('int_search__searches') }}
    where {{ of_stale_periods('month') }}
),

typed as (
    select distinct
        {{ month_start('log_date') }} as month,
        keyword
    from events
),

search_counts as (
    select
        month,
        keyword,
        count(*) as searches,
        count(distinct user_id) as users
    from searches
    group by month, keyword
),

-- Text that grew into a longer keyword has events and no search of its own.
final as (
    select
        coalesce(typed.month, search_counts.month) as month,
        coalesce(typed.keyword, search_counts.keyword) as keyword,
        coalesce(search_counts.searches, 0) as searches,
        coalesce(search_counts.users, 0) as users
    from typed
    full outer join search_counts
        on typed.month = search_counts.month
        and typed.keyword = search_counts.keyword
)

select * from final
