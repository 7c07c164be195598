"""Keywords in the form that marts compare (SPEC 5, Keyword)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import text as oracle

from loaders.keywords import fold, normalise

ANY_TEXT = st.text() | st.text(st.characters(max_codepoint=0x1FF))
# Whole letters: nothing invisible stands inside one, as SPEC 5 composes before it removes.
LETTERS = st.sampled_from(
    [
        *"aAbBzZ09.-đĐêÊưƯợỢ中の가Ωß",
        "e\u0302\u0323",
        "A\u0306\u0301",
        "u\u031b",
        "🎬",
        "\u0e01\u0e31",
    ]
)
BETWEEN = st.sampled_from([" ", "  ", "\t", "\r\n", "\v", "\x85", "\u00a0", "\u3000", "\u2028"])
INVISIBLE = st.sampled_from(["\u200b", "\u200e", "\ufeff", "\u00ad", "\x00", "\x1b", "\x7f"])
KEYWORD = st.lists(LETTERS | LETTERS | BETWEEN | INVISIBLE).map("".join)

EXAMPLES = {
    "NARUTO": ("naruto", "naruto"),
    "  One \t Piece \n": ("one piece", "one piece"),
    "Tie\u0302\u0301ng Vie\u0323\u0302t": ("tiếng việt", "tieng viet"),
    "ĐẤT RỪNG PHƯƠNG NAM": ("đất rừng phương nam", "dat rung phuong nam"),
    "Kẻ\u200b Ẩn\ufeff Danh": ("kẻ ẩn danh", "ke an danh"),
    "soft\u00adhyphen": ("softhyphen", "softhyphen"),
    "a\tb\nc\rd\ve\ff\x85g": ("a b c d e f g", "a b c d e f g"),
    "a\u2028b\u2029c\u3000d\u00a0e": ("a b c d e", "a b c d e"),
    "nul\x00bell\x07": ("nulbell", "nulbell"),
    "Ünïcödé Ñ": ("ünïcödé ñ", "unicode n"),
    "진격의 거인": ("진격의 거인", "진격의 거인"),
    "": ("", ""),
    " \u200b\t": ("", ""),
}


@pytest.mark.parametrize("keyword", EXAMPLES)
def test_keywords_are_normalised_and_folded(keyword: str) -> None:
    assert (normalise(keyword), fold(normalise(keyword))) == EXAMPLES[keyword]


@given(ANY_TEXT | KEYWORD)
def test_a_normalised_keyword_has_nothing_invisible_and_single_spaces(text: str) -> None:
    normalised = normalise(text)
    assert not {unicodedata.category(char) for char in normalised} & {"Cc", "Cf", "Zl", "Zp"}
    assert normalised == " ".join(normalised.split())


@given(KEYWORD)
def test_a_normalised_keyword_is_composed_and_normalising_it_changes_nothing(text: str) -> None:
    normalised = normalise(text)
    assert unicodedata.is_normalized("NFC", normalised)
    assert normalise(normalised) == normalised


@given(ANY_TEXT | KEYWORD)
def test_composed_and_decomposed_spellings_are_one_keyword(text: str) -> None:
    assert normalise(unicodedata.normalize("NFD", text)) == normalise(text)


@given(KEYWORD)
def test_upper_and_lower_case_are_one_keyword(text: str) -> None:
    assert normalise(text.lower()) == normalise(text)


@given(ANY_TEXT | KEYWORD)
def test_a_folded_keyword_has_no_accents_and_folding_it_changes_nothing(text: str) -> None:
    folded = fold(normalise(text))
    assert "Mn" not in map(unicodedata.category, unicodedata.normalize("NFD", folded))
    assert "đ" not in folded
    assert unicodedata.is_normalized("NFC", folded)
    assert fold(folded) == folded


@given(ANY_TEXT | KEYWORD)
def test_shortcuts_for_common_text_come_to_what_the_definition_says(text: str) -> None:
    assert normalise(text) == oracle.normalise(text)
    assert fold(normalise(text)) == oracle.fold(oracle.normalise(text))
