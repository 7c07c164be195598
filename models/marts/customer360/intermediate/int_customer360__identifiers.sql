with
content_months as (select * from {{ ref('int_content__contract_months') }}),

search_months as (select * from {{ ref('int_search__user_months') }}),

links as (select * from {{ ref('stg_identities__links') }}),

known as (
    select
        'contract' as identifier_type,
        contract as identifier,
        'log_content' as source
    from content_months

    union all

    select
        'user_id' as identifier_type,
        user_id as identifier,
        'log_search' as source
    from search_months
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
