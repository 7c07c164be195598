-- Every accepted search row is counted for one user and month.
with
search_profiles as (select * from {{ ref('search_profiles') }}),

load_quality as (select * from {{ ref('load_quality') }}),

counted as (
    select
        month,
        sum(search_events) as events
    from search_profiles
    group by month
),

accepted as (
    select
        {{ month_start('log_date') }} as month,
        sum(rows) as events
    from load_quality
    where
        source = 'log_search'
        and outcome = 'accepted'
    group by {{ month_start('log_date') }}
),

final as (
    select
        counted.events as counted_events,
        accepted.events as accepted_events
    from counted
    full outer join accepted on counted.month = accepted.month
    where counted.events is distinct from accepted.events
)

select * from final
