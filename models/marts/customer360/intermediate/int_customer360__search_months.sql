with
search_events as (select * from {{ ref('stg_log_search__events') }}),

user_searches as (select * from {{ ref('int_search__searches') }}),

keyword_genres as (select * from {{ ref('search_keyword_genres') }}),

customer_identifiers as (select * from {{ ref('customer_identifiers') }}),

users as (
    select
        customer_id,
        identifier as user_id
    from customer_identifiers
    where identifier_type = 'user_id'
),

events as (
    select
        search_events.*,
        users.customer_id
    from search_events
    inner join users on search_events.user_id = users.user_id
),

searches as (
    select
        user_searches.*,
        users.customer_id
    from user_searches
    inner join users on user_searches.user_id = users.user_id
),

customer_months as (
    {{ search_months('customer_id', 'events', 'searches') }}
),

with_genres as (
    select
        customer_months.*,
        coalesce(keyword_genres.genre, 'Unknown') as genre
    from customer_months
    left join keyword_genres on customer_months.most_search = keyword_genres.keyword
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

event_dates as (
    select
        customer_id,
        {{ month_start('log_date') }} as month,
        min(log_date) as first_date,
        max(log_date) as last_date
    from events
    group by customer_id, {{ month_start('log_date') }}
),

final as (
    select
        compared.*,
        {{ explain_changed(
            'compared.behavior_change', 'compared.previous_genre', 'compared.genre'
        ) }} as explain_changed,
        event_dates.first_date,
        event_dates.last_date
    from compared
    inner join event_dates
        on compared.customer_id = event_dates.customer_id
        and compared.month = event_dates.month
)

select * from final
