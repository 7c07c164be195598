{#- identifier_types(): what can name a customer; columns of identities/ (SPEC 6). -#}
{% macro identifier_types() -%}
    {{ return(['contract', 'user_id', 'email', 'subscriber_id']) }}
{%- endmacro %}
