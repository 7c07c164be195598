"""Trimming, keyword normalising (SPEC 5) and the tests on keywords and contracts (SPEC 3)."""

import ipaddress
import re
import unicodedata

TABS_AND_LINE_ENDS = str.maketrans(dict.fromkeys("\t\n\v\f\r\x85", " "))

IPV4_SHAPE = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})")
PHONE_SHAPE = re.compile(r"[0-9 +()-]+")
PLACEHOLDERS = {"0", "null", "none", "unknown"}
"""Texts, in lower case, that stand for no identifier."""
URL_STARTS = ("http://", "https://", "www.")


def trimmed(text: str | None) -> str | None:
    """The text without white space around it; blank is the same as null."""
    return (text or "").strip() or None


def normalise(keyword: str | None) -> str:
    """The normalised keyword; empty when it is missing."""
    text = unicodedata.normalize("NFC", keyword or "")
    text = text.translate(TABS_AND_LINE_ENDS)
    text = "".join(char for char in text if unicodedata.category(char) not in ("Cf", "Cc"))
    text = text.lower()
    return " ".join(text.split())


def fold(normalised: str) -> str:
    """A normalised keyword without accents, `d` for `đ`."""
    decomposed = unicodedata.normalize("NFD", normalised)
    bare = "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
    return unicodedata.normalize("NFC", bare).replace("đ", "d")


def is_ipv4(text: str) -> bool:
    """Four numbers 0-255 of one to three digits, with dots between them."""
    match = IPV4_SHAPE.fullmatch(text)
    return match is not None and all(int(number) <= 255 for number in match.groups())


def is_ip_address(text: str) -> bool:
    """An IPv4 or an IPv6 address."""
    if is_ipv4(text):
        return True
    if ":" not in text:
        return False
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def is_phone_number(text: str) -> bool:
    """Only digits, spaces, `+ - ( )`, and nine digits or more."""
    digits = sum(char in "0123456789" for char in text)
    return PHONE_SHAPE.fullmatch(text) is not None and digits >= 9


def is_not_a_query(normalised: str, ignored_keywords: set[str]) -> bool:
    """Whether a (non-blank) normalised keyword is something else than a search."""
    return (
        len(normalised) < 2
        or normalised.startswith(URL_STARTS)
        or is_ipv4(normalised)
        or is_phone_number(normalised)
        or normalised in ignored_keywords
    )
