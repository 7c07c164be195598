{#- is_accepted_bad_day(source, log_date): whether someone has looked at the day and lets it pass
    (var accepted_bad_days, entries like `log_content 2022-07-05`). -#}
{% macro is_accepted_bad_day(source, log_date) -%}
    {%- if var('accepted_bad_days') -%}
        ({{ source }} || ' ' || cast({{ log_date }} as string)
        in ({{ quoted_list(var('accepted_bad_days')) }}))
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}
