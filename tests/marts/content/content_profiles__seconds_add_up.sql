-- The seconds of the content types are the total, and a type in the taste has seconds.
with
content_profiles as (select * from {{ ref('content_profiles') }}),

final as (
    select
        contract,
        month
    from content_profiles
    where
        total_seconds is distinct from (
            {%- for content_type in content_types() %}
            coalesce({{ content_type }}_seconds, 0){{ ' +' if not loop.last }}
            {%- endfor %}
        )
        or taste not like '%' || most_watch || '%'
)

select * from final
