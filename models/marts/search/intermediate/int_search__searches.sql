with
-- A run of typing may go on from the month before, or into the month after; a week is plenty.
events as (
    select * from {{ ref('stg_log_search__events') }}
    where {{ of_stale_periods('log_date', 7) }}
),

runs as (
    {{ typing_runs('events') }}
),

-- The longest keyword of a run, the last of equally long ones; a user has less than 10^9 events.
-- What is typed more than a week after the run's month is a search of its own (decision 0010).
timed as (
    select
        user_id,
        max_by(keyword, length(keyword) * 1000000000 + event_number) as keyword,
        min_by(log_date, event_number) as log_date,
        min(event_time) as started_at,
        max(event_time) as ended_at,
        count(*) as events,
        row_number() over (
            partition by user_id, min_by(log_date, event_number)
            order by min(event_number)
        ) as run_number
    from runs
    group by
        user_id,
        run_start,
        greatest({{ month_start('began_on') }}, {{ month_start("log_date - interval '7' day") }})
),

untimed as (
    select
        user_id,
        keyword,
        log_date,
        cast(null as timestamp) as started_at,
        cast(null as timestamp) as ended_at,
        count(*) as events,
        0 as run_number
    from events
    where event_time is null
    group by user_id, keyword, log_date
),

searches as (
    select * from timed
    union all
    select * from untimed
),

final as (
    select
        *,
        {{ month_start('log_date') }} as month
    from searches
    where {{ of_stale_periods('log_date') }}
)

select * from final
