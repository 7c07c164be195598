with
edges as (select * from {{ ref('int_customer360__edges') }}),  -- noqa: ST03

-- The macro is written in one engine's recursive SQL, which the linter cannot parse.
components as (
    {{ connected_components('edges') }}  -- noqa: PRS
),

final as (
    select
        node,
        component,
        count(*) over (partition by component) as size
    from components
)

select * from final
