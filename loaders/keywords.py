"""Search keywords in the form that marts compare (SPEC section 5, Keyword).

Here and not in SQL, because engines differ in Unicode normalisation, lower case and white space.
"""

from __future__ import annotations

import re
import unicodedata

# SPEC 5: tabs and line ends become spaces before control characters are removed.
_LINE_ENDS = dict.fromkeys(map(ord, "\t\n\v\f\r\x85"), " ")
_UNUSUAL = re.compile(r"[^\x20-\x7e\u00c0-\u01b0\u0300-\u0323\u1ea0-\u1ef9]")
_COMBINING = re.compile(r"[\u0300-\u036f]")


def normalise(keyword: str) -> str:
    """NFC, control characters out, lower case, single spaces, trimmed; may be empty (SPEC 5)."""
    text = unicodedata.normalize("NFC", keyword)
    if _UNUSUAL.search(text):
        text = text.translate(_LINE_ENDS)
        text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf"))
    return " ".join(text.lower().split())


def fold(normalised: str) -> str:
    """A normalised keyword without accents and with `d` for `đ` (SPEC 5, Folded)."""
    if normalised.isascii():
        return normalised
    text = unicodedata.normalize("NFD", normalised)
    text = _COMBINING.sub("", text)
    if not text.isascii():
        text = "".join(c for c in text if unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", text.replace("đ", "d"))
