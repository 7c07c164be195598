{#- typing_runs(events): the events with a time, each with its number among those of its user and the run
    of typing that it is part of (SPEC 5): at most var search_run_seconds after the one before, one
    keyword the start of the other.
    events: relation or CTE of stg_log_search__events. -#}
{% macro typing_runs(events) -%}
    with
    {# Numbers are sorted in half the time of paths. A file has less than 10^9 lines. #}
    files as (
        select
            file_id,
            row_number() over (order by min(path)) * 1000000000 as lines_before
        from {{ events }}
        group by file_id
    ),
    ordered as (
        select
            events.user_id,
            events.log_date,
            events.keyword,
            events.keyword_folded,
            events.event_time,
            row_number() over typing as event_number,
            lag(events.event_time) over typing as previous_time,
            lag(events.keyword_folded) over typing as previous_folded
        from {{ events }} as events
        inner join files on events.file_id = files.file_id
        where events.event_time is not null
        window typing as (
            partition by events.user_id
            order by
                events.event_time asc,
                events.event_id asc nulls last,
                files.lines_before + events.line_number asc
        )
    ),
    {# One keyword is the start of the other: as far as the shorter one goes they are the same. #}
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
    )

    select
        *,
        last_value(case when starts_search = 1 then event_number end ignore nulls)
            over typing as run_start,
        last_value(case when starts_search = 1 then log_date end ignore nulls)
            over typing as began_on
    from run_starts
    window typing as (partition by user_id order by event_number rows unbounded preceding)
{%- endmacro %}
