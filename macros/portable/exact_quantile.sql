{#- exact_quantile(column, fraction): the exact quantile with linear interpolation, as an aggregate.
    As SQL percentile_cont (SPEC 4), whose syntax linters of other engines do not know. -#}
{% macro exact_quantile(column, fraction) -%}
    {{ return(adapter.dispatch('exact_quantile', 'customer360')(column, fraction)) }}
{%- endmacro %}

{% macro default__exact_quantile(column, fraction) -%}
    {{ exceptions.raise_compiler_error('exact_quantile is not written for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__exact_quantile(column, fraction) -%}
    quantile_cont({{ column }}, {{ fraction }})
{%- endmacro %}
