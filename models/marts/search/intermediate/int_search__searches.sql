with
-- A run of typing may go on from the month before, or into the month after; a week is plenty.
events as (
    select * from {{ ref('stg_log_search__events') }}
    where {{ of_stale_periods('log_date', 7) }}
),

ordered as (
    select
        user_id,
        log_date,
        keyword,
        keyword_folded,
        event_time,
        row_number() over typing as event_number,
        lag(event_time) over typing as previous_time,
        lag(keyword_folded) over typing as previous_folded
    from events
    where event_time is not null
    window typing as (
        partition by user_id
        order by event_time asc, event_id asc nulls last, path asc, line_number asc
    )
),

run_starts as (
    select
        *,
        case
            when
                {{ seconds_between('previous_time', 'event_time') }}
                <= {{ var('search_run_seconds') }}
                and left(keyword_folded, length(previous_folded))
                = left(previous_folded, length(keyword_folded))
                then 0
            else 1
        end as starts_search
    from ordered
),

runs as (
    select
        *,
        sum(starts_search) over typing as search_number,
        max_by(log_date, case when starts_search = 1 then event_number end) over typing as began_on
    from run_starts
    window typing as (partition by user_id order by event_number rows unbounded preceding)
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
        search_number,
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
