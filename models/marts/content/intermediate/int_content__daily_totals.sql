with
records as (
    select * from {{ ref('stg_log_content__records') }}
    where {{ of_stale_periods('log_date') }}
),

final as (
    select
        log_date,
        month,
        content_type,
        count(*) as records,
        cast(sum(seconds) as bigint) as seconds
    from records
    group by log_date, month, content_type
)

select * from final
