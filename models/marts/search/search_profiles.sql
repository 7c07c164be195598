with
user_months as (
    select * from {{ ref('int_search__user_months') }}
    where {{ of_stale_periods('month') }}
),

genre_months as (
    select * from {{ ref('int_search__genre_months') }}
    where {{ of_stale_periods('month') }}
),

final as (
    select
        user_months.user_id,
        user_months.month,
        user_months.search_events,
        user_months.searches,
        user_months.keywords,
        user_months.most_search,
        user_months.most_search_count,
        coalesce(genre_months.genre, 'Unknown') as genre,
        user_months.platform,
        user_months.plans,
        user_months.last_searched_at
    from user_months
    left join genre_months
        on user_months.most_search = genre_months.keyword
        and user_months.month = genre_months.month
)

select * from final
