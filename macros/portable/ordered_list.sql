{#- ordered_list(column, separator, order_by): texts of a group in one, in the order of another column. -#}
{% macro ordered_list(column, separator, order_by) -%}
    {{ return(adapter.dispatch('ordered_list', 'customer360')(column, separator, order_by)) }}
{%- endmacro %}

{% macro default__ordered_list(column, separator, order_by) -%}
    {{ exceptions.raise_compiler_error('ordered_list is not written for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__ordered_list(column, separator, order_by) -%}
    string_agg({{ column }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}
