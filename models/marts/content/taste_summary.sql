with
content_profiles as (
    select * from {{ ref('content_profiles') }}
    where {{ of_stale_periods('month') }}
),

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
