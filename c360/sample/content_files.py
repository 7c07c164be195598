"""The files of `log_content/`: which days in which form, and how each is written (SPEC 2.1)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import duckdb

from c360.sample import content, content_dirt
from c360.sample.content import ContentFile
from c360.sample.draws import salt
from c360.sample.options import SampleOptions
from c360.sample.writers import open_text, stream, write_parquet

FOLDER = "log_content"
CHUNK_ROWS = 1_500_000
CSV_HEADER = b"Contract,Mac,TotalDuration,AppName,_id\n"

# Days of the first month that small samples write in another form than YYYYMMDD.json, so that
# every form of SPEC 2.1 occurs: day of the month -> (names, form). `{d}` is YYYYMMDD.
OTHER_FORMS: dict[int, tuple[tuple[str, ...], str]] = {
    3: (("{d}.json.gz",), "json"),
    6: (("{d}.jsonl.zst",), "json"),
    9: (("{d}.csv",), "csv"),
    13: (("{d}.parquet",), "nested"),
    17: (("{d}.parquet",), "flat"),
    21: (("{d}/part-00000.json", "{d}/part-00001.ndjson.gz", "{d}/part-00002.csv"), "json"),
}
UNREADABLE_DAY = 21  # the file that cannot be read lies beside the good parts of this day
UNREADABLE_BYTES = b"PAR1 this is not a Parquet file, its writer was killed \x00\xff\xfe\n" * 8

PARQUET_COLUMNS = {
    "flat": "contract as Contract, mac as Mac, duration as TotalDuration, app as AppName, "
    "id as _id",
    "nested": "'history' as _index, word as _type, id as _id, 0 as _score, "
    "{'Contract': contract, 'Mac': mac, 'TotalDuration': duration, 'AppName': app} as _source",
}

SKIPPED_FILES = {
    # No log date in the name or no known extension: listed by `c360 status`, never counted.
    "README.txt": "Daily exports of the viewing history. Sample data, generated.\n",
    "notes.json": '{"note":"not a log: no date in the name"}\n',
}


def unreadable_path(options: SampleOptions) -> str | None:
    """Where the file that cannot be read goes, when the options want one."""
    if not (options.dirt and options.unreadable):
        return None
    day = options.months_of_content[0].replace(day=UNREADABLE_DAY)
    return f"{FOLDER}/{day:%Y%m%d}/part-99999.parquet"


def plan_content(options: SampleOptions) -> list[ContentFile]:
    """Every content file of the sample, in the order of writing (months, then days)."""
    return [
        file
        for month in options.months_of_content
        for day in days_of(month)
        for file in files_of_day(options, day)
    ]


def days_of(month: date) -> Iterator[date]:
    """The days of a month."""
    for i in range(monthrange(month.year, month.month)[1]):
        yield month + timedelta(days=i)


def files_of_day(options: SampleOptions, day: date) -> Iterator[ContentFile]:
    """The files of one log date."""
    first_month = options.months_of_content[0]
    names: tuple[str, ...] = ("{d}.json",)
    form = "json"
    varied = options.dirt and not options.plain and day.replace(day=1) == first_month
    if varied and day.day in OTHER_FORMS:
        names, form = OTHER_FORMS[day.day]
    for part, name in enumerate(names):
        path = f"{FOLDER}/{name.format(d=day.strftime('%Y%m%d'))}"
        of_name = "csv" if name.endswith(".csv") else form
        yield ContentFile(path, of_name, day, part, len(names))


def chunks(options: SampleOptions, files: list[ContentFile]) -> Iterator[list[ContentFile]]:
    """The files in pieces of whole days of one month, with about CHUNK_ROWS rows each.

    Planning a query takes longer than a small sample's day; the size of a piece changes no byte.
    """
    size = max(1, CHUNK_ROWS // options.customers)

    def piece(file: ContentFile) -> tuple[int, int, int]:
        return file.day.year, file.day.month, (file.day.day - 1) // size

    for _, group in groupby(files, key=piece):
        yield list(group)


def write_chunk(
    con: duckdb.DuckDBPyConnection, root: Path, options: SampleOptions, files: list[ContentFile]
) -> Iterator[tuple[str, int]]:
    """Write some files from table `households`; yields (path, rows) as each is finished."""
    seed, dirt = options.seed, options.dirt
    rows = content.clean_rows(seed, dirt, files)
    con.execute(f"create or replace temp table content_rows as {rows}")
    if dirt:
        content_dirt.create_dirt(con, seed, dirt, files)
    for form in ("json", "csv"):
        wanted = [i for i, file in enumerate(files) if file.form == form]
        if wanted:
            yield from write_text(con, root, options, files, form)
    for i, file in enumerate(files):
        if file.form in PARQUET_COLUMNS:
            yield file.path, write_table(con, root, options, files, i)


def write_text(
    con: duckdb.DuckDBPyConnection,
    root: Path,
    options: SampleOptions,
    files: list[ContentFile],
    form: str,
) -> Iterator[tuple[str, int]]:
    """Write the files of one text form, rows in random order, from one stream of lines."""
    pieces = stream(con, lines_of(options, files, form))
    piece = next(pieces, None)
    for i, file in enumerate(files):
        if file.form != form:
            continue
        rows = 0
        with open_text(root / file.path) as text:
            text.write(CSV_HEADER if form == "csv" else b"")
            while piece is not None and piece[0] == i:
                text.write(piece[2])
                rows += piece[1]
                piece = next(pieces, None)
            if options.dirt:
                text.write(end_of_file(options.seed, file))
                rows += 2
        yield file.path, rows


def lines_of(options: SampleOptions, files: list[ContentFile], form: str) -> str:
    """SQL: (file, line) of the rows of one text form, by file, in random order."""
    seed, dirt = options.seed, options.dirt
    line = {"json": content.json_line, "csv": content.csv_line}[form](seed, dirt, files)
    dirty_line = {"json": content_dirt.json_line, "csv": content_dirt.csv_line}[form]()
    wanted = ", ".join(str(i) for i, file in enumerate(files) if file.form == form)
    source = f"select *, null::varchar as line from content_rows where file in ({wanted})"
    if dirt:
        source += f"""
            union all by name
            select file, n, place as z, {dirty_line} as line from dirt where file in ({wanted})
        """
    return f"""
        select file, case when line is null then {line} else line end
        from (select * from ({source}) order by file, z, n, activity, line)
    """


def end_of_file(seed: int, file: ContentFile) -> bytes:
    """Blank lines, a line that is not UTF-8, and a last line cut off: two rows, both malformed."""
    number = f"{salt(seed, 'end', file.path):08x}{salt(seed, 'tail', file.path):08x}"
    first, second = (f"{content.id_prefix(file.day)}{number[:15]}{i}" for i in (0, 1))
    if file.form == "csv":
        broken = b"HNH\xff\xfe0412,B046FC00000A,63,CHANNEL," + first.encode()
        return b"\n\n" + broken + b"\n" + b"SGH0714"
    layout = '{"_index":"history","_type":"channel","_id":"%s","_score":0,"_source":{"Contract":"'
    broken = (layout % first).encode() + (
        b'HNH\xff\xfe0412","Mac":"B046FC00000A","TotalDuration":63,"AppName":"CHANNEL"}}'
    )
    cut = (layout % second).encode() + b"SGH07"
    return b"\n\n" + broken + b"\n   \n" + cut


def write_table(
    con: duckdb.DuckDBPyConnection,
    root: Path,
    options: SampleOptions,
    files: list[ContentFile],
    position: int,
) -> int:
    """Write one Parquet file, nested like the documents or flat like the CSV; returns its rows."""
    file, dirt = files[position], options.dirt
    seconds = "varchar" if file.form == "flat" else "bigint"
    source = f"""
        select z as place, n, {content.document_word(dirt)} as word,
            {content.document_id(options.seed, files)} as id, contract, mac,
            seconds::{seconds} as duration, {content.app_name(dirt)} as app
        from content_rows where file = {position}
    """
    if dirt:
        source += f"""
            union all
            select place, n, word, id, contract, mac, duration::{seconds}, app
            from dirt where file = {position}
        """
    columns = PARQUET_COLUMNS[file.form]
    ordered = f"select {columns} from ({source}) order by place, n, id, app"
    return write_parquet(con.sql(ordered).to_arrow_table(), root / file.path)
