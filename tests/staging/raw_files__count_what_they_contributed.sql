-- Each file: the rows the loader counted are the rows it landed plus the lines it set aside.
with
files as (select * from {{ source('raw', 'files') }}),

landed as (
    {%- for table in ['log_content', 'log_search', 'library', 'identities', 'quarantine'] %}
    select
        file_id,
        count(*) as row_count
    from {{ source('raw', table) }}
    group by file_id
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}
),

landed_by_file as (
    select
        file_id,
        sum(row_count) as row_count
    from landed
    group by file_id
),

final as (
    select
        files.path,
        files.rows_read,
        landed_by_file.row_count as rows_landed
    from files
    full outer join landed_by_file on files.file_id = landed_by_file.file_id
    where coalesce(files.rows_read, 0) <> coalesce(landed_by_file.row_count, 0)
)

select * from final
