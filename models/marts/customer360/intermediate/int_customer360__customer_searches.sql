with
components as (select * from {{ ref('int_customer360__components') }}),

search_events as (
    select * from {{ ref('stg_log_search__events') }}
    where {{ of_stale_periods('log_date') }}
),

user_searches as (
    select * from {{ ref('int_search__searches') }}
    where {{ of_stale_periods('month') }}
),

users as (select distinct user_id from search_events),

customers as (
    select
        users.user_id,
        {{ customer_id("'user_id:' || users.user_id", 'components') }} as customer_id
    from users
    left join components on 'user_id:' || users.user_id = components.node
),

events as (
    select
        search_events.*,
        customers.customer_id
    from search_events
    inner join customers on search_events.user_id = customers.user_id
),

searches as (
    select
        user_searches.*,
        customers.customer_id
    from user_searches
    inner join customers on user_searches.user_id = customers.user_id
),

customer_months as (
    {{ search_months('customer_id', 'events', 'searches') }}
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
        customer_months.*,
        event_dates.first_date,
        event_dates.last_date
    from customer_months
    inner join event_dates
        on customer_months.customer_id = event_dates.customer_id
        and customer_months.month = event_dates.month
)

select * from final
