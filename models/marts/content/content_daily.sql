with
daily_totals as (
    select * from {{ ref('int_content__daily_totals') }}
    where {{ of_stale_periods('month') }}
),

device_months as (
    select * from {{ ref('int_content__device_months') }}
    where {{ of_stale_periods('month') }}
),

-- Distinct contracts of a day are counted from months of days: contracts with the same days are
-- counted together, and then once for each of those days.
contract_days as (
    select
        month,
        content_type,
        contract,
        bit_or(active_days) as active_days
    from device_months
    group by month, content_type, contract
),

device_days as (
    select
        month,
        content_type,
        mac,
        bit_or(active_days) as active_days
    from device_months
    where mac is not null
    group by month, content_type, mac
),

day_patterns as (
    select
        month,
        content_type,
        active_days,
        count(*) as contracts,
        0 as devices
    from contract_days
    group by month, content_type, active_days

    union all

    select
        month,
        content_type,
        active_days,
        0 as contracts,
        count(*) as devices
    from device_days
    group by month, content_type, active_days
),

final as (
    select
        daily_totals.log_date,
        daily_totals.content_type,
        cast(sum(day_patterns.contracts) as bigint) as contracts,
        cast(sum(day_patterns.devices) as bigint) as devices,
        daily_totals.records,
        daily_totals.seconds
    from daily_totals
    inner join day_patterns
        on daily_totals.month = day_patterns.month
        and daily_totals.content_type = day_patterns.content_type
        and (day_patterns.active_days & {{ day_bit('daily_totals.log_date') }}) <> 0
    group by
        daily_totals.log_date,
        daily_totals.content_type,
        daily_totals.records,
        daily_totals.seconds
)

select * from final
