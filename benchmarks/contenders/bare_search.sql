-- The floor of search: from raw Parquet to the search marts, see bare_search.py. Variables: `files`,
-- the Parquet files, and `seeds`, the folder of the project's lexicon and ignored keywords.

create table lexicon as select * from read_csv(getvariable('seeds') || '/keyword_genres.csv');

create table ignored as select * from read_csv(getvariable('seeds') || '/ignored_keywords.csv');

create temp table rows_in_scope as
select
    eventID as event_id,
    nullif(trim(user_id), '') as user_id,
    keyword as raw_keyword,
    nullif(trim(platform), '') as platform,
    userPlansMap as user_plans,
    try_strptime(left("datetime", 19), '%Y-%m-%d %H:%M:%S') as event_time,
    strptime(regexp_extract(filename, 'log_search/([0-9]{8})', 1), '%Y%m%d')::date as log_date
from read_parquet(getvariable('files'), filename = true)
where category = 'enter' and user_id is not null and keyword is not null;

-- Each distinct text is normalised once.
create temp table keywords as
with normalised as (
    select
        raw_keyword,
        trim(regexp_replace(
            lower(regexp_replace(
                nfc_normalize(raw_keyword), '[\p{Cf}\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]', '', 'g'
            )),
            '[\s\v\x{85}\p{Z}]+', ' ', 'g'
        )) as keyword
    from (select distinct raw_keyword from rows_in_scope)
)
select
    raw_keyword,
    keyword,
    replace(strip_accents(keyword), 'đ', 'd') as keyword_folded
from normalised
where
    length(keyword) >= 2
    and not regexp_matches(keyword, '^(https?://|www[.])')
    and not regexp_full_match(keyword, '[0-9]{1,3}([.][0-9]{1,3}){3}')
    and not (
        regexp_full_match(keyword, '[0-9 +()-]+')
        and length(regexp_replace(keyword, '[^0-9]', '', 'g')) >= 9
    )
    and keyword not in (select keyword from ignored);

-- The month is that of the log date; a clock more than a day off counts as no time.
create table events as
select
    event_id,
    user_id,
    keyword,
    keyword_folded,
    platform,
    user_plans,
    if(abs(event_time::date - log_date) <= 1, event_time, null) as event_time,
    log_date,
    date_trunc('month', log_date)::date as month
from rows_in_scope
inner join keywords using (raw_keyword);

-- Runs of typing are one search: at most 120 seconds apart, one keyword the start of the other.
create temp table searches as
with compared as (
    select
        *,
        row_number() over user_events as event_number,
        lag(event_time) over user_events as previous_time,
        lag(keyword_folded) over user_events as previous_folded
    from events
    where event_time is not null
    window user_events as (partition by user_id order by event_time, event_id)
),
runs as (
    select
        *,
        count(*) filter (
            previous_time is null
            or date_diff('second', previous_time, event_time) > 120
            or not (
                starts_with(keyword_folded, previous_folded)
                or starts_with(previous_folded, keyword_folded)
            )
        ) over (partition by user_id order by event_number) as search_number
    from compared
),
timed as (
    select
        user_id,
        max_by(keyword, (length(keyword), event_number)) as keyword,
        min_by(month, event_number) as month,
        max(event_time) as ended_at
    from runs
    group by user_id, search_number
)
from timed
union all
select distinct on (user_id, keyword, log_date) user_id, keyword, month, null
from events
where event_time is null;

create table search_profiles as
with event_months as (
    select user_id, month, count(*) as search_events, max(event_time) as last_searched_at
    from events
    group by user_id, month
),
platform_counts as (
    select user_id, month, platform, count(*) as events
    from events
    where platform is not null
    group by user_id, month, platform
),
platforms as (
    select user_id, month, arg_min(platform, (-events, platform)) as platform
    from platform_counts
    group by user_id, month
),
plan_lists as (select distinct user_id, month, user_plans from events),
plan_names as (
    select
        user_id,
        month,
        nullif(trim(regexp_replace(unnest(user_plans), ':[^:]*$', '')), '') as plan
    from plan_lists
),
plans as (
    select user_id, month, string_agg(distinct plan, ' | ' order by plan) as plans
    from plan_names
    group by user_id, month
),
keyword_counts as (
    select user_id, month, keyword, count(*) as searches, max(ended_at) as ended_at
    from searches
    group by user_id, month, keyword
),
ranked as (
    select
        *,
        row_number() over (
            partition by user_id, month order by searches desc, ended_at desc nulls last, keyword
        ) as place
    from keyword_counts
),
counts as (
    select
        user_id,
        month,
        sum(searches)::bigint as searches,
        count(*) as keywords,
        any_value(keyword) filter (place = 1) as most_search,
        any_value(searches) filter (place = 1) as most_search_count
    from ranked
    group by user_id, month
)
select
    user_id,
    month,
    search_events,
    coalesce(searches, 0) as searches,
    coalesce(keywords, 0) as keywords,
    most_search,
    coalesce(most_search_count, 0) as most_search_count,
    coalesce(genre, 'Unknown') as genre,
    platform,
    plans,
    last_searched_at
from event_months
left join counts using (user_id, month)
left join platforms using (user_id, month)
left join plans using (user_id, month)
left join lexicon on counts.most_search = lexicon.keyword;

create table search_behavior as
with pairs as (
    select later.month, earlier.month as previous_month
    from (select distinct month from search_profiles) as later
    inner join (select distinct month from search_profiles) as earlier
        on earlier.month = later.month - interval 1 month
),
later as (select * from search_profiles inner join pairs using (month)),
earlier as (
    select user_id, most_search, genre, pairs.month, pairs.previous_month
    from search_profiles
    inner join pairs on search_profiles.month = pairs.previous_month
),
compared as (
    select
        user_id,
        month,
        coalesce(later.previous_month, earlier.previous_month) as previous_month,
        earlier.most_search as previous_most_search,
        later.most_search,
        earlier.genre as previous_genre,
        later.genre,
        case
            when earlier.genre is null then 'New'
            when later.genre is null then 'Lapsed'
            when 'Unknown' in (earlier.genre, later.genre) then 'Unknown'
            when earlier.genre = later.genre then 'Unchanged'
            else 'Changed'
        end as behavior_change
    from later
    full join earlier using (user_id, month)
)
select
    *,
    if(behavior_change = 'Changed', previous_genre || '>' || genre, behavior_change)
        as explain_changed
from compared;

create table search_trending as
with counted as (
    select month, keyword, count(*) as searches, count(distinct user_id) as users
    from searches
    group by month, keyword
),
ranked as (
    select
        *,
        row_number() over (partition by month order by searches desc, users desc, keyword) as rank
    from counted
    qualify rank <= 10
)
select
    ranked.month,
    ranked.rank,
    ranked.keyword,
    coalesce(genre, 'Unknown') as genre,
    ranked.searches,
    ranked.users,
    before.rank as previous_rank
from ranked
left join ranked as before
    on ranked.month = before.month + interval 1 month and ranked.keyword = before.keyword
left join lexicon on ranked.keyword = lexicon.keyword;

create table genre_transitions as
select
    month,
    previous_month,
    previous_genre,
    genre,
    count(*) as users,
    count(*)::double / sum(count(*)) over (partition by month) as share
from search_behavior
where previous_genre is not null and genre is not null
group by month, previous_month, previous_genre, genre;

create table keyword_genres as
select
    keyword,
    coalesce(genre, 'Unknown') as genre,
    if(genre is null, 'none', 'lexicon') as source,
    if(genre is null, 0, 1)::double as confidence
from (select distinct keyword from events)
left join lexicon using (keyword);
