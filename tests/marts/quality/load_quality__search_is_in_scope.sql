-- A search log in which next to no row is in scope is one whose category was renamed or has new
-- values: its rows are set aside as out_of_scope, which counts as no rejection (docs/quality.md).
{{ config(
    severity='error',
    meta={'explain': true},
    store_failures=true,
    schema='quality',
    alias='out_of_scope_shares',
) }}
with
load_quality as (select * from {{ ref('load_quality') }}),

days as (
    select
        source,
        log_date,
        cast(sum(rows) as bigint) as row_count,
        cast(sum(case when outcome = 'out_of_scope' then rows else 0 end) as bigint)
            as out_of_scope_rows
    from load_quality
    where
        source = 'log_search'
        and outcome not in ('unreadable_file', 'duplicate')
    group by source, log_date
),

usual_shares as (
    select
        days.log_date,
        {{ exact_quantile('1.0 * other_days.out_of_scope_rows / other_days.row_count', 0.5) }}
            as usual_share
    from days
    inner join days as other_days on days.log_date <> other_days.log_date
    group by days.log_date
),

final as (
    select
        days.source,
        days.log_date,
        'out_of_scope' as reason,
        1.0 * days.out_of_scope_rows / days.row_count as reason_share,
        usual_shares.usual_share,
        {{ var('max_out_of_scope_share') }} as max_share,
        days.row_count as rows
    from days
    left join usual_shares on days.log_date = usual_shares.log_date
    where
        days.row_count >= {{ var('min_rows_to_judge') }}
        and days.out_of_scope_rows > {{ var('max_out_of_scope_share') }} * days.row_count
        and not {{ is_accepted_bad_day('days.source', 'days.log_date') }}
)

select * from final
