{#- search_months(entity, events, searches): what an entity (a user, a customer) searched in a month:
    one row per entity and month with accepted events or searches (SPEC 5, search_profiles).
    entity: the column that names it.  events, searches: relations or CTEs that have that column. -#}
{% macro search_months(entity, events, searches) -%}
    with
    event_months as (
        select
            {{ entity }},
            {{ month_start('log_date') }} as month,
            count(*) as search_events,
            max(event_time) as last_searched_at
        from {{ events }}
        group by {{ entity }}, {{ month_start('log_date') }}
    ),
    platforms as (
        select
            {{ entity }},
            {{ month_start('log_date') }} as month,
            platform,
            row_number() over (
                partition by {{ entity }}, {{ month_start('log_date') }}
                order by count(*) desc, platform asc
            ) as platform_rank
        from {{ events }}
        where platform is not null
        group by {{ entity }}, {{ month_start('log_date') }}, platform
    ),
    plan_entries as (
        select distinct
            {{ entity }},
            {{ month_start('log_date') }} as month,
            {{ explode_list('user_plans') }} as plan_entry
        from {{ events }}
    ),
    {# `Kênh Gia Đình:giftcode`: the part after the last colon says how the plan was paid. #}
    unpaid_entries as (
        select
            {{ entity }},
            month,
            regexp_replace(plan_entry, ':[^:]*$', '') as plan_name
        from plan_entries
    ),
    plan_names as (
        select
            {{ entity }},
            month,
            nullif({{ trim_whitespace('plan_name') }}, '') as plan_name
        from unpaid_entries
    ),
    plans as (
        select
            {{ entity }},
            month,
            {{ sorted_set('plan_name', ' | ') }} as plans
        from plan_names
        group by {{ entity }}, month
    ),
    keyword_counts as (
        select
            {{ entity }},
            month,
            keyword,
            count(*) as searches,
            row_number() over (
                partition by {{ entity }}, month
                order by count(*) desc, max(ended_at) desc nulls last, keyword asc
            ) as keyword_rank
        from {{ searches }}
        group by {{ entity }}, month, keyword
    ),
    search_counts as (
        select
            {{ entity }},
            month,
            sum(searches) as searches,
            count(*) as keywords,
            max(case when keyword_rank = 1 then keyword end) as most_search,
            max(case when keyword_rank = 1 then searches end) as most_search_count
        from keyword_counts
        group by {{ entity }}, month
    )

    {# A run of typing that began in the month before leaves events without a search. -#}
    select
        event_months.{{ entity }},
        event_months.month,
        event_months.search_events,
        cast(coalesce(search_counts.searches, 0) as bigint) as searches,
        cast(coalesce(search_counts.keywords, 0) as bigint) as keywords,
        search_counts.most_search,
        cast(coalesce(search_counts.most_search_count, 0) as bigint) as most_search_count,
        platforms.platform,
        plans.plans,
        event_months.last_searched_at
    from event_months
    left join search_counts
        on event_months.{{ entity }} = search_counts.{{ entity }}
        and event_months.month = search_counts.month
    left join platforms
        on event_months.{{ entity }} = platforms.{{ entity }}
        and event_months.month = platforms.month
        and platforms.platform_rank = 1
    left join plans
        on event_months.{{ entity }} = plans.{{ entity }}
        and event_months.month = plans.month
{%- endmacro %}
