"""`identities/` and `library/`: what the operator knows beside the logs (SPEC 2.3, 2.4)."""

from __future__ import annotations

from pathlib import Path

import duckdb

from c360.sample import shares
from c360.sample.draws import choose, draw, lookup, pick, salt
from c360.sample.options import SampleOptions
from c360.sample.writers import open_text, write_query

CUSTOMERS_PATH = "identities/customers.csv"
ACCOUNTS_PATH = "identities/app_accounts.csv"
LIBRARY_PATH = "library/operator_genres.csv"
PATHS = (CUSTOMERS_PATH, ACCOUNTS_PATH, LIBRARY_PATH)

FAMILY_NAMES = ("nguyen", "tran", "le", "pham", "hoang", "phan", "vu", "dang", "bui", "do", "ho",
                "ngo", "duong", "ly")  # fmt: skip
GIVEN_NAMES = ("an", "anh", "binh", "chi", "dung", "giang", "ha", "hieu", "hoa", "huong", "khanh",
               "lan", "linh", "long", "mai", "minh", "nam", "nga", "phuc", "quang", "son", "thao",
               "thu", "trang", "tuan", "viet")  # fmt: skip
DOMAINS = ("example.com", "example.net", "example.org")  # reserved, nobody's address
HUB_EMAIL = "cuahang.q1@example.com"  # the false hub: a shop that registers its own address

# Which cells a row fills: (contract, user_id, email, subscriber_id), weight; chosen. A customer
# without a user keeps the other cells, of which at least two are filled.
FILLED = (
    ((True, True, True, True), 50),
    ((True, True, True, False), 14),
    ((True, True, False, True), 10),
    ((True, False, True, True), 12),
    ((True, True, False, False), 8),
    ((True, False, True, False), 6),
)


def create_people(con: duckdb.DuckDBPyConnection, options: SampleOptions) -> None:
    """Create tables `ranked_contracts` and `ranked_users`: who may be identified, in random order.

    Contracts of the first month and users seen in the search logs, so that every identifier
    occurs in the logs. Users beyond the identified customers (at least a tenth) are spare: true
    in column `spare`.
    """
    contract_order = draw("n", salt(options.seed, "identified contract"))
    user_order = draw("u", salt(options.seed, "identified user"))
    con.execute(f"""
        create or replace temp table ranked_contracts as
        select contract, row_number() over (order by {contract_order}, n) - 1 as rank
        from contracts where joined = 0
    """)
    con.execute(f"""
        create or replace temp table ranked_users as
        with ranked as (
            select user_id, row_number() over (order by {user_order}, u) - 1 as rank,
                least({identified(options)}, count(*) over () * 9 // 10) as first_spare
            from (select distinct u from seen_users) join users using (u)
        )
        select user_id, rank, rank >= first_spare as spare, rank - first_spare as spare_rank
        from ranked
    """)


def write_customers(con: duckdb.DuckDBPyConnection, root: Path, options: SampleOptions) -> int:
    """Write one row for each identified customer, their second contracts, and the false hub."""
    every = shares.SECOND_CONTRACT_EVERY
    sql = f"""
        with filled as ({filled_people(options)}),
        cells as (
            select rank, 0 as part, contract, user_id, email, subscriber_id from filled
            union all
            select f.rank, 1, c.contract, null, f.email, null
            from filled as f
            join ranked_contracts as c on c.rank = {identified(options)} + f.rank // {every}
            where f.rank % {every} = 0
            union all
            select * from ({hub_rows(options)})
        )
        select concat(contract, ',', user_id, ',', email, ',', subscriber_id, '\n')
        from cells order by part, rank
    """
    return write_csv(con, root / CUSTOMERS_PATH, "contract,user_id,email,subscriber_id", sql)


def filled_people(options: SampleOptions) -> str:
    """SQL: the identified customers with the cells that their rows fill.

    Customers with a second contract fill all, because their address links the two.
    """
    fills = [(i, weight) for i, (_, weight) in enumerate(FILLED)]
    contract, user, mail, subscriber = (
        lookup([cells[i] for cells, _ in FILLED], "fill") for i in range(4)
    )
    spoiled = "x % 64 = 5" if options.dirt else "false"
    return f"""
        select
            rank,
            case when {contract} then contract end as contract,
            case when {user} then user_id end as user_id,
            case when {mail} or (user_id is null and not {subscriber})
                then case when {spoiled} then ' ' || upper(email) else email end end as email,
            case when {subscriber} then subscriber_id end as subscriber_id
        from (
            select *,
                {email("rank", "x")} as email,
                {subscriber_id("rank", options.seed)} as subscriber_id,
                case when rank % {shares.SECOND_CONTRACT_EVERY} = 0 then 0
                    else {choose("x", fills, shift=24)} end as fill
            from (
                select c.contract, u.user_id, c.rank::ubigint as rank,
                    {draw("c.rank::ubigint", salt(options.seed, "person"))} as x
                from ranked_contracts as c
                left join ranked_users as u on u.rank = c.rank and not u.spare
                where c.rank < {identified(options)}
            )
        )
    """


def identified(options: SampleOptions) -> int:
    """How many customers `identities/` knows."""
    return round(options.customers * shares.IDENTIFIED_SHARE)


def hub_rows(options: SampleOptions) -> str:
    """SQL: rows of customers who have nothing in common but the address of a shop.

    Their contracts come from the end of the random order, away from the identified customers.
    """
    first = options.customers - shares.FALSE_HUB_ROWS
    used = identified(options) * 2
    number = f"{options.customers}::ubigint + i::ubigint"
    return f"""
        select i::ubigint as rank, 2 as part, c.contract, null as user_id,
            '{HUB_EMAIL}' as email, {subscriber_id(number, options.seed)} as subscriber_id
        from range({shares.FALSE_HUB_ROWS}) as r(i)
        left join ranked_contracts as c on c.rank = {first} + i and c.rank > {used}
    """


def write_accounts(con: duckdb.DuckDBPyConnection, root: Path, options: SampleOptions) -> int:
    """Write the app accounts of some contracts: a second user beside the customer's row."""
    every = shares.SECOND_USER_EVERY
    sql = f"""
        select concat(c.contract, ',', u.user_id, '\n')
        from ranked_contracts as c
        join ranked_users as u on u.spare and u.spare_rank = c.rank // {every}
        where c.rank < {identified(options)} and c.rank % {every} = 1
        order by c.rank
    """
    return write_csv(con, root / ACCOUNTS_PATH, "contract,user_id", sql)


def email(rank: str, bits: str) -> str:
    """SQL: an address of one customer, unique by its number."""
    family = lookup(FAMILY_NAMES, pick(bits, len(FAMILY_NAMES)))
    given = lookup(GIVEN_NAMES, pick(bits, len(GIVEN_NAMES), shift=8))
    domain = lookup(DOMAINS, pick(bits, len(DOMAINS), shift=16))
    return f"concat({family}, '.', {given}, {rank} + 100, '@', {domain})"


def subscriber_id(number: str, seed: int) -> str:
    """SQL: the id of a telecom bill, `4821-QKZVE`: four digits and five letters, unique.

    Digits and four letters write out 32 bits, which are a permutation of the number.
    """
    mixed = draw(f"({number})", salt(seed, "subscriber"))
    letters = " || ".join(
        f"chr((65 + ({mixed}) // {10**4 * 26**i} % 26)::integer)" for i in range(4)
    )
    last = f"chr((65 + ({number}) % 26)::integer)"
    return f"lpad((({mixed}) % 10000)::varchar, 4, '0') || '-' || {letters} || {last}"


def write_library(con: duckdb.DuckDBPyConnection, root: Path, options: SampleOptions) -> int:
    """Write the operator's own genres of a few dozen titles of table `pool`, some in capitals."""
    shout = "((bits >> 8) & 15) = 1" if options.dirt else "false"
    sql = f"""
        select concat(case when {shout} then upper(keyword) else keyword end, ',', genre, '\n')
        from (
            select *, {draw("title::ubigint", salt(options.seed, "library"))} as bits from pool
            order by bits, title limit {shares.LIBRARY_ROWS}
        )
        order by title
    """
    return write_csv(con, root / LIBRARY_PATH, "keyword,category", sql)


def write_csv(con: duckdb.DuckDBPyConnection, path: Path, header: str, sql: str) -> int:
    """Write a header and the lines of a query; returns the lines."""
    with open_text(path) as text:
        text.write(header.encode() + b"\n")
        return write_query(con, sql, text)
