with
content_records as (select * from {{ ref('int_content__device_months') }}),

search_events as (select * from {{ ref('stg_log_search__events') }}),

links as (select * from {{ ref('stg_identities__links') }}),

known as (
    select
        'contract' as identifier_type,
        contract as identifier,
        'log_content' as source
    from content_records

    union all

    select
        'user_id' as identifier_type,
        user_id as identifier,
        'log_search' as source
    from search_events
    {%- for identifier_type in identifier_types() %}

    union all

    select
        '{{ identifier_type }}' as identifier_type,
        {{ identifier_type }} as identifier,
        'identities' as source
    from links
    {%- endfor %}
),

final as (
    select distinct
        identifier_type,
        identifier,
        source,
        identifier_type || ':' || identifier as node
    from known
    where identifier is not null
)

select * from final
