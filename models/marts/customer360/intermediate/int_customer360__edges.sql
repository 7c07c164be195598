with
links as (select * from {{ ref('stg_identities__links') }}),

-- One row for each identifier that a row of identities/ states.
stated as (
    {%- for identifier_type in identifier_types() %}
    select
        file_id,
        line_number,
        '{{ identifier_type }}:' || {{ identifier_type }} as node
    from links
    where {{ identifier_type }} is not null
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}
),

first_stated as (
    select
        file_id,
        line_number,
        min(node) as node
    from stated
    group by file_id, line_number
),

-- Linking each identifier of a row to the row's first one links them all.
edges as (
    select distinct
        stated.node,
        first_stated.node as neighbour
    from stated
    inner join first_stated
        on stated.file_id = first_stated.file_id
        and stated.line_number = first_stated.line_number
    where stated.node <> first_stated.node
),

final as (
    select
        node,
        neighbour
    from edges

    union

    select
        neighbour as node,
        node as neighbour
    from edges
)

select * from final
