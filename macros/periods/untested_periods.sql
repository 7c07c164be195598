{#- Data tests of `by_period` tables look only at periods that were built since the same test passed
    on them. A test that failed, or was changed, looks again; `--store-failures` looks at everything. -#}
{% materialization test, default %}
    {%- set found = modules.re.findall(untested_pattern(), sql) -%}
    {%- if not found or should_store_failures() -%}
        {{ return(dbt.materialization_test_default()) }}
    {%- endif -%}

    {%- set tables = {} -%}
    {%- for column, name in found -%}
        {%- set test = model.unique_id ~ ' ' ~ local_md5(sql) ~ ' ' ~ name -%}
        {%- do tables.update({test: built_versions(name)}) -%}
    {%- endfor -%}
    {%- set untested = [] -%}
    {%- for test, versions in tables.items() -%}
        {%- do untested.extend(stale_periods(versions, built_versions(test))) -%}
    {%- endfor -%}

    {%- set filled = namespace(query=sql) -%}
    {%- for column, name in found -%}
        {%- set kind = period_kind(node_of(name)) -%}
        {%- set condition = in_periods(column, untested | unique | list, kind) -%}
        {%- set filled.query = filled.query | replace(of_untested_periods(column, name), condition) -%}
    {%- endfor -%}
    {%- set limited = get_limit_subquery_sql(filled.query, config.get('limit')) -%}
    {%- call statement('main', fetch_result=True) -%}
        {{ get_test_sql(
            limited, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none
        ) }}
    {%- endcall -%}

    {%- if untested and load_result('main').table.rows[0][0] == 0 -%}
        {%- do forget_test(model.unique_id) -%}
        {%- for test, versions in tables.items() -%}
            {%- do remember_versions(test, versions) -%}
        {%- endfor -%}
        {{ adapter.commit() }}
    {%- endif -%}
    {{ return({'relations': []}) }}
{% endmaterialization %}

{#- forget_test(test): forgets what a test has passed on, as it is now and as it once was.
    test: its unique id, with which the names of its rows begin. -#}
{% macro forget_test(test) -%}
    {%- call statement('forget_test') -%}
        delete from {{ built_periods() }}
        where split_part(model, ' ', 1) = '{{ test }}'
    {%- endcall -%}
{%- endmacro %}

{#- get_where_subquery(relation): what a generic test reads: of a `by_period` table its untested
    periods. Takes the place of dbt's macro of this name. -#}
{% macro get_where_subquery(relation) -%}
    {%- set where = [config.get('where')] | select | list -%}
    {%- for node in (graph.nodes.values() if execute else []) -%}
        {%- if node.config.materialized == 'by_period' and period_kind(node) != 'all'
            and node.schema == relation.schema and node.alias == relation.identifier -%}
            {%- do where.append(of_untested_periods(period_column(node), node.name)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(
        '(select * from ' ~ relation ~ ' where ' ~ where | join(' and ') ~ ') dbt_subquery'
        if where else relation
    ) }}
{%- endmacro %}

{#- of_untested_periods(column, name): a condition that keeps the periods of a `by_period` table that the
    test has not passed on; everywhere but in a build it is true. All tables that a test names so
    have periods of one kind.
    column: a date.  name: the model. -#}
{% macro of_untested_periods(column, name) -%}
    {{ return('(/* of untested periods: ' ~ column ~ ' ' ~ name ~ ' */ 1 = 1)') }}
{%- endmacro %}

{#- untested_pattern(): finds these conditions; groups: the column and the model. -#}
{% macro untested_pattern() -%}
    {{ return('\\(/\\* of untested periods: (\\S+) (\\S+) \\*/ 1 = 1\\)') }}
{%- endmacro %}

{#- node_of(name): a model of this project in dbt's graph. -#}
{% macro node_of(name) -%}
    {{ return(graph.nodes['model.' ~ project_name ~ '.' ~ name]) }}
{%- endmacro %}
