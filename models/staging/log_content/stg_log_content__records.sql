with
source as (select * from {{ source('raw', 'log_content') }}),

rejects as (select * from {{ ref('stg_log_content__rejects') }}),

app_types as (select * from {{ ref('app_types') }}),

accepted as (
    select source.*
    from source
    left join rejects
        on source.file_id = rejects.file_id
        and source.log_date = rejects.log_date
        and source.line_number = rejects.line_number
    where rejects.file_id is null
),

trimmed as (
    select
        file_id,
        line_number,
        log_date,
        {{ trim_whitespace('contract') }} as contract,
        nullif({{ trim_whitespace('mac') }}, '') as mac,
        {{ whole_number('total_duration') }} as seconds,
        upper({{ trim_whitespace('app_name') }}) as app_name
    from accepted
),

final as (
    select
        -- ids
        trimmed.file_id,
        trimmed.line_number,
        trimmed.contract,
        trimmed.mac,
        -- text
        trimmed.app_name,
        app_types.content_type,
        -- numbers
        trimmed.seconds,
        -- dates
        trimmed.log_date,
        {{ month_start('trimmed.log_date') }} as month
    from trimmed
    inner join app_types on trimmed.app_name = app_types.app_name
)

select * from final
