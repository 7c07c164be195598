{#- Materialization `by_period`: a table that is built again only for the days or months whose inputs
    have changed (docs/decisions/0010). Config meta.period says which: `day` or `month`. What a period
    was built from is kept as its version (macros/periods/versions.sql); periods whose version differs
    are deleted and inserted again, in one transaction with their new versions, so that a killed or
    failed build leaves the old periods and the next one builds them. When nothing that is built can
    stay (first build, --full-refresh, a change of the model or of a view or seed it reads) the whole
    table is made again. -#}
{% materialization by_period, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set expected = expected_versions(sql) -%}
    {%- set can_stay = existing is not none and existing.is_table and not should_full_refresh() -%}
    {%- set built = built_versions(model.name) if can_stay else {} -%}
    {%- set stale = stale_periods(expected, built) -%}
    {%- set whole = stale | length == (expected.keys() | list + built.keys() | list) | unique | list | length -%}

    {%- if whole -%}
        {%- do forget_versions(model.name) -%}
        {%- if existing is not none -%}
            {%- do adapter.drop_relation(existing) -%}
        {%- endif -%}
        {%- call statement('main') -%}
            {{ create_table_as(False, target_relation, sql) }}
        {%- endcall -%}
        {%- do remember_versions(model.name, expected) -%}
    {%- elif stale -%}
        {%- do forget_versions(model.name, stale) -%}
        {%- call statement('delete_stale_periods') -%}
            delete from {{ target_relation }}
            where {{ in_periods(period_column(model), stale, period_kind(model)) }}
        {%- endcall -%}
        {%- call statement('main') -%}
            insert into {{ target_relation }} by name (
                {{ only_stale_periods(sql, stale) }}
            )
        {%- endcall -%}
        {%- do remember_versions(model.name, only_keys(expected, stale)) -%}
    {%- else -%}
        {%- call statement('main') -%}
            select 0 as stale_periods
        {%- endcall -%}
    {%- endif -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
