{#- is_ip_address(column): whether a text is an IPv4 or IPv6 address (SPEC 3): eight groups of one to
    four hexadecimal digits, of which one `::` may stand for one or more, and the last two may be
    written as IPv4. LIKE first: it is cheap and settles nearly every row. -#}
{% macro is_ip_address(column) -%}
    {%- set number = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])' -%}
    {%- set group = '[0-9A-Fa-f]{1,4}' -%}
    {%- set groups = "regexp_replace(" ~ column ~ ", ':(" ~ number ~ "[.]){3}" ~ number ~ "$', ':0:0')" -%}
    (
        {{ is_ipv4_address(column) }}
        or (
            {{ column }} like '%:%:%'
            and (
                {{ regex_match(groups, '^(' ~ group ~ ':){7}' ~ group ~ '$') }}
                or (
                    {{ regex_match(groups, '^(' ~ group ~ '(:' ~ group ~ ')*)?::(' ~ group ~ '(:' ~ group ~ ')*)?$') }}
                    and not {{ regex_match(groups, '(' ~ group ~ '::?){7}' ~ group) }}
                )
            )
        )
    )
{%- endmacro %}
