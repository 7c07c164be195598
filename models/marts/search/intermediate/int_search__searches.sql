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
        row_number() over (
            partition by user_id
            order by event_time asc, event_id asc nulls last, path asc, line_number asc
        ) as event_number
    from events
    where event_time is not null
),

compared as (
    select
        *,
        lag(event_time) over (partition by user_id order by event_number) as previous_time,
        lag(keyword_folded) over (partition by user_id order by event_number) as previous_folded
    from ordered
),

run_starts as (
    select
        *,
        case
            when
                {{ seconds_between('previous_time', 'event_time') }}
                <= {{ var('search_run_seconds') }}
                and (
                    left(keyword_folded, length(previous_folded)) = previous_folded
                    or left(previous_folded, length(keyword_folded)) = keyword_folded
                )
                then 0
            else 1
        end as starts_search
    from compared
),

runs as (
    select
        *,
        sum(starts_search) over (
            partition by user_id
            order by event_number
            rows between unbounded preceding and current row
        ) as search_number
    from run_starts
),

-- The longest keyword of a run, the last of equally long ones; a user has less than 10^9 events.
timed as (
    select
        user_id,
        max_by(keyword, length(keyword) * 1000000000 + event_number) as keyword,
        min_by(log_date, event_number) as log_date,
        min(event_time) as started_at,
        max(event_time) as ended_at,
        count(*) as events
    from runs
    group by user_id, search_number
),

untimed as (
    select
        user_id,
        keyword,
        log_date,
        cast(null as timestamp) as started_at,
        cast(null as timestamp) as ended_at,
        count(*) as events
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
