-- One bad file never stops a run (SPEC 3): it is set aside and the exit code says so. But a day of
-- several files most of which cannot be read is one whose export is broken (docs/quality.md).
{{ config(
    severity='error',
    meta={'explain': true},
    store_failures=true,
    schema='quality',
    alias='unreadable_shares',
) }}
-- After load_quality: everything is built then, and c360 status can say what was rejected.
-- depends_on: {{ ref('load_quality') }}
with
files as (select * from {{ source('raw', 'files') }}),

days as (
    select
        source,
        log_date,
        count(*) as file_count,
        cast(sum(case when status = 'unreadable' then 1 else 0 end) as bigint) as unreadable_files
    from files
    where log_date is not null
    group by source, log_date
),

final as (
    select
        source,
        log_date,
        'unreadable_file' as reason,
        1.0 * unreadable_files / file_count as reason_share,
        {{ var('max_unreadable_share') }} as max_share,
        file_count as files
    from days
    where
        file_count >= {{ var('min_files_for_unreadable_share') }}
        and unreadable_files > {{ var('max_unreadable_share') }} * file_count
        and not {{ is_accepted_bad_day('source', 'log_date') }}
)

select * from final
