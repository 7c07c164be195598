-- No edge, no join (SPEC 6): a customer with several identifiers is one that identities/ states,
-- and no customer is larger than allowed.
with
customer_identifiers as (select * from {{ ref('customer_identifiers') }}),

components as (select * from {{ ref('int_customer360__components') }}),

customers as (
    select
        customer_identifiers.customer_id,
        count(*) as identifiers,
        count(components.node) as linked_identifiers
    from customer_identifiers
    left join components
        on customer_identifiers.identifier_type || ':' || customer_identifiers.identifier
        = components.node
    group by customer_identifiers.customer_id
),

final as (
    select *
    from customers
    where
        (identifiers > 1 and linked_identifiers < identifiers)
        or identifiers > {{ var('max_customer_identifiers') }}
)

select * from final
