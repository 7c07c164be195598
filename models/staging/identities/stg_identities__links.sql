with
source as (select * from {{ source('raw', 'identities') }}),

trimmed as (
    select
        file_id,
        line_number,
        {{ trim_whitespace('contract') }} as contract,
        {{ trim_whitespace('user_id') }} as user_id,
        lower({{ trim_whitespace('email') }}) as email,
        {{ trim_whitespace('subscriber_id') }} as subscriber_id
    from source
),

-- A text that stands for no identifier would link everybody who has it (SPEC 6: never a constant).
final as (
    select
        {%- for identifier_type in identifier_types() %}
        case
            when
                lower({{ identifier_type }})
                not in ('', {{ quoted_list(var('identifier_placeholders')) }})
                then {{ identifier_type }}
        end as {{ identifier_type }},
        {%- endfor %}
        file_id,
        line_number
    from trimmed
)

select * from final
