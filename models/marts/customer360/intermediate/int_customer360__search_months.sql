with
customer_months as (
    select * from {{ ref('int_customer360__customer_searches') }}
    where {{ of_stale_periods('month', months_before=1) }}
),

genre_months as (
    select * from {{ ref('int_search__genre_months') }}
    where {{ of_stale_periods('month', months_before=1) }}
),

with_genres as (
    select
        customer_months.*,
        coalesce(genre_months.genre, 'Unknown') as genre
    from customer_months
    left join genre_months
        on customer_months.most_search = genre_months.keyword
        and customer_months.month = genre_months.month
),

months as (select distinct month from with_genres),

compared as (
    select
        with_genres.*,
        month_before.genre as previous_genre,
        -- Without search logs for the month before there is nothing to compare with.
        case
            when months.month is not null
                then {{ behavior_change('month_before.genre', 'with_genres.genre') }}
        end as behavior_change
    from with_genres
    left join months on {{ previous_month('with_genres.month') }} = months.month
    left join with_genres as month_before
        on with_genres.customer_id = month_before.customer_id
        and months.month = month_before.month
),

final as (
    select
        customer_id,
        month,
        searches,
        most_search,
        platform,
        plans,
        genre,
        behavior_change,
        first_date,
        last_date,
        {{ explain_changed('behavior_change', 'previous_genre', 'genre') }} as explain_changed
    from compared
    where {{ of_stale_periods('month') }}
)

select * from final
