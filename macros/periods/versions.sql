{#- What the periods of a `by_period` table are made of. A version is a hash of everything a period
    depends on: the query and the views and seeds it reads, the files of its days in schema raw, the
    versions of the same periods of the tables it reads, the contents of tables without versions.
    Nothing is declared but `meta.reads: {table: window}` for a table of which a month reads more than
    itself: `{days: 7}` before its first day and after its last, `{months_before: 1}`. The rest follows
    from dbt's graph. -#}

{#- expected_versions(query): period -> version that this model would have if it were built now. -#}
{% macro expected_versions(query) -%}
    {%- set parts = {} -%}
    {%- set columns = model.columns.values() -%}
    {%- set whole = [
        query,
        period_kind(model),
        columns | map(attribute='data_type') | join(' '),
        columns | map(attribute='constraints') | join(' '),
    ] -%}
    {%- set windows = model.config.meta.get('reads', {}) -%}
    {%- for input in period_inputs(model) -%}
        {%- set window = windows.get(input.name, {}) -%}
        {%- for period, version in input.versions.items() -%}
            {%- if period is none or period_kind(model) == 'all' -%}
                {%- do whole.append(input.name ~ ' ' ~ period ~ ' ' ~ version) -%}
            {%- else -%}
                {%- for reader in readers_of(period, period_kind(model), window) -%}
                    {%- do parts.setdefault(reader, []).append(
                        input.name ~ ' ' ~ period ~ ' ' ~ version
                    ) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if period_kind(model) == 'all' -%}
        {{ return({'1970-01-01': local_md5(whole | sort | join('\n'))}) }}
    {%- endif -%}
    {%- set versions = {} -%}
    {%- for period, inputs in parts.items() -%}
        {%- do versions.update({period: local_md5((whole + inputs) | sort | join('\n'))}) -%}
    {%- endfor -%}
    {{ return(versions) }}
{%- endmacro %}

{#- readers_of(period, kind, window): the periods of a table that a period of its input is part of.
    kind: day or month, of the table.  window: what it declares of the input in meta.reads. -#}
{% macro readers_of(period, kind, window) -%}
    {%- set readers = [period_of(period, kind)] -%}
    {%- set days = window.get('days', 0) -%}
    {#- Steps of 28 days meet every month. -#}
    {%- for offset in range(-days, days, 28 if kind == 'month' else 1) | list + [days] -%}
        {%- do readers.append(period_of(shift_days(period, offset), kind)) -%}
    {%- endfor -%}
    {%- for offset in range(window.get('months_before', 0)) -%}
        {%- do readers.append(shift_months(readers[0], offset + 1)) -%}
    {%- endfor -%}
    {{ return(readers | reject('equalto', '10000-01-01') | unique | list) }}
{%- endmacro %}

{#- period_of(day, kind): the first day of the period that a day lies in. -#}
{% macro period_of(day, kind) -%}
    {{ return(day if kind == 'day' else day[:8] ~ '01') }}
{%- endmacro %}

{#- period_inputs(node): everything a node reads, through views: name and versions (period -> version;
    period none stands for a table as a whole). -#}
{% macro period_inputs(node) -%}
    {%- set inputs = {} -%}
    {%- for parent_id in node.depends_on.nodes -%}
        {%- if parent_id.startswith('source.') -%}
            {%- set source = graph.sources[parent_id] -%}
            {#- Files and quarantine belong to the logs that are read beside them. -#}
            {%- if source.name not in ('files', 'quarantine') -%}
                {%- do inputs.update({source.name: raw_versions(source.name)}) -%}
            {%- endif -%}
        {%- else -%}
            {%- set parent = graph.nodes[parent_id] -%}
            {%- set relation = api.Relation.create(
                database=parent.database, schema=parent.schema, identifier=parent.alias
            ) -%}
            {%- if parent.config.materialized == 'by_period' -%}
                {%- set versions = built_versions(parent.name) -%}
                {%- if period_kind(parent) == 'all' -%}
                    {%- set versions = {none: versions.values() | join} -%}
                {%- endif -%}
                {%- do inputs.update({parent.name: versions}) -%}
            {%- elif parent.config.materialized == 'view' -%}
                {%- do inputs.update({parent.name: {none: view_definition(relation)}}) -%}
                {%- for input in period_inputs(parent) -%}
                    {%- do inputs.update({input.name: input.versions}) -%}
                {%- endfor -%}
            {%- else -%}
                {%- do inputs.update({parent.name: table_versions(relation, period_kind(parent))}) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set list = [] -%}
    {%- for name, versions in inputs.items() -%}
        {%- do list.append({'name': name, 'versions': versions}) -%}
    {%- endfor -%}
    {{ return(list) }}
{%- endmacro %}

{#- raw_versions(source): log date -> version of what a source has in schema raw; period none for a
    source without days. The same file, loaded anew, is another version: its id differs. -#}
{% macro raw_versions(source) -%}
    {%- set file = "files.path || ' ' || files.content_hash || ' ' || files.file_id || ' ' || files.rows_forgotten" -%}
    {{ return(versions_of("
        select
            files.log_date as period,
            md5(" ~ ordered_list(file, ' ', 'files.path') ~ ")
                || coalesce(max(set_aside.version), '') as version
        from " ~ raw_table('files') ~ " as files
        left join (
            select
                log_date,
                " ~ contents_hash('lines') ~ " as version
            from " ~ raw_table('quarantine') ~ " as lines
            where source = '" ~ source ~ "'
            group by log_date
        ) as set_aside on files.log_date = set_aside.log_date
        where files.source = '" ~ source ~ "'
        group by files.log_date
    ")) }}
{%- endmacro %}

{#- table_versions(relation, kind): versions of a table by its contents, by month or as a whole. -#}
{% macro table_versions(relation, kind) -%}
    {%- set period = 'month' if kind == 'month' else 'cast(null as date)' -%}
    {{ return(versions_of("
        select
            " ~ period ~ " as period,
            " ~ contents_hash('contents') ~ " as version
        from " ~ relation ~ " as contents
        group by " ~ period
    )) }}
{%- endmacro %}

{#- built_versions(model_name): period -> version that a `by_period` table was built from. -#}
{% macro built_versions(model_name) -%}
    {{ return(versions_of("
        select
            period,
            version
        from " ~ built_periods() ~ "
        where model = '" ~ model_name ~ "'
    ")) }}
{%- endmacro %}

{#- versions_of(query): a query of (period, version) as a dictionary; periods as YYYY-MM-DD. -#}
{% macro versions_of(query) -%}
    {%- set versions = {} -%}
    {%- for row in run_query(query).rows -%}
        {%- do versions.update({(row[0] | string)[:10] if row[0] is not none else none: row[1]}) -%}
    {%- endfor -%}
    {{ return(versions) }}
{%- endmacro %}

{#- stale_periods(expected, built): periods to build again or to remove. -#}
{% macro stale_periods(expected, built) -%}
    {%- set stale = [] -%}
    {%- for period in (expected.keys() | list + built.keys() | list) | unique | sort -%}
        {%- if expected.get(period) != built.get(period) -%}
            {%- do stale.append(period) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(stale) }}
{%- endmacro %}

{#- only_keys(dictionary, keys): the entries with one of the keys. -#}
{% macro only_keys(dictionary, keys) -%}
    {%- set chosen = {} -%}
    {%- for key in keys if key in dictionary -%}
        {%- do chosen.update({key: dictionary[key]}) -%}
    {%- endfor -%}
    {{ return(chosen) }}
{%- endmacro %}

{#- forget_versions(name, periods): before a table is changed; periods none stands for all of them. -#}
{% macro forget_versions(name, periods=none) -%}
    {%- call statement('forget_versions') -%}
        delete from {{ built_periods() }}
        where
            model = '{{ name }}'
            {%- if periods is not none %}
            and period in (cast('{{ periods | join("' as date), cast('") }}' as date))
            {%- endif %}
    {%- endcall -%}
{%- endmacro %}

{#- remember_versions(name, versions): after a table is changed, in the same transaction. -#}
{% macro remember_versions(name, versions) -%}
    {%- set rows = [] -%}
    {%- for period, version in versions.items() -%}
        {%- do rows.append("('" ~ name ~ "', cast('" ~ period ~ "' as date), '" ~ version ~ "')") -%}
    {%- endfor -%}
    {%- if rows -%}
        {%- call statement('remember_versions') -%}
            insert into {{ built_periods() }} values {{ rows | join(', ') }}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}

{#- raw_table(name): a table of schema raw, whether or not this model names it as a source. -#}
{% macro raw_table(name) -%}
    {%- set table = graph.sources.values() | selectattr('source_name', 'equalto', 'raw')
        | selectattr('name', 'equalto', name) | first -%}
    {{ return(api.Relation.create(
        database=table.database, schema=table.schema, identifier=table.identifier
    )) }}
{%- endmacro %}

{#- built_periods(): the table of (model, period, version). -#}
{% macro built_periods() -%}
    {{ return(api.Relation.create(
        database=target.database, schema='intermediate', identifier='built_periods', type='table'
    )) }}
{%- endmacro %}

{#- create_built_periods(): makes the table when it is missing; runs before every build. -#}
{% macro create_built_periods() -%}
    create schema if not exists {{ built_periods().without_identifier() }};
    create table if not exists {{ built_periods() }} (
        model {{ dbt.type_string() }},
        period date,
        version {{ dbt.type_string() }}
    )
{%- endmacro %}
