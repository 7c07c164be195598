{#- is_ip_address(column): whether a text is an IPv4 or IPv6 address (SPEC 3).
    LIKE first: it is cheap and settles nearly every row. -#}
{% macro is_ip_address(column) -%}
    (
        {{ is_ipv4_address(column) }}
        or (
            {{ column }} like '%:%:%:%:%:%:%:%'
            and {{ regex_match(column, '^([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}$') }}
        )
        or (
            {{ column }} like '%::%'
            and {{ regex_match(column, '^[0-9A-Fa-f:.]+$') }}
        )
    )
{%- endmacro %}
