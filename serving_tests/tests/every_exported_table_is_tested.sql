-- A table that the last export served and that no source here declares is a table without tests.
select exported.table_name as untested
from {{ source('bookkeeping', 'customer360_export') }} as exported
where
    exported.exported_at = (
        select max(newest.exported_at)
        from {{ source('bookkeeping', 'customer360_export') }} as newest
    )
    and exported.status <> 'dropped'
    and exported.table_name not in (
        {%- for node in graph.sources.values() %}
        '{{ node.identifier }}'{{ '' if loop.last else ',' }}
        {%- endfor %}
    )
