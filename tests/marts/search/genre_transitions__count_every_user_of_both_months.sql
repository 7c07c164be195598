-- The users of a month's transitions are those that searched in both months; shares sum to one.
with
genre_transitions as (select * from {{ ref('genre_transitions') }}),

search_behavior as (select * from {{ ref('search_behavior') }}),

summed as (
    select
        month,
        sum(users) as users,
        sum(share) as share
    from genre_transitions
    group by month
),

counted as (
    select
        month,
        count(*) as users
    from search_behavior
    where behavior_change not in ('New', 'Lapsed')
    group by month
),

final as (
    select
        summed.users as summed_users,
        summed.share,
        counted.users as counted_users
    from summed
    full outer join counted on summed.month = counted.month
    where
        summed.users is distinct from counted.users
        or abs(summed.share - 1) > 1e-9
)

select * from final
