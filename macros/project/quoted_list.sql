{#- quoted_list(texts): texts as SQL literals with commas between, for `in (...)`. -#}
{% macro quoted_list(texts) -%}
    {%- for text in texts -%}
        '{{ text | replace("'", "''") }}'{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
