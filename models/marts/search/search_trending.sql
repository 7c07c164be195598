with
keyword_months as (
    select * from {{ ref('int_search__keyword_months') }}
    where {{ of_stale_periods('month', months_before=1) }}
),

genre_months as (
    select * from {{ ref('int_search__genre_months') }}
    where {{ of_stale_periods('month') }}
),

ranked as (
    select
        *,
        cast(
            row_number() over (
                partition by month
                order by searches desc, users desc, keyword asc
            ) as integer
        ) as rank
    from keyword_months
    where searches > 0
),

top_keywords as (
    select *
    from ranked
    where rank <= {{ var('trending_keywords') }}
),

final as (
    select
        top_keywords.month,
        top_keywords.rank,
        top_keywords.keyword,
        genre_months.genre,
        top_keywords.searches,
        top_keywords.users,
        month_before.rank as previous_rank
    from top_keywords
    left join top_keywords as month_before
        on {{ previous_month('top_keywords.month') }} = month_before.month
        and top_keywords.keyword = month_before.keyword
    inner join genre_months
        on top_keywords.keyword = genre_months.keyword
        and top_keywords.month = genre_months.month
)

select * from final
