{#- trim_whitespace(column): a text without white space at its ends; blank becomes ''.
    Engines trim different characters unless told which: here all that Unicode calls white space and
    the separators U+001C to U+001F. Most values are plain letters and digits, for which looking is
    cheaper than trimming. -#}
{% macro trim_whitespace(column) -%}
    {{ return(adapter.dispatch('trim_whitespace', 'customer360')(column)) }}
{%- endmacro %}

{% macro default__trim_whitespace(column) -%}
    {{ exceptions.raise_compiler_error('trim_whitespace is not written for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__trim_whitespace(column) -%}
    case
        when regexp_full_match({{ column }}, '[A-Za-z0-9_-]*') then {{ column }}
        else regexp_replace({{ column }}, '^[\s\p{Z}\x0b\x1c-\x1f\x85]+|[\s\p{Z}\x0b\x1c-\x1f\x85]+$', '', 'g')
    end
{%- endmacro %}
