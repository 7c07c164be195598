-- Seed content_types and macro content_types() name the same types: a type in one alone would be
-- summed in the total and missing in the columns.
with
content_types as (select * from {{ ref('content_types') }}),

listed as (
    {%- for content_type in content_types() %}
    select '{{ content_type }}' as content_type
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        content_types.content_type as type_in_seed,
        listed.content_type as type_in_macro
    from content_types
    full outer join listed on content_types.content_type = listed.content_type
    where
        content_types.content_type is null
        or listed.content_type is null
)

select * from final
