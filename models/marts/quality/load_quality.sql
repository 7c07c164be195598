with
content_totals as (
    select * from {{ ref('int_content__daily_totals') }}
    where {{ of_stale_periods('log_date') }}
),

content_rejects as (
    select * from {{ ref('stg_log_content__rejects') }}
    where {{ of_stale_periods('log_date') }}
),

search_events as (
    select * from {{ ref('stg_log_search__events') }}
    where {{ of_stale_periods('log_date') }}
),

search_rejects as (
    select * from {{ ref('stg_log_search__rejects') }}
    where {{ of_stale_periods('log_date') }}
),

outcomes as (
    select
        'log_content' as source,
        log_date,
        'accepted' as outcome,
        sum(records) as row_count
    from content_totals
    group by log_date

    union all

    select
        'log_content' as source,
        log_date,
        reason as outcome,
        count(*) as row_count
    from content_rejects
    group by log_date, reason

    union all

    select
        'log_search' as source,
        log_date,
        'accepted' as outcome,
        count(*) as row_count
    from search_events
    group by log_date

    union all

    select
        'log_search' as source,
        log_date,
        reason as outcome,
        count(*) as row_count
    from search_rejects
    group by log_date, reason
),

final as (
    select
        source,
        log_date,
        outcome,
        cast(row_count as bigint) as rows
    from outcomes
)

select * from final
