with
records as (
    select * from {{ ref('stg_log_content__records') }}
    where {{ of_stale_periods('log_date') }}
),

-- Summed as logged: so a text is trimmed once a device, not once a record.
by_logged_device as (
    select
        month,
        logged_contract,
        logged_mac,
        content_type,
        sum(seconds) as seconds,
        bit_or({{ day_bit('log_date') }}) as active_days,
        min(log_date) as first_date,
        max(log_date) as last_date
    from records
    group by month, logged_contract, logged_mac, content_type
),

trimmed as (
    select
        *,
        {{ trim_whitespace('logged_contract') }} as contract,
        nullif({{ trim_whitespace('logged_mac') }}, '') as mac
    from by_logged_device
),

final as (
    select
        month,
        contract,
        mac,
        content_type,
        cast(sum(seconds) as bigint) as seconds,
        bit_or(active_days) as active_days,
        min(first_date) as first_date,
        max(last_date) as last_date
    from trimmed
    group by month, contract, mac, content_type
)

select * from final
