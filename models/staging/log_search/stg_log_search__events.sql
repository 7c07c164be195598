with
checked_rows as (select * from {{ ref('stg_log_search__rows') }}),

rejects as (select * from {{ ref('stg_log_search__rejects') }}),

files as (select * from {{ source('raw', 'files') }}),

final as (
    select
        -- ids
        checked_rows.file_id,
        checked_rows.line_number,
        checked_rows.event_id,
        checked_rows.user_id,
        -- text
        files.path,
        checked_rows.keyword,
        checked_rows.keyword_folded,
        checked_rows.platform,
        checked_rows.user_plans,
        -- dates and times
        checked_rows.event_time,
        checked_rows.event_time_quality,
        checked_rows.log_date
    from checked_rows
    inner join files on checked_rows.file_id = files.file_id
    left join rejects
        on checked_rows.file_id = rejects.file_id
        and checked_rows.log_date = rejects.log_date
        and checked_rows.line_number = rejects.line_number
    where
        rejects.file_id is null
        and {{ of_stale_periods('checked_rows.log_date') }}
)

select * from final
