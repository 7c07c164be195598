with
user_months as (select * from {{ ref('int_search__user_months') }}),

keyword_genres as (select * from {{ ref('search_keyword_genres') }}),

final as (
    select
        user_months.user_id,
        user_months.month,
        user_months.search_events,
        user_months.searches,
        user_months.keywords,
        user_months.most_search,
        user_months.most_search_count,
        coalesce(keyword_genres.genre, 'Unknown') as genre,
        user_months.platform,
        user_months.plans,
        user_months.last_searched_at
    from user_months
    left join keyword_genres on user_months.most_search = keyword_genres.keyword
)

select * from final
