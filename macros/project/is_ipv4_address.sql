{#- is_ipv4_address(column): four numbers of 0 to 255 with dots between (SPEC 3). -#}
{% macro is_ipv4_address(column) -%}
    (
        {{ column }} like '%.%.%.%'
        and {{ column }} not like '%.'
        and {{ regex_match(column, '^(([01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5])([.]|$)){4}$') }}
    )
{%- endmacro %}
