with
source as (select * from {{ source('raw', 'log_content') }}),

app_types as (select * from {{ ref('app_types') }}),

trimmed as (
    select
        file_id,
        line_number,
        log_date,
        {{ trim_whitespace('document_id') }} as document_id,
        {{ trim_whitespace('contract') }} as contract,
        {{ trim_whitespace('mac') }} as mac,
        {{ trim_whitespace('total_duration') }} as total_duration,
        upper({{ trim_whitespace('app_name') }}) as app_name
    from source
),

typed as (
    select
        *,
        {{ whole_number('total_duration') }} as seconds
    from trimmed
),

final as (
    select
        -- ids
        typed.file_id,
        typed.line_number,
        nullif(typed.document_id, '') as document_id,
        typed.contract,
        nullif(typed.mac, '') as mac,
        -- text
        typed.app_name,
        app_types.content_type,
        -- numbers
        typed.seconds,
        -- dates
        typed.log_date,
        -- the first rule that is broken, in the order of the table of reasons
        case
            when
                typed.contract is null
                or typed.contract = ''
                or lower(typed.contract) in ({{ quoted_list(var('contract_placeholders')) }})
                then 'missing_contract'
            when {{ is_ip_address('typed.contract') }} then 'invalid_contract'
            when typed.seconds is null or typed.seconds < 0 then 'invalid_duration'
            when typed.seconds > {{ var('max_record_seconds') }} then 'implausible_duration'
            when app_types.content_type is null then 'unknown_app'
        end as reason
    from typed
    left join app_types on typed.app_name = app_types.app_name
)

select * from final
