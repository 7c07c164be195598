with
identifiers as (select * from {{ ref('int_customer360__identifiers') }}),

components as (select * from {{ ref('int_customer360__components') }}),

final as (
    select distinct
        md5(components.component) as component,
        identifiers.identifier_type,
        identifiers.identifier,
        components.size
    from components
    inner join identifiers on components.node = identifiers.node
    where components.size > {{ var('max_customer_identifiers') }}
)

select * from final
