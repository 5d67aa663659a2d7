"""Folding of text: what no reader sees may not matter."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.text import fold, visible

INVISIBLE = "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff"
words = st.text(st.characters(codec="utf-8"), max_size=40)


@given(words)
def test_visible_text_is_settled(text: str) -> None:
    """Doing it twice does nothing more, and the result is NFC without odd spaces."""
    once = visible(text)
    assert visible(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == " ".join(once.split())


@given(st.lists(st.sampled_from(["weld", "রাজ", "لحام", "é", "1"]), max_size=6), st.data())
def test_marks_nobody_sees_change_nothing(parts: list[str], data: st.DataObject) -> None:
    """Wherever invisible marks and more spaces stand, both foldings give the same."""
    plain = " ".join(parts)
    marked = "".join(
        letter + (" " if letter == " " else "") + data.draw(st.sampled_from(["", *INVISIBLE]))
        for letter in plain
    )
    assert visible(marked) == visible(plain)
    assert fold(marked) == fold(plain)


@given(words)
def test_folded_text_has_no_capitals_or_edges(text: str) -> None:
    """Only word characters and single spaces are left."""
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert all(letter.isalnum() or letter in " _" or _joins(letter) for letter in folded)


def _joins(letter: str) -> bool:
    """Tell whether a letter counts as part of a word without being alphanumeric."""
    return unicodedata.category(letter)[0] in "LMN" or letter == "_"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Pipe-Welder", "pipe welder"),
        ("STRASSE", "straße"),
        ("\uff16\uff27 welder", "6g WELDER"),
        ("cafe\u0301", "CAFÉ"),
        ("A.C. work!", "a c work"),
        ("\u09af\u09bc", "\u09df"),
    ],
)
def test_spellings_of_the_same_words_fold_together(one: str, other: str) -> None:
    """Case, width, accents' spelling and punctuation do not tell words apart."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("weld", "welder"), ("ab", "a b"), ("é", "e")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    """Folding is no stemming and drops no accents."""
    assert fold(one) != fold(other)
