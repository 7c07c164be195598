with
events as (
    select * from {{ ref('stg_log_search__events') }}
    where {{ of_stale_periods('log_date') }}
),

searches as (
    select * from {{ ref('int_search__searches') }}
    where {{ of_stale_periods('month') }}
),

final as (
    {{ search_months('user_id', 'events', 'searches') }}
)

select * from final
