with
device_months as (
    select * from {{ ref('int_content__device_months') }}
    where {{ of_stale_periods('month') }}
),

content_types as (select * from {{ ref('content_types') }}),

by_type as (
    select
        contract,
        month,
        content_type,
        cast(sum(seconds) as bigint) as seconds,
        bit_or(active_days) as active_days
    from device_months
    group by contract, month, content_type
),

measures as (
    select
        by_type.contract,
        by_type.month,
        {{ content_measures() }}
    from by_type
    inner join content_types on by_type.content_type = content_types.content_type
    group by by_type.contract, by_type.month
),

devices as (
    select
        contract,
        month,
        cast(count(distinct mac) as integer) as devices
    from device_months
    group by contract, month
),

final as (
    select
        measures.*,
        devices.devices
    from measures
    inner join devices
        on measures.contract = devices.contract
        and measures.month = devices.month
)

select * from final
