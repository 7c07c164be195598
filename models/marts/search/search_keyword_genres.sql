with
keyword_months as (select * from {{ ref('int_search__keyword_months') }}),

library as (select * from {{ ref('stg_library__keywords') }}),

lexicon as (select * from {{ ref('keyword_genres') }}),

keywords as (select distinct keyword from keyword_months),

final as (
    select
        keywords.keyword,
        coalesce(library.genre, lexicon.genre, 'Unknown') as genre,
        case
            when library.genre is not null then 'library'
            when lexicon.genre is not null then 'lexicon'
            else 'none'
        end as source,
        cast(
            case when coalesce(library.genre, lexicon.genre) is null then 0 else 1 end as double
        ) as confidence
    from keywords
    left join library
        on keywords.keyword = library.keyword
        and library.reason is null
    left join lexicon on keywords.keyword = lexicon.keyword
)

select * from final
