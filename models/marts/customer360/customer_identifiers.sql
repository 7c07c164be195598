with
identifiers as (select * from {{ ref('int_customer360__identifiers') }}),

components as (select * from {{ ref('int_customer360__components') }}),

distinct_identifiers as (
    select distinct
        identifier_type,
        identifier,
        node
    from identifiers
),

final as (
    select
        {{ customer_id('distinct_identifiers.node', 'components') }} as customer_id,
        distinct_identifiers.identifier_type,
        distinct_identifiers.identifier
    from distinct_identifiers
    left join components on distinct_identifiers.node = components.node
)

select * from final
