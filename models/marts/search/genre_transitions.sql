with
search_behavior as (
    select * from {{ ref('search_behavior') }}
    where {{ of_stale_periods('month') }}
),

pairs as (
    select
        month,
        previous_month,
        previous_genre,
        genre,
        count(*) as users
    from search_behavior
    where
        previous_genre is not null
        and genre is not null
    group by month, previous_month, previous_genre, genre
),

final as (
    select
        month,
        previous_month,
        previous_genre,
        genre,
        users,
        cast(users as double) / sum(users) over (partition by month) as share
    from pairs
)

select * from final
