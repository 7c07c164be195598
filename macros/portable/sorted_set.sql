{#- sorted_set(column, separator): distinct texts of a group in one, sorted by code point. -#}
{% macro sorted_set(column, separator) -%}
    {{ return(adapter.dispatch('sorted_set', 'customer360')(column, separator)) }}
{%- endmacro %}

{% macro default__sorted_set(column, separator) -%}
    {{ exceptions.raise_compiler_error('sorted_set is not written for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__sorted_set(column, separator) -%}
    string_agg(distinct {{ column }}, '{{ separator }}' order by {{ column }})
{%- endmacro %}
