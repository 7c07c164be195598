"""Names and links in a raw directory: each file is loaded, or skipped with its reason."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from faults.compare import Difference, row_difference
from faults.hostile import DAY, DONE, Case, fault_of, load_all, records, remark
from faults.outcome import Bench, Fault, Outcome
from faults.tally import Tally

# Of a path's last part, in bytes; with the extension it is the longest most file systems allow.
LONGEST_NAME = 250
NAMES = (
    "with spaces",
    " at both ends ",
    "it's",
    'a "quote"',
    "back`tick",
    "100%",
    "%s %(name)s %d",
    "semi;colon",
    "a,b",
    "a=b",
    "day=20220702",
    "tab\tin it",
    "line\nin it",
    "back\\slash",
    "back\\slash and *",
    "*",
    "?",
    "[a-z]",
    "[",
    "]",
    "{a,b}",
    "$HOME",
    "${x}",
    "~",
    "-rf",
    "--help",
    "#",
    "&",
    "|",
    "<>",
    "!",
    "Kênh Gia Đình",
    "Truyền Hình",
    "Truye\u0302\u0300n Hi\u0300nh",
    "ĐẸP",
    "phim 🎬",
    "中文",
    "x" * LONGEST_NAME,
    "drop table raw.files; --",
    "'; drop table raw.files; --",
)
ALPHABET = " '\"`%*?[]{}\\$;,=#&|<>!~^+-@.ăâđêôơưĐẸỀ🎬\t\n"


def names(count: int, dice: random.Random) -> Iterator[Case]:
    """The names above as files and as folders, then random ones."""
    given = [*NAMES]
    while len(given) < count:
        name = "".join(dice.choice(ALPHABET) for _ in range(dice.randrange(1, 30)))
        # A leading point hides a file; a name must not be one that is there already.
        if not name.startswith(".") and name not in given:
            given.append(name)
    for number, name in enumerate(given[:count]):
        content = records(dice.randrange(1, 10), f"{number}-")
        is_folder = number % 4 == 3
        place = f"{name}/part.json" if is_folder else f"{name}.json"
        yield Case.of_lines(f"log_content/{DAY}/{place}", content)


@dataclass(frozen=True)
class Link:
    """A symbolic link below log_content, and what becomes of the path."""

    path: str
    target: str
    skipped: str | None = None
    loaded: tuple[str, ...] = ()


NOWHERE = "not a file, or a link that leads nowhere"
LINKS = (
    Link(f"{DAY}-none.json", "nowhere.json", NOWHERE),
    Link(f"{DAY}-self.json", f"{DAY}-self.json", NOWHERE),
    Link(f"{DAY}-one.json", f"{DAY}-two.json", NOWHERE),
    Link(f"{DAY}-two.json", f"{DAY}-one.json", NOWHERE),
    Link(f"{DAY}-folder.json", "elsewhere-empty", None),
    Link(f"{DAY}-good.json", "../../target.json", None, (f"{DAY}-good.json",)),
    Link(f"{DAY}-chain.json", f"{DAY}-good.json", None, (f"{DAY}-chain.json",)),
    Link("20220705", "../../folder", None, ("20220705/in.json",)),
    Link(f"{DAY}/circle", ".", None),
    Link(f"{DAY}/up", "../..", None),
    Link("20220706", "nowhere", "unknown extension"),
    Link("20220707.json", "/dev/null", NOWHERE),
)


def try_links(bench: Bench) -> Outcome:
    """All links in one load; what they lead to is read as if it lay there."""
    top = bench.folder / "raw" / "log_content"
    (top / DAY).mkdir(parents=True)
    (top / "elsewhere-empty").mkdir()
    content = records(3)
    outside = bench.folder / "folder"
    outside.mkdir()
    for place in (top / DAY / "real.json", bench.folder / "target.json", outside / "in.json"):
        place.write_bytes(content)
    links = LINKS[: bench.tries]
    for link in links:
        (top / link.path).symlink_to(link.target)
    loaded = load_all(bench.folder, bench.folder / "raw", DONE)
    wanted = Case.of_lines("", content).accepted
    tally = Tally()
    for link in links:
        problems = [*loaded.problems]
        skipped = loaded.skipped.get(f"log_content/{link.path}")
        if skipped != link.skipped:
            problems.append(f"skipped because {skipped!r}, not because {link.skipped!r}")
        total = Difference()
        for path in link.loaded:
            found = loaded.accepted.get(f"log_content/{path}", ())
            total += row_difference("log_content", wanted, found)
        tally.add(f"{link.path} -> {link.target}", problems, total)
    expected = {f"log_content/{path}" for link in links for path in link.loaded}
    expected.add(f"log_content/{DAY}/real.json")
    if strange := sorted(loaded.accepted.keys() - expected):
        tally.add("paths", [f"loaded though they should not: {strange}"])
    return tally.outcome(remark(loaded.ended))


FAULTS = (
    Fault("names with spaces, quotes, %, accents", 300, 60, fault_of(names, DONE)),
    Fault("links to nowhere and in circles", len(LINKS), len(LINKS), try_links),
)
