{#- check_vars(): stops a run whose vars have no sense, before anything is built. -#}
{% macro check_vars() -%}
    {%- set limits = {
        'max_record_seconds': (1, 31536000),
        'active_high_days': (1, 31),
        'clinginess_low_days': (0, 31),
        'clinginess_high_days': (0, 31),
        'search_run_seconds': (1, 86400),
        'trending_keywords': (1, 1000),
        'max_customer_identifiers': (2, 10000),
    } -%}
    {%- for name, (lowest, highest) in limits.items() -%}
        {%- set value = var(name) -%}
        {%- if value is not integer or value < lowest or value > highest -%}
            {{ exceptions.raise_compiler_error(
                'var ' ~ name ~ ' is ' ~ value ~ '; it must be a whole number from '
                ~ lowest ~ ' to ' ~ highest ~ ' (dbt_project.yml says what it means)'
            ) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
