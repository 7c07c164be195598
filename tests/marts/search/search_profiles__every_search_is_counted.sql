-- Joining runs of typing loses no event and counts no search twice.
with
search_profiles as (select * from {{ ref('search_profiles') }}),

searches as (select * from {{ ref('int_search__searches') }}),

totals as (
    select
        coalesce((select sum(searches) from search_profiles), 0) as searches_in_profiles,
        coalesce((select sum(search_events) from search_profiles), 0) as events_in_profiles,
        (select count(*) from searches) as searches,
        coalesce((select sum(events) from searches), 0) as events_in_searches
),

final as (
    select *
    from totals
    where
        searches_in_profiles <> searches
        or events_in_profiles <> events_in_searches
)

select * from final
