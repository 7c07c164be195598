with
keyword_months as (select * from {{ ref('int_search__keyword_months') }}),

keyword_genres as (select * from {{ ref('search_keyword_genres') }}),

final as (
    select
        keyword_months.month,
        keyword_months.keyword,
        keyword_genres.genre
    from keyword_months
    inner join keyword_genres on keyword_months.keyword = keyword_genres.keyword
)

select * from final
