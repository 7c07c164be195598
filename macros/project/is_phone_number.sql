{#- is_phone_number(column): only digits, spaces, + - ( ), with nine digits or more (SPEC 3). -#}
{% macro is_phone_number(column) -%}
    (
        {{ regex_match(column, '^[0-9 +()-]+$') }}
        and length(translate({{ column }}, ' +()-', '')) >= 9
    )
{%- endmacro %}
