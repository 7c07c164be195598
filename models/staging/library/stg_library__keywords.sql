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
            -- Of two rows for one keyword the first counts: by path, then by line.
            when row_number() over (
                partition by keyword, genre is null
                order by path asc, line_number asc
            ) > 1 then 'duplicate'
        end as reason
    from matched
)

select * from final
