with
records as (select * from {{ ref('stg_log_content__records') }}),

device_months as (select * from {{ ref('int_content__device_months') }}),

totals as (
    select
        log_date,
        month,
        content_type,
        count(*) as records,
        cast(sum(seconds) as bigint) as seconds
    from records
    group by log_date, month, content_type
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
        totals.log_date,
        totals.content_type,
        cast(sum(day_patterns.contracts) as bigint) as contracts,
        cast(sum(day_patterns.devices) as bigint) as devices,
        totals.records,
        totals.seconds
    from totals
    inner join day_patterns
        on totals.month = day_patterns.month
        and totals.content_type = day_patterns.content_type
        and (day_patterns.active_days & {{ day_bit('totals.log_date') }}) <> 0
    group by totals.log_date, totals.content_type, totals.records, totals.seconds
)

select * from final
