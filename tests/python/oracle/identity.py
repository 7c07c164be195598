"""Identity (SPEC 6): which identifiers are one customer."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .files import UnreadableFile, files_below, read_bytes, read_csv
from .settings import Row, Settings
from .text import PLACEHOLDERS, trimmed

TYPES = ("contract", "user_id", "email", "subscriber_id")

Identifier = tuple[str, str]
"""(type, value)."""


@dataclass(frozen=True)
class Identities:
    """Customers, and the components that are too big to be one."""

    customer_of: dict[Identifier, str]
    conflicts: list[Row]


def read_identities(raw_dir: Path) -> list[list[Identifier]]:
    """The identifiers of each row of `identities/`."""
    links = []
    for path, location in files_below(raw_dir, "identities"):
        if not path.endswith(".csv"):
            continue
        try:
            rows = read_csv(read_bytes(location), required=set())
        except UnreadableFile:
            continue
        for _, row in rows:
            if row and len(set(TYPES) & set(row)) >= 2:
                links.append(identifiers_of(row))
    return links


def identifiers_of(row: dict[str, object]) -> list[Identifier]:
    """The identifiers of one row: trimmed, emails in lower case, no blanks, no placeholders."""
    found = []
    for kind in TYPES:
        value = trimmed(str(row.get(kind, "")))
        if value is not None and value.lower() not in PLACEHOLDERS:
            found.append((kind, value.lower() if kind == "email" else value))
    return found


def components(
    identifiers: Iterable[Identifier], links: list[list[Identifier]]
) -> list[set[Identifier]]:
    """The connected components of the graph."""
    neighbours: dict[Identifier, set[Identifier]] = {node: set() for node in identifiers}
    for link in links:
        for node in link:
            neighbours.setdefault(node, set()).update(link)

    found = []
    visited: set[Identifier] = set()
    for start in neighbours:
        if start in visited:
            continue
        component: set[Identifier] = set()
        waiting = {start}
        while waiting:
            node = waiting.pop()
            component.add(node)
            waiting |= neighbours[node] - component
        visited |= component
        found.append(component)
    return found


def component_id(component: Iterable[Identifier]) -> str:
    """The md5 of the smallest `type:value`."""
    smallest = min(f"{kind}:{value}" for kind, value in component)
    return hashlib.md5(smallest.encode("utf-8"), usedforsecurity=False).hexdigest()


def resolve(
    identifiers: Iterable[Identifier], links: list[list[Identifier]], settings: Settings
) -> Identities:
    """Every component is a customer; of a component that is too big, every member is one."""
    customer_of: dict[Identifier, str] = {}
    conflicts: list[Row] = []
    for component in sorted(components(identifiers, links), key=min):
        too_big = len(component) > settings.max_identifiers
        for kind, value in sorted(component):
            customer_of[kind, value] = component_id([(kind, value)] if too_big else component)
            if too_big:
                conflicts.append(
                    {
                        "component": component_id(component),
                        "identifier_type": kind,
                        "identifier": value,
                        "size": len(component),
                    }
                )
    return Identities(customer_of, conflicts)


def customer_identifiers(identities: Identities) -> list[Row]:
    """One row per identifier."""
    return [
        {"customer_id": customer_id, "identifier_type": kind, "identifier": value}
        for (kind, value), customer_id in sorted(identities.customer_of.items())
    ]
