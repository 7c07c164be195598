with
content_months as (
    select * from {{ ref('int_customer360__content_months') }}
    where {{ of_stale_periods('month') }}
),

search_months as (
    select * from {{ ref('int_customer360__search_months') }}
    where {{ of_stale_periods('month') }}
),

final as (
    select
        coalesce(content_months.customer_id, search_months.customer_id) as customer_id,
        coalesce(content_months.month, search_months.month) as month,
        {%- for content_type in content_types() %}
        content_months.{{ content_type }}_seconds,
        {%- endfor %}
        content_months.total_seconds,
        content_months.most_watch,
        content_months.taste,
        content_months.iqr_type,
        content_months.activeness,
        content_months.active,
        content_months.clinginess,
        content_months.devices,
        search_months.searches,
        search_months.most_search,
        search_months.genre,
        search_months.behavior_change,
        search_months.explain_changed,
        search_months.platform,
        search_months.plans,
        least(
            coalesce(content_months.first_date, search_months.first_date),
            coalesce(search_months.first_date, content_months.first_date)
        ) as first_seen_date,
        greatest(
            coalesce(content_months.last_date, search_months.last_date),
            coalesce(search_months.last_date, content_months.last_date)
        ) as last_seen_date,
        concat_ws(
            ',',
            case when content_months.customer_id is not null then 'log_content' end,
            case when search_months.customer_id is not null then 'log_search' end
        ) as sources
    from content_months
    full outer join search_months
        on content_months.customer_id = search_months.customer_id
        and content_months.month = search_months.month
)

select * from final
