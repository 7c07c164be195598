with
source as (select * from {{ source('raw', 'log_content') }}),

app_types as (select * from {{ ref('app_types') }}),

-- Nearly every name is written as in the seed: looking it up is cheaper than trimming it.
named as (
    select
        source.*,
        coalesce(
            as_logged.app_name, upper({{ trim_whitespace('source.app_name') }})
        ) as app_name_upper,
        coalesce({{ is_plain_record('source', 'as_logged') }}, false) as is_plain
    from source
    left join app_types as as_logged on source.app_name = as_logged.app_name
),

trimmed as (
    select
        named.file_id,
        named.line_number,
        named.log_date,
        named.document_id,
        named.contract as logged_contract,
        named.mac as logged_mac,
        named.total_duration as logged_duration,
        {{ trim_whitespace('named.contract') }} as contract,
        {{ trim_whitespace('named.mac') }} as mac,
        {{ whole_number('named.total_duration') }} as seconds,
        named.app_name_upper as app_name,
        named.is_plain,
        app_types.content_type
    from named
    left join app_types on named.app_name_upper = app_types.app_name
),

final as (
    select
        -- ids
        file_id,
        line_number,
        nullif(document_id, '') as document_id,
        contract,
        nullif(mac, '') as mac,
        -- text
        logged_contract,
        logged_mac,
        logged_duration,
        app_name,
        content_type,
        -- numbers
        seconds,
        -- dates
        log_date,
        -- whether a look settles that no rule is broken; false says nothing
        is_plain,
        -- the first rule that is broken, in the order of the table of reasons
        case
            when
                contract is null
                or contract = ''
                or lower(contract) in ({{ quoted_list(var('identifier_placeholders')) }})
                then 'missing_contract'
            when {{ is_ip_address('contract') }} then 'invalid_contract'
            when seconds is null or seconds < 0 then 'invalid_duration'
            when seconds > {{ var('max_record_seconds') }} then 'implausible_duration'
            when content_type is null then 'unknown_app'
        end as reason
    from trimmed
)

select * from final
