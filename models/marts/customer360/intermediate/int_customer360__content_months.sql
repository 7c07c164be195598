with
device_months as (
    select * from {{ ref('int_content__device_months') }}
    where {{ of_stale_periods('month') }}
),

components as (select * from {{ ref('int_customer360__components') }}),

content_types as (select * from {{ ref('content_types') }}),

quartiles as (select * from {{ ref('int_content__quartiles') }}),

contracts as (select distinct contract from device_months),

customers as (
    select
        contracts.contract,
        {{ customer_id("'contract:' || contracts.contract", 'components') }} as customer_id
    from contracts
    left join components on 'contract:' || contracts.contract = components.node
),

customer_devices as (
    select
        device_months.*,
        customers.customer_id
    from device_months
    inner join customers on device_months.contract = customers.contract
),

by_type as (
    select
        customer_id,
        month,
        content_type,
        cast(sum(seconds) as bigint) as seconds,
        bit_or(active_days) as active_days
    from customer_devices
    group by customer_id, month, content_type
),

measures as (
    select
        by_type.customer_id,
        by_type.month,
        {{ content_measures() }}
    from by_type
    inner join content_types on by_type.content_type = content_types.content_type
    group by by_type.customer_id, by_type.month
),

devices as (
    select
        customer_id,
        month,
        cast(count(distinct mac) as integer) as devices,
        min(first_date) as first_date,
        max(last_date) as last_date
    from customer_devices
    group by customer_id, month
),

compared as (
    select
        measures.*,
        devices.devices,
        devices.first_date,
        devices.last_date,
        {{ iqr_type('measures.total_seconds', 'quartiles.q1', 'quartiles.q3') }} as iqr_type
    from measures
    inner join devices
        on measures.customer_id = devices.customer_id
        and measures.month = devices.month
    inner join quartiles on measures.month = quartiles.month
),

final as (
    select
        *,
        {{ active('activeness') }} as active,
        {{ clinginess('iqr_type', 'activeness') }} as clinginess
    from compared
)

select * from final
