with
search_profiles as (
    select * from {{ ref('search_profiles') }}
    where {{ of_stale_periods('month', months_before=1) }}
),

months as (select distinct month from search_profiles),

-- Two months can be compared when both have search logs.
month_pairs as (
    select
        months.month,
        previous_months.month as previous_month
    from months
    inner join months as previous_months
        on {{ previous_month('months.month') }} = previous_months.month
),

current_month as (
    select
        search_profiles.*,
        month_pairs.previous_month
    from search_profiles
    inner join month_pairs on search_profiles.month = month_pairs.month
),

month_before as (
    select
        search_profiles.user_id,
        search_profiles.most_search,
        search_profiles.genre,
        month_pairs.month,
        month_pairs.previous_month
    from search_profiles
    inner join month_pairs on search_profiles.month = month_pairs.previous_month
),

compared as (
    select
        coalesce(current_month.user_id, month_before.user_id) as user_id,
        coalesce(current_month.month, month_before.month) as month,
        coalesce(current_month.previous_month, month_before.previous_month) as previous_month,
        month_before.most_search as previous_most_search,
        current_month.most_search,
        month_before.genre as previous_genre,
        current_month.genre,
        {{ behavior_change('month_before.genre', 'current_month.genre') }} as behavior_change
    from current_month
    full outer join month_before
        on current_month.user_id = month_before.user_id
        and current_month.month = month_before.month
),

final as (
    select
        *,
        {{ explain_changed('behavior_change', 'previous_genre', 'genre') }} as explain_changed
    from compared
    where {{ of_stale_periods('month') }}
)

select * from final
