{#- generate_schema_name(custom_schema_name, node): schemas are named as in dbt_project.yml, without
    the target's name before them, so that `marts.customer360` is the same everywhere. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
