"""Words of religion are known as such, and taken out."""

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
