{#- view_definition(relation): the query of a view as the database keeps it, empty when there is none. -#}
{% macro view_definition(relation) -%}
    {{ return(adapter.dispatch('view_definition', 'customer360')(relation)) }}
{%- endmacro %}

{% macro default__view_definition(relation) -%}
    {{ exceptions.raise_compiler_error('view_definition is not written for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__view_definition(relation) -%}
    {%- set rows = run_query(
        "select sql from duckdb_views() where schema_name = '" ~ relation.schema
        ~ "' and view_name = '" ~ relation.identifier ~ "'"
    ).rows -%}
    {{ return(rows[0][0] if rows else '') }}
{%- endmacro %}
