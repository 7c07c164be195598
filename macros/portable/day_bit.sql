{#- day_bit(date_expression): a bigint with the bit of the day of the month set (bit 1 to 31).
    A month of days fits one number: bit_or() collects days, bit_count() counts them. Shifting has
    no common syntax. -#}
{% macro day_bit(date_expression) -%}
    {{ return(adapter.dispatch('day_bit', 'customer360')(date_expression)) }}
{%- endmacro %}

{% macro default__day_bit(date_expression) -%}
    {{ exceptions.raise_compiler_error('day_bit is not written for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__day_bit(date_expression) -%}
    (cast(1 as bigint) << day({{ date_expression }}))
{%- endmacro %}
