with
events as (
    select * from {{ ref('stg_log_search__events') }}
    where {{ of_stale_periods('log_date') }}
),

searches as (
    select * from {{ ref('int_search__searches') }}
    where {{ of_stale_periods('month') }}
),

event_counts as (
    select
        {{ month_start('log_date') }} as month,
        keyword,
        count(*) as search_events
    from events
    group by {{ month_start('log_date') }}, keyword
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
        coalesce(event_counts.month, search_counts.month) as month,
        coalesce(event_counts.keyword, search_counts.keyword) as keyword,
        coalesce(event_counts.search_events, 0) as search_events,
        coalesce(search_counts.searches, 0) as searches,
        coalesce(search_counts.users, 0) as users
    from event_counts
    full outer join search_counts
        on event_counts.month = search_counts.month
        and event_counts.keyword = search_counts.keyword
)

select * from final
