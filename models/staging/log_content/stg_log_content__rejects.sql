with
files as (select * from {{ source('raw', 'files') }}),

quarantine as (select * from {{ source('raw', 'quarantine') }}),

checked_rows as (select * from {{ ref('stg_log_content__rows') }}),

broken_rules as (
    select
        file_id,
        line_number,
        reason
    from checked_rows
    where
        not is_plain
        and reason is not null
        and {{ of_stale_periods('log_date') }}
),

duplicates as (
    {{ repeated_documents(source('raw', 'log_content'), 'broken_rules', 'files', 'document_id') }}
),

-- `duplicate` is the last reason that a row of this source can have.
decided as (
    select
        coalesce(duplicates.file_id, broken_rules.file_id) as file_id,
        coalesce(duplicates.line_number, broken_rules.line_number) as line_number,
        coalesce(broken_rules.reason, 'duplicate') as reason
    from broken_rules
    full outer join duplicates
        on broken_rules.file_id = duplicates.file_id
        and broken_rules.line_number = duplicates.line_number
),

final as (
    select
        file_id,
        line_number,
        log_date,
        reason,
        line
    from quarantine
    where
        source = 'log_content'
        and {{ of_stale_periods('log_date') }}

    union all

    select
        raw_rows.file_id,
        raw_rows.line_number,
        raw_rows.log_date,
        decided.reason,
        {{ content_line() }} as line
    from {{ source('raw', 'log_content') }} as raw_rows
    inner join decided
        on raw_rows.file_id = decided.file_id
        and raw_rows.line_number = decided.line_number
    where {{ of_stale_periods('raw_rows.log_date') }}
)

select * from final
