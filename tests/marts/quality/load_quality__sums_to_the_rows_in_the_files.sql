-- Nothing lost, nothing twice (SPEC 3): for each source and log date, the rows that the loader
-- counted in the files are the rows accepted plus the rows rejected.
with
files as (select * from {{ source('raw', 'files') }}),

load_quality as (select * from {{ ref('load_quality') }}),

read as (
    select
        source,
        log_date,
        sum(rows_read) as row_count
    from files
    where log_date is not null
    group by source, log_date
    having sum(rows_read) > 0
),

decided as (
    select
        source,
        log_date,
        sum(rows) as row_count
    from load_quality
    group by source, log_date
),

final as (
    select
        coalesce(read.source, decided.source) as source,
        coalesce(read.log_date, decided.log_date) as log_date,
        read.row_count as rows_read,
        decided.row_count as rows_decided
    from read
    full outer join decided
        on read.source = decided.source
        and read.log_date = decided.log_date
    where read.row_count is distinct from decided.row_count
)

select * from final
