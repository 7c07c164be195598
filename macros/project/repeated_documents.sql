{#- repeated_documents(source, broken_rules, files, document_id): rows that repeat a document already
    accepted for their log date: a query of (file_id, line_number) (SPEC 3, `duplicate`).
    The first accepted one is the first by path, then by line. Nearly all ids occur once, so hashes
    find the few that may not, and only those are sorted.
    source: a raw table; a CTE in its place would be copied into memory as a whole.
    broken_rules: rows of it with another reason.  document_id: the id's column; blank is no id. -#}
{% macro repeated_documents(source, broken_rules, files, document_id) -%}
    with
    repeated_hashes as (
        select
            log_date,
            {{ text_hash(document_id) }} as document_hash
        from {{ source }}
        where
            {{ document_id }} is not null
            and {{ of_stale_periods('log_date') }}
        group by log_date, {{ text_hash(document_id) }}
        having count(*) > 1
    ),
    candidates as (
        select
            source_rows.file_id,
            source_rows.line_number,
            source_rows.log_date,
            source_rows.{{ document_id }}
        from {{ source }} as source_rows
        inner join repeated_hashes
            on source_rows.log_date = repeated_hashes.log_date
            and {{ text_hash('source_rows.' ~ document_id) }} = repeated_hashes.document_hash
        where
            source_rows.{{ document_id }} <> ''
            and {{ of_stale_periods('source_rows.log_date') }}
    ),
    positioned as (
        select
            candidates.*,
            broken_rules.file_id is null as is_accepted,
            row_number() over (
                partition by candidates.log_date, candidates.{{ document_id }}
                order by files.path asc, candidates.line_number asc
            ) as occurrence
        from candidates
        inner join {{ files }} as files on candidates.file_id = files.file_id
        left join {{ broken_rules }} as broken_rules
            on candidates.file_id = broken_rules.file_id
            and candidates.line_number = broken_rules.line_number
    ),
    first_accepted as (
        select
            log_date,
            {{ document_id }},
            min(occurrence) as occurrence
        from positioned
        where
            is_accepted
            and {{ trim_whitespace(document_id) }} <> ''
        group by log_date, {{ document_id }}
    )

    select
        positioned.file_id,
        positioned.line_number
    from positioned
    inner join first_accepted
        on positioned.log_date = first_accepted.log_date
        and positioned.{{ document_id }} = first_accepted.{{ document_id }}
    where positioned.occurrence > first_accepted.occurrence
{%- endmacro %}
