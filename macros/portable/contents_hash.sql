{#- contents_hash(alias): an aggregate that tells two tables with different rows apart, whatever their
    order. It differs between engines and versions of them; never stored in a mart.
    alias: the table's alias in the query; all its columns count. -#}
{% macro contents_hash(alias) -%}
    {{ return(adapter.dispatch('contents_hash', 'customer360')(alias)) }}
{%- endmacro %}

{% macro default__contents_hash(alias) -%}
    {{ exceptions.raise_compiler_error('contents_hash is not written for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__contents_hash(alias) -%}
    concat(count(*), ' ', sum(hash({{ alias }})))
{%- endmacro %}
