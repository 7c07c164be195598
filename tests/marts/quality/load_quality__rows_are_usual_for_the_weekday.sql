-- A warning: a day has far fewer or far more rows than the same weekday usually has.
{{ config(
    severity='warn',
    meta={'explain': true},
    store_failures=true,
    schema='quality',
    alias='unusual_days',
) }}
with
load_quality as (select * from {{ ref('load_quality') }}),

days as (
    select
        source,
        log_date,
        cast(sum(case when outcome = 'unreadable_file' then 0 else rows end) as bigint) as row_count
    from load_quality
    group by source, log_date
),

usual_rows as (
    select
        days.source,
        days.log_date,
        days.row_count,
        count(*) as same_weekdays,
        {{ exact_quantile('same_weekdays.row_count', 0.5) }} as usual_row_count
    from days
    inner join days as same_weekdays
        on days.source = same_weekdays.source
        and days.log_date <> same_weekdays.log_date
        and mod({{ dbt.datediff('same_weekdays.log_date', 'days.log_date', 'day') }}, 7) = 0
    group by days.source, days.log_date, days.row_count
),

final as (
    select
        source,
        log_date,
        row_count as rows,
        usual_row_count as usual_rows,
        same_weekdays
    from usual_rows
    where
        same_weekdays >= {{ var('min_same_weekdays') }}
        and (
            row_count < {{ var('min_share_of_usual_rows') }} * usual_row_count
            or row_count > {{ var('max_share_of_usual_rows') }} * usual_row_count
        )
        and not {{ is_accepted_bad_day('source', 'log_date') }}
)

select * from final
