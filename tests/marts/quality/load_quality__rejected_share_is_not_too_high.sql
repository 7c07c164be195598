-- Schema drift stops nothing silently: too large a share of a day's rows is rejected, by the reason
-- that rose most against the other days (docs/quality.md). Unreadable files have their own test.
{{ config(
    severity='error',
    meta={'explain': true},
    store_failures=true,
    schema='quality',
    alias='rejected_shares',
) }}
with
load_quality as (select * from {{ ref('load_quality') }}),

outcomes as (
    select
        source,
        log_date,
        outcome,
        rows as row_count,
        case
            when outcome = 'accepted' then 0
            -- No search, but nothing wrong with its fields either.
            when source = 'log_search' and outcome = 'not_a_query' then 0
            else rows
        end as rejected_rows
    from load_quality
    where
        outcome <> 'unreadable_file'
        and not (source = 'log_search' and outcome in ('out_of_scope', 'duplicate'))
),

days as (
    select
        source,
        log_date,
        cast(sum(row_count) as bigint) as row_count,
        cast(sum(rejected_rows) as bigint) as rejected_rows,
        case
            when sum(row_count) < {{ var('min_rows_for_rejected_share') }}
                then {{ var('max_rejected_share_of_few_rows') }}
            when source = 'log_search' then {{ var('max_rejected_share_search') }}
            else {{ var('max_rejected_share') }}
        end as max_share
    from outcomes
    group by source, log_date
),

bad_days as (
    select *
    from days
    where
        row_count >= {{ var('min_rows_to_judge') }}
        and rejected_rows > max_share * row_count
        and not {{ is_accepted_bad_day('source', 'log_date') }}
),

shares as (
    select
        outcomes.source,
        outcomes.log_date,
        outcomes.outcome,
        1.0 * outcomes.rejected_rows / days.row_count as share
    from outcomes
    inner join days
        on outcomes.source = days.source
        and outcomes.log_date = days.log_date
    where outcomes.rejected_rows > 0
),

-- A day without the reason counts: its share is nothing.
usual_shares as (
    select
        shares.source,
        shares.log_date,
        shares.outcome,
        {{ exact_quantile('coalesce(other_shares.share, 0)', 0.5) }} as usual_share
    from shares
    inner join bad_days
        on shares.source = bad_days.source
        and shares.log_date = bad_days.log_date
    inner join days as other_days
        on shares.source = other_days.source
        and shares.log_date <> other_days.log_date
    left join shares as other_shares
        on other_days.source = other_shares.source
        and other_days.log_date = other_shares.log_date
        and shares.outcome = other_shares.outcome
    group by shares.source, shares.log_date, shares.outcome
),

ranked as (
    select
        bad_days.source,
        bad_days.log_date,
        shares.outcome as reason,
        shares.share as reason_share,
        usual_shares.usual_share,
        1.0 * bad_days.rejected_rows / bad_days.row_count as rejected_share,
        bad_days.max_share,
        bad_days.row_count as rows,
        row_number() over (
            partition by bad_days.source, bad_days.log_date
            order by shares.share - coalesce(usual_shares.usual_share, 0) desc, shares.outcome asc
        ) as place
    from bad_days
    inner join shares
        on bad_days.source = shares.source
        and bad_days.log_date = shares.log_date
    left join usual_shares
        on shares.source = usual_shares.source
        and shares.log_date = usual_shares.log_date
        and shares.outcome = usual_shares.outcome
),

final as (
    select
        source,
        log_date,
        reason,
        reason_share,
        usual_share,
        rejected_share,
        max_share,
        rows
    from ranked
    where place = 1
)

select * from final
