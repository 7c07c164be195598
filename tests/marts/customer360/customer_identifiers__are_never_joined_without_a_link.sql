-- No edge, no join (SPEC 6): customers are the components of what identities/ states, no two of
-- them are one customer, none is several; members of one that is too large are each a customer.
with
customer_identifiers as (select * from {{ ref('customer_identifiers') }}),

components as (select * from {{ ref('int_customer360__components') }}),

sizes as (
    select
        component,
        count(*) as size
    from components
    group by component
),

expected as (
    select
        customer_identifiers.customer_id,
        case
            when sizes.size <= {{ var('max_customer_identifiers') }} then sizes.component
            else customer_identifiers.identifier_type || ':' || customer_identifiers.identifier
        end as customer
    from customer_identifiers
    left join components
        on customer_identifiers.identifier_type || ':' || customer_identifiers.identifier
        = components.node
    left join sizes on components.component = sizes.component
),

joined as (
    select
        'several in one' as problem,
        min(customer) as customer,
        customer_id
    from expected
    group by customer_id
    having count(distinct customer) > 1
),

split as (
    select
        'one in several' as problem,
        customer,
        min(customer_id) as customer_id
    from expected
    group by customer
    having count(distinct customer_id) > 1
),

final as (
    select * from joined
    union all
    select * from split
)

select * from final
