with
checked_rows as (select * from {{ ref('stg_log_content__rows') }}),

rejects as (select * from {{ ref('stg_log_content__rejects') }}),

final as (
    select
        -- ids
        checked_rows.file_id,
        checked_rows.line_number,
        checked_rows.contract,
        checked_rows.mac,
        -- text
        checked_rows.logged_contract,
        checked_rows.logged_mac,
        checked_rows.app_name,
        checked_rows.content_type,
        -- numbers; what was accepted is a whole number, which a cast does not round
        coalesce(
            try_cast(checked_rows.logged_duration as bigint),
            {{ whole_number('checked_rows.logged_duration') }}
        ) as seconds,
        -- dates
        checked_rows.log_date,
        {{ month_start('checked_rows.log_date') }} as month
    from checked_rows
    left join rejects
        on checked_rows.file_id = rejects.file_id
        and checked_rows.log_date = rejects.log_date
        and checked_rows.line_number = rejects.line_number
    where rejects.file_id is null
)

select * from final
