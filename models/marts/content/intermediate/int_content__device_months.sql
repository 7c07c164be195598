with
records as (
    select * from {{ ref('stg_log_content__records') }}
    where {{ of_stale_periods('log_date') }}
),

final as (
    select
        month,
        contract,
        mac,
        content_type,
        cast(sum(seconds) as bigint) as seconds,
        bit_or({{ day_bit('log_date') }}) as active_days,
        min(log_date) as first_date,
        max(log_date) as last_date
    from records
    group by month, contract, mac, content_type
)

select * from final
