-- Every contract of a month has one taste.
with
taste_summary as (select * from {{ ref('taste_summary') }}),

content_profiles as (select * from {{ ref('content_profiles') }}),

summed as (
    select
        month,
        sum(contracts) as contracts
    from taste_summary
    group by month
),

counted as (
    select
        month,
        count(*) as contracts
    from content_profiles
    group by month
),

final as (
    select
        summed.contracts as summed_contracts,
        counted.contracts as counted_contracts
    from summed
    full outer join counted on summed.month = counted.month
    where summed.contracts is distinct from counted.contracts
)

select * from final
