{#- regex_match(column, pattern): whether a text matches a pattern anywhere; write [0-9], not \d, which one
    engine reads as d. -#}
{% macro regex_match(column, pattern) -%}
    {{ return(adapter.dispatch('regex_match', 'customer360')(column, pattern)) }}
{%- endmacro %}

{% macro default__regex_match(column, pattern) -%}
    {{ exceptions.raise_compiler_error('regex_match is not written for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__regex_match(column, pattern) -%}
    regexp_matches({{ column }}, '{{ pattern }}')
{%- endmacro %}
