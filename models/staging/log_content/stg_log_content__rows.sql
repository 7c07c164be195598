with
source as (select * from {{ source('raw', 'log_content') }}),

app_types as (select * from {{ ref('app_types') }}),

trimmed as (
    select
        file_id,
        line_number,
        log_date,
        document_id,
        {{ trim_whitespace('contract') }} as contract,
        {{ trim_whitespace('mac') }} as mac,
        upper({{ trim_whitespace('app_name') }}) as app_name,
        {{ whole_number('total_duration') }} as seconds
    from source
),

final as (
    select
        -- ids
        trimmed.file_id,
        trimmed.line_number,
        nullif(trimmed.document_id, '') as document_id,
        trimmed.contract,
        nullif(trimmed.mac, '') as mac,
        -- text
        trimmed.app_name,
        app_types.content_type,
        -- numbers
        trimmed.seconds,
        -- dates
        trimmed.log_date,
        -- the first rule that is broken, in the order of the table of reasons
        case
            when
                trimmed.contract is null
                or trimmed.contract = ''
                or lower(trimmed.contract) in ({{ quoted_list(var('contract_placeholders')) }})
                then 'missing_contract'
            when {{ is_ip_address('trimmed.contract') }} then 'invalid_contract'
            when trimmed.seconds is null or trimmed.seconds < 0 then 'invalid_duration'
            when trimmed.seconds > {{ var('max_record_seconds') }} then 'implausible_duration'
            when app_types.content_type is null then 'unknown_app'
        end as reason
    from trimmed
    left join app_types on trimmed.app_name = app_types.app_name
)

select * from final
