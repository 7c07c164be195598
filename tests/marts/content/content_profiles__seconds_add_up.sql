-- The seconds of the content types are the total; a type has seconds exactly when it stands in the
-- taste, and the most watched one does.
with
content_profiles as (select * from {{ ref('content_profiles') }}),

content_types as (select * from {{ ref('content_types') }}),

labels as (
    select
        {%- for content_type in content_types() %}
        max(case when content_type = '{{ content_type }}' then label end) as {{ content_type }},
        {%- endfor %}
        count(*) as content_types
    from content_types
),

final as (
    select
        content_profiles.contract,
        content_profiles.month
    from content_profiles
    cross join labels
    where
        content_profiles.total_seconds is distinct from (
            {%- for content_type in content_types() %}
            coalesce(content_profiles.{{ content_type }}_seconds, 0){{ ' +' if not loop.last }}
            {%- endfor %}
        )
        {%- for content_type in content_types() %}
        or (content_profiles.{{ content_type }}_seconds is not null) is distinct from (
            '-' || content_profiles.taste || '-' like '%-' || labels.{{ content_type }} || '-%'
        )
        {%- endfor %}
        or coalesce(
            '-' || content_profiles.taste || '-'
            not like '%-' || content_profiles.most_watch || '-%',
            true
        )
)

select * from final
