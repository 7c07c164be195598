-- Staging and replaced tables are gone when an export has ended.
select table_name as leftover
from information_schema.tables
where
    table_schema = '{{ env_var("C360_SERVING_SCHEMA") }}'
    and (right(table_name, 5) = '__stg' or right(table_name, 5) = '__old')
