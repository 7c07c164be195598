-- Each identifier has one customer, each customer is in customer360, and the counts agree.
with
customers as (select * from {{ ref('customer360') }}),

customer_identifiers as (select * from {{ ref('customer_identifiers') }}),

counted as (
    select
        customer_id,
        count(*) as identifiers
    from customer_identifiers
    group by customer_id
),

final as (
    select
        customers.customer_id,
        counted.identifiers
    from customers
    full outer join counted on customers.customer_id = counted.customer_id
    where
        counted.identifiers is distinct from (
            {%- for identifier_type in identifier_types() %}
            customers.{{ identifier_type }}s{{ ' +' if not loop.last }}
            {%- endfor %}
        )
)

select * from final
