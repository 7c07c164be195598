{#- json_object_text(columns): a JSON object of some columns as text, nulls included.
    columns: name in the object -> expression. -#}
{% macro json_object_text(columns) -%}
    {{ return(adapter.dispatch('json_object_text', 'customer360')(columns)) }}
{%- endmacro %}

{% macro default__json_object_text(columns) -%}
    {{ exceptions.raise_compiler_error('json_object_text is not written for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_object_text(columns) -%}
    cast(json_object(
        {%- for name, expression in columns.items() %}
        '{{ name }}', {{ expression }}{{ ',' if not loop.last }}
        {%- endfor %}
    ) as string)
{%- endmacro %}
