with
content_profiles as (select * from {{ ref('content_profiles') }}),

final as (
    select
        month,
        taste,
        active,
        count(*) as contracts
    from content_profiles
    group by month, taste, active
)

select * from final
