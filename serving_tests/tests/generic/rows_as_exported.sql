{#- rows_as_exported: the table has as many rows as customer360_export says of its last export. -#}
{% test rows_as_exported(model) %}
select served.row_count as served_rows, recorded.row_count as recorded_rows
from (select count(*) as row_count from {{ model }}) as served
left join (
    select row_count
    from {{ source('bookkeeping', 'customer360_export') }}
    where table_name = '{{ model.identifier }}' and status <> 'dropped'
    order by exported_at desc
    limit 1
) as recorded on true
where recorded.row_count is null or recorded.row_count <> served.row_count
{% endtest %}
