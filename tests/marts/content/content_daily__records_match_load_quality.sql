-- Every accepted record is counted on its day, once.
with
content_daily as (select * from {{ ref('content_daily') }}),

load_quality as (select * from {{ ref('load_quality') }}),

counted as (
    select
        log_date,
        sum(records) as records
    from content_daily
    group by log_date
),

accepted as (
    select
        log_date,
        rows as records
    from load_quality
    where
        source = 'log_content'
        and outcome = 'accepted'
),

final as (
    select
        counted.records as counted_records,
        accepted.records as accepted_records
    from counted
    full outer join accepted on counted.log_date = accepted.log_date
    where counted.records is distinct from accepted.records
)

select * from final
