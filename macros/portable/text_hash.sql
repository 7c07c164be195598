{#- text_hash(column): a bigint-like hash of a text, to compare many texts cheaply; equal texts have
    equal hashes. Only for looking up: it differs between engines and is never stored in a mart. -#}
{% macro text_hash(column) -%}
    {{ return(adapter.dispatch('text_hash', 'customer360')(column)) }}
{%- endmacro %}

{% macro default__text_hash(column) -%}
    {{ exceptions.raise_compiler_error('text_hash is not written for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__text_hash(column) -%}
    hash({{ column }})
{%- endmacro %}
