"""Years of work are read off words."""

import pytest

from service.domain.match import Phrase
from service.skills.experience import done_now, years_said


@pytest.mark.parametrize(
    ("words", "years"),
    [
        ("Eleven years in Riyadh", 11),
        ("sharjah 7 yer", 7),
        ("8yrs KSA, then 20+ years at home", 20),
        ("four years ten months", 4),
        ("two contracts on tankers", 2),
        ("since 2016", 0),
        ("99 years", 0),
        ("I am a 32 year old driver", 0),
        ("aged 45 years, electrician 12 yrs", 12),
        ("my son is 14 years", 0),
        ("looked after 12 year boy", 0),
        ("1.5 years mason", 1.5),
        ("twenty-five years, thirty five years", 35),
        ("", 0),
    ],
)
def test_the_longest_stretch_counts(words: str, years: float) -> None:
    """Figures and words; a calendar year is not a stretch."""
    assert years_said(words) == years


def test_what_is_done_now_is_told_from_what_was_done() -> None:
    """A phrase says so itself, or one that only says when stands before it."""
    texts = ["led a crew of a hundred", "these days", "I sell caps", "my son is well", "welding"]
    phrases = [Phrase(text, work=text not in {"these days", "my son is well"}) for text in texts]
    assert done_now(phrases) == [False, True, False]
    assert done_now([Phrase("now I drive a rickshaw", work=True)]) == [True]
    assert done_now([Phrase("since I came back vegetables from a cart", work=True)]) == [True]
    assert done_now([]) == []
