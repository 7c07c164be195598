{#- connected_components(edges): a query of (node, component): each node of a graph with the
    smallest node that can be reached from it.
    edges: a table with columns node and neighbour, each edge in both directions; a query in its
    place would run again in every round.
    Plain SQL has no loop: DuckDB passes the smallest label on until nothing changes. -#}
{% macro connected_components(edges) -%}
    {{ return(adapter.dispatch('connected_components', 'customer360')(edges)) }}
{%- endmacro %}

{% macro default__connected_components(edges) -%}
    {{ exceptions.raise_compiler_error('connected_components is not written for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__connected_components(edges) -%}
    with recursive labels (node, component) using key (node) as (
        select
            node,
            least(node, min(neighbour)) as component
        from {{ edges }}
        group by node
        union
        select
            edges.neighbour as node,
            min(changed.component) as component
        from labels as changed
        inner join {{ edges }} as edges on changed.node = edges.node
        inner join recurring.labels as known on edges.neighbour = known.node
        where changed.component < known.component
        group by edges.neighbour
    )

    select
        node,
        component
    from labels
{%- endmacro %}
