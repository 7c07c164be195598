with
source as (select * from {{ source('raw', 'library') }}),

files as (select * from {{ source('raw', 'files') }}),

genres as (select * from {{ ref('genres') }}),

-- Names of genres are compared without regard to case and spaces around them.
matched as (
    select
        files.path,
        source.line_number,
        source.keyword_normalised as keyword,
        {{ trim_whitespace('source.category') }} as category,
        genres.genre
    from source
    inner join files on source.file_id = files.file_id
    left join genres
        on lower({{ trim_whitespace('source.category') }}) = lower(genres.genre)
        and genres.genre <> 'Unknown'
),

-- Of two rows for one keyword the first that has a genre counts: by path, then by line.
ranked as (
    select
        *,
        row_number() over (
            partition by keyword
            order by genre is null asc, path asc, line_number asc
        ) as keyword_rank
    from matched
),

final as (
    select
        path,
        line_number,
        keyword,
        category,
        genre,
        case
            when keyword is null then 'missing_keyword'
            when genre is null then 'unknown_genre'
            when keyword_rank > 1 then 'duplicate'
        end as reason
    from ranked
)

select * from final
