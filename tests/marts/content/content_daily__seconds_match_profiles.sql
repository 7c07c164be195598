-- Seconds of a month are the same counted by day and by contract. Profiles hold no records: those
-- of a day are held against load_quality.
with
content_daily as (select * from {{ ref('content_daily') }}),

content_profiles as (select * from {{ ref('content_profiles') }}),

by_day as (
    select
        {{ month_start('log_date') }} as month,
        sum(seconds) as seconds
    from content_daily
    group by {{ month_start('log_date') }}
),

by_contract as (
    select
        month,
        sum(total_seconds) as seconds
    from content_profiles
    group by month
),

final as (
    select
        by_day.seconds as seconds_by_day,
        by_contract.seconds as seconds_by_contract
    from by_day
    full outer join by_contract on by_day.month = by_contract.month
    where by_day.seconds is distinct from by_contract.seconds
)

select * from final
