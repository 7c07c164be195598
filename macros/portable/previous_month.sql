{#- previous_month(month): the first day of the calendar month before.
    DuckDB makes a timestamp of a date less an interval; the cast makes both engines agree. -#}
{% macro previous_month(month) -%}
    cast({{ month }} - interval '1' month as date)
{%- endmacro %}
