with
source as (select * from {{ source('raw', 'identities') }}),

final as (
    select
        file_id,
        line_number,
        nullif({{ trim_whitespace('contract') }}, '') as contract,
        nullif({{ trim_whitespace('user_id') }}, '') as user_id,
        lower(nullif({{ trim_whitespace('email') }}, '')) as email,
        nullif({{ trim_whitespace('subscriber_id') }}, '') as subscriber_id
    from source
)

select * from final
