"""Words of religion are known as such, and taken out."""

import pytest

from service.settings import bundled
from service.skills.neutral import Neutraliser

NEUTRAL = Neutraliser.read(bundled("data", "lexicon"))


def test_words_that_name_only_religion_leave_nothing() -> None:
    """A festival, a shrine or a prayer; the work beside it stays."""
    assert NEUTRAL.speaks_of_faith("every Taraweeh I was in the second row")
    assert NEUTRAL.words("I laid marble before Taraweeh") == "I laid marble before"


def test_trades_do_not_speak_of_religion() -> None:
    """Dana is a gift to monks, and also the granules a moulding machine eats."""
    assert not NEUTRAL.speaks_of_faith("loaded dana in the moulding machine")


def test_no_words_of_religion_is_no_pattern_that_finds_everything() -> None:
    """A list without entries finds nothing."""
    assert not Neutraliser.of({}, []).speaks_of_faith("anything")


@pytest.mark.parametrize(
    "text",
    [
        "A saleswoman's bag",
        "SALESWOMAN",
        "sale\u017fwoman",  # the long s of old prints
        "sales_woman and the saleswoman",
        "the lady of the cleaning-lady",
        "a cleaning  room, a cleaning lady",
        "সেলাই by a cleaning lady",
        "Nothing of all this",
        "",
    ],
)
def test_what_is_looked_up_first_hides_nothing(text: str) -> None:
    """Every text comes out as the pattern alone would leave it."""
    neutral = Neutraliser.of({"saleswoman": "salesperson", "cleaning lady": "cleaner"}, ())
    with_pattern = neutral.entries.pattern.sub(lambda found: f"<{found.group()}>", text)
    assert neutral.entries.may_be_in(text) or with_pattern == text
    assert ("<" in with_pattern) == (neutral.words(text) != Neutraliser.of({}, ()).words(text))
