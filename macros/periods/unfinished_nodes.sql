{#- What a build began and did not end well. A killed or failed build leaves old and new tables side by
    side; `c360 export` serves nothing until each of them has been built and tested again. -#}

{#- unfinished_nodes(): the table of nodes that failed, were skipped or were killed. -#}
{% macro unfinished_nodes() -%}
    {{ return(api.Relation.create(
        database=target.database, schema='intermediate', identifier='unfinished_nodes', type='table'
    )) }}
{%- endmacro %}

{#- remember_unfinished(): notes what this run of dbt is about to make or test. Unit tests say nothing
    of the tables. -#}
{% macro remember_unfinished() -%}
    {%- if execute -%}
        {%- set nodes = selected_resources | select('in', graph.nodes) | list -%}
        create table if not exists {{ unfinished_nodes() }} (node {{ dbt.type_string() }});
        delete from {{ unfinished_nodes() }}
        where
            node not in ('{{ graph.nodes | join("', '") }}')
            {%- if nodes %}
            or node in ('{{ nodes | join("', '") }}')
            {%- endif %};
        {%- if nodes %}
        insert into {{ unfinished_nodes() }} values ('{{ nodes | join("'), ('") }}');
        {%- endif %}
    {%- endif -%}
{%- endmacro %}

{#- forget_finished(results): takes out what this run of dbt has done.
    results: of its nodes. -#}
{% macro forget_finished(results) -%}
    {%- set done = results | selectattr('status', 'in', ['success', 'pass', 'warn'])
        | map(attribute='node.unique_id') | list -%}
    {%- if done -%}
        delete from {{ unfinished_nodes() }} where node in ('{{ done | join("', '") }}')
    {%- endif -%}
{%- endmacro %}
