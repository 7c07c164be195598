"""The tables of schema `raw`: what was loaded, from which file and line, as text (SPEC section 3).

`dbt build` makes them too when they are missing (c360/dbt_plugin.py), so that a project without
logs builds.
"""

from __future__ import annotations

import duckdb

# Read with each row of every table below: file_id says which file, line_number which line or row.
RAW_SCHEMA = """
create schema if not exists raw;

create table if not exists raw.files (
    file_id integer not null,
    source varchar not null,
    path varchar not null,
    log_date date,
    file_format varchar not null,
    status varchar not null,
    problem varchar,
    content_hash varchar not null,
    bytes bigint not null,
    modified_ns bigint not null,
    changed_ns bigint not null,
    rows_read bigint not null,
    rows_rejected bigint not null,
    is_sample boolean not null,
    load_id varchar not null,
    loaded_at timestamp not null,
    rows_forgotten bigint default 0
);

create table if not exists raw.skipped_paths (
    path varchar not null,
    reason varchar not null,
    load_id varchar not null
);

create table if not exists raw.quarantine (
    file_id integer not null,
    source varchar not null,
    log_date date,
    line_number bigint,
    reason varchar not null,
    line varchar
);

create table if not exists raw.field_drift (
    file_id integer not null,
    source varchar not null,
    field varchar not null,
    problem varchar not null,
    kind varchar
);

create table if not exists raw.log_content (
    file_id integer not null,
    line_number bigint not null,
    log_date date not null,
    document_id varchar using compression uncompressed,
    contract varchar using compression uncompressed,
    mac varchar using compression uncompressed,
    total_duration varchar,
    app_name varchar
);

create table if not exists raw.log_search (
    file_id integer not null,
    line_number bigint not null,
    log_date date not null,
    event_id varchar,
    event_datetime varchar,
    user_id varchar,
    keyword varchar,
    category varchar,
    proxy_isp varchar,
    platform varchar,
    network_type varchar,
    action varchar,
    user_plans varchar[],
    keyword_normalised varchar,
    keyword_folded varchar,
    event_time timestamp,
    event_time_quality varchar not null
);

create table if not exists raw.library (
    file_id integer not null,
    line_number bigint not null,
    keyword varchar,
    category varchar,
    keyword_normalised varchar
);

create table if not exists raw.identities (
    file_id integer not null,
    line_number bigint not null,
    contract varchar,
    user_id varchar,
    email varchar,
    subscriber_id varchar
);

create table if not exists raw.forgotten (
    identifier_type varchar not null,
    identifier_hash varchar not null,
    forgotten_at timestamp not null
);

create table if not exists raw.forgotten_salt (salt varchar not null);
"""

# Databases made before `c360 forget` lack the column. It is looked for first: this runs at each
# connection of dbt, and an ALTER that changes nothing still starts a write.
HAS_ROWS_FORGOTTEN = """
select 1 from duckdb_columns()
where database_name = current_database() and schema_name = 'raw' and table_name = 'files'
    and column_name = 'rows_forgotten'
"""


def ensure_raw_schema(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables and columns that are missing; changes nothing that is there."""
    connection.execute(RAW_SCHEMA)
    if not connection.execute(HAS_ROWS_FORGOTTEN).fetchall():
        connection.execute("alter table raw.files add column rows_forgotten bigint default 0")
