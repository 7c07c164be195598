{#- explode_list(column): one row for each element of a list; none for an empty one. -#}
{% macro explode_list(column) -%}
    {{ return(adapter.dispatch('explode_list', 'customer360')(column)) }}
{%- endmacro %}

{% macro default__explode_list(column) -%}
    {{ exceptions.raise_compiler_error('explode_list is not written for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__explode_list(column) -%}
    unnest({{ column }})
{%- endmacro %}
