"""Accepted or rejected, and why (SPEC 3)."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from .event_times import event_time
from .files import (
    ContentFields,
    SearchFields,
    UnreadableFile,
    log_files,
    read_content,
    read_search,
)
from .seeds import Seeds
from .settings import Row, Settings
from .text import PLACEHOLDERS, fold, is_ip_address, is_not_a_query, normalise, trimmed

ACCEPTED = "accepted"
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True)
class ContentRecord:
    """An accepted row of log_content."""

    log_date: date
    contract: str
    mac: str | None
    content_type: str
    seconds: int


@dataclass(frozen=True)
class SearchRow:
    """An accepted row of log_search."""

    path: str
    position: int
    log_date: date
    user_id: str
    event_id: str | None
    event_time: datetime | None
    keyword: str
    folded: str
    platform: str | None
    plans: list[str]


def month_of(day: date) -> date:
    """First day of the month."""
    return day.replace(day=1)


def outcome_row(
    source: str, path: str, line_number: int | None, log_date: date, reason: str
) -> Row:
    """One row of `rejected_rows`; `reason` is `accepted` for rows that were accepted."""
    return {
        "source": source,
        "path": path,
        "line_number": line_number,
        "log_date": log_date,
        "reason": reason,
    }


# Content


def whole_number(text: str | None) -> int | None:
    """An optional sign and ASCII digits; anything else is None."""
    digits = (text or "").strip()
    if WHOLE_NUMBER.fullmatch(digits) is None:
        return None
    size = digits.lstrip("+-").lstrip("0")[:30] or "0"  # 30 digits are as absurd as 5,000
    return -int(size) if digits.startswith("-") else int(size)


def app_name(fields: ContentFields) -> str:
    """The app name as the seed writes it."""
    return (fields.app_name or "").strip().upper()


def content_reason(fields: ContentFields, apps: dict[str, str], settings: Settings) -> str | None:
    """The first reason that applies, `malformed` and `duplicate` left out."""
    contract = trimmed(fields.contract)
    seconds = whole_number(fields.duration)
    if contract is None or contract.lower() in PLACEHOLDERS:
        return "missing_contract"
    if is_ip_address(contract):
        return "invalid_contract"
    if seconds is None or seconds < 0:
        return "invalid_duration"
    if seconds > settings.max_record_seconds:
        return "implausible_duration"
    if app_name(fields) not in apps:
        return "unknown_app"
    return None


def judge_content(
    raw_dir: Path, seeds: Seeds, settings: Settings
) -> tuple[list[ContentRecord], list[Row]]:
    """The accepted records of log_content, and the outcome of every row."""
    source = "log_content"
    accepted: list[ContentRecord] = []
    outcomes: list[Row] = []
    seen: set[tuple[date, str]] = set()  # accepted document ids
    for log in log_files(raw_dir, source):
        try:
            rows = read_content(log)
        except UnreadableFile:
            outcomes.append(outcome_row(source, log.path, None, log.log_date, "unreadable_file"))
            continue
        for position, fields in rows:
            document_id = fields.document_id if fields and trimmed(fields.document_id) else None
            if fields is None:
                reason: str | None = "malformed"
            else:
                reason = content_reason(fields, seeds.apps, settings)
            if reason is None and document_id and (log.log_date, document_id) in seen:
                reason = "duplicate"
            outcomes.append(
                outcome_row(source, log.path, position, log.log_date, reason or ACCEPTED)
            )
            if reason is None and fields is not None:
                if document_id:
                    seen.add((log.log_date, document_id))
                accepted.append(
                    ContentRecord(
                        log_date=log.log_date,
                        contract=trimmed(fields.contract) or "",
                        mac=trimmed(fields.mac),
                        content_type=seeds.apps[app_name(fields)],
                        seconds=whole_number(fields.duration) or 0,
                    )
                )
    return accepted, outcomes


# Search


def search_reason(fields: SearchFields, keyword: str, ignored_keywords: set[str]) -> str | None:
    """The first reason that applies, `duplicate` left out."""
    if fields.category != "enter":
        return "out_of_scope"
    if trimmed(fields.user_id) is None:
        return "missing_user"
    if not keyword:
        return "missing_keyword"
    if is_not_a_query(keyword, ignored_keywords):
        return "not_a_query"
    return None


def judge_search(raw_dir: Path, seeds: Seeds) -> tuple[list[SearchRow], list[Row]]:
    """The accepted rows of log_search, and the outcome of every row."""
    source = "log_search"
    accepted: list[SearchRow] = []
    outcomes: list[Row] = []
    seen: set[tuple[date, str]] = set()  # accepted event ids
    for log in log_files(raw_dir, source):
        try:
            rows = read_search(log)
        except UnreadableFile:
            outcomes.append(outcome_row(source, log.path, None, log.log_date, "unreadable_file"))
            continue
        for position, fields in rows:
            event_id = fields.event_id if trimmed(fields.event_id) else None
            keyword = normalise(fields.keyword)
            if event_id and (log.log_date, event_id) in seen:
                reason: str | None = "duplicate"
            else:
                reason = search_reason(fields, keyword, seeds.ignored_keywords)
            outcomes.append(
                outcome_row(source, log.path, position, log.log_date, reason or ACCEPTED)
            )
            if reason is None:
                if event_id:
                    seen.add((log.log_date, event_id))
                accepted.append(
                    SearchRow(
                        path=log.path,
                        position=position,
                        log_date=log.log_date,
                        user_id=trimmed(fields.user_id) or "",
                        event_id=event_id,
                        event_time=event_time(fields.datetime, log.log_date)[0],
                        keyword=keyword,
                        folded=fold(keyword),
                        platform=trimmed(fields.platform),
                        plans=fields.plans,
                    )
                )
    return accepted, outcomes
