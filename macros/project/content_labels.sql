{#- The labels of a month of viewing (SPEC 4). content_profiles and customer360 both use them, so
    that a contract and a customer are judged by one rule. -#}

{#- content_types(): codes of seed content_types with a column of seconds, in the seed's order. -#}
{% macro content_types() -%}
    {{ return(['tv', 'movie', 'sport', 'kids', 'relax']) }}
{%- endmacro %}

{#- content_measures(): what a month sums up to, from a CTE `by_type` with a row for each content
    type, joined to seed content_types. The most watched type is the one with the most seconds; `position` is subtracted
    in the fourth digit below the seconds, so that of equal seconds the earlier type wins. -#}
{% macro content_measures() -%}
    {%- for content_type in content_types() %}
        cast(sum(by_type.seconds) filter (where by_type.content_type = '{{ content_type }}') as bigint)
            as {{ content_type }}_seconds,
    {%- endfor %}
        cast(sum(by_type.seconds) as bigint) as total_seconds,
        max_by(content_types.label, by_type.seconds * 1000 - content_types.position) as most_watch,
        {{ ordered_list('content_types.label', '-', 'content_types.taste_position') }} as taste,
        cast(bit_count(bit_or(by_type.active_days)) as integer) as activeness
{%- endmacro %}

{#- iqr_type(total, q1, q3): a month's seconds against the quartiles of all contracts. -#}
{% macro iqr_type(total, q1, q3) -%}
    case
        when {{ total }} < {{ q1 }} then 'lower'
        when {{ total }} > {{ q3 }} then 'upper'
        when {{ total }} is not null then 'middle'
    end
{%- endmacro %}

{#- active(activeness): High from var active_high_days days on. -#}
{% macro active(activeness) -%}
    case
        when {{ activeness }} >= {{ var('active_high_days') }} then 'High'
        when {{ activeness }} is not null then 'Low'
    end
{%- endmacro %}

{#- clinginess(iqr_type, activeness): how much and how often together. -#}
{% macro clinginess(iqr_type, activeness) -%}
    case
        when {{ iqr_type }} = 'lower' and {{ activeness }} <= {{ var('clinginess_low_days') }}
            then 'low'
        when {{ iqr_type }} = 'lower' then 'medium'
        when {{ activeness }} <= {{ var('clinginess_high_days') }} then 'medium'
        when {{ activeness }} is not null then 'high'
    end
{%- endmacro %}
