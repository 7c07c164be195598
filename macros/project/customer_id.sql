{#- customer_id(node, components): the customer that an identifier belongs to (SPEC 6): its component, or
    itself when it has none or one that is too large to be one person.
    node: the identifier as type:value.  components: alias of int_customer360__components, left
    joined to it. -#}
{% macro customer_id(node, components) -%}
    md5(
        case
            when {{ components }}.size <= {{ var('max_customer_identifiers') }}
                then {{ components }}.component
            else {{ node }}
        end
    )
{%- endmacro %}
