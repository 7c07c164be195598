with
source as (select * from {{ source('raw', 'log_search') }}),

ignored_keywords as (select * from {{ ref('ignored_keywords') }}),

trimmed as (
    select
        file_id,
        line_number,
        log_date,
        nullif(event_id, '') as event_id,
        nullif({{ trim_whitespace('user_id') }}, '') as user_id,
        category,
        nullif({{ trim_whitespace('platform') }}, '') as platform,
        user_plans,
        keyword_normalised as keyword,
        coalesce(keyword_folded, '') as keyword_folded,
        event_time,
        event_time_quality
    from source
),

final as (
    select
        trimmed.*,
        -- the first rule that is broken; duplicates come before these and are found in the rejects
        case
            when coalesce(trimmed.category, '') <> 'enter' then 'out_of_scope'
            when trimmed.user_id is null then 'missing_user'
            when trimmed.keyword is null then 'missing_keyword'
            when
                length(trimmed.keyword) < 2
                or trimmed.keyword like 'http://%'
                or trimmed.keyword like 'https://%'
                or trimmed.keyword like 'www.%'
                or {{ is_ipv4_address('trimmed.keyword') }}
                or {{ is_phone_number('trimmed.keyword') }}
                or ignored_keywords.keyword is not null
                then 'not_a_query'
        end as reason
    from trimmed
    left join ignored_keywords on trimmed.keyword = ignored_keywords.keyword
)

select * from final
