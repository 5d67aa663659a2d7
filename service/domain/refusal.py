"""Work a person will not do, as a listing is held against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.domain.listing import Listing
from service.domain.text import skeleton


@dataclass(frozen=True, slots=True)
class Refusal:
    """One veto, read once.

    stated: as the person put it. isco08: groups refused, by prefix. words: phrases, in
    `skeleton` spelling, that must not stand in a listing's title or outcomes, nor in the skills
    of one that states no occupation. uncoded: phrases that must not stand in either of one that
    states none. known: whether its words name work that the lexicon knows.
    """

    stated: str
    isco08: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    uncoded: frozenset[str] = frozenset()
    known: bool = True


def title_words(listing: Listing) -> str:
    """Return what a listing is called, for `stands_in`: its title, and what it leads to.

    Neighbouring words stand in it joined as well, so that "house maid" holds "housemaid".
    """
    return _words((listing.title, *listing.outcomes))


def listing_words(listing: Listing) -> str:
    """Return all that a listing calls its work, for `stands_in`: title, outcomes and skills."""
    return _words((listing.title, *listing.outcomes, *listing.skills))


def _words(parts: Sequence[str]) -> str:
    plain = [skeleton(part).split() for part in parts]
    joined = [[left + right for left, right in pairwise(words)] for words in plain]
    # The bar keeps phrases from reaching over the end of a part.
    return f" {' | '.join(' '.join(words) for words in [*plain, *joined])} "


def stands_in(phrase: str, words: str) -> bool:
    """Tell whether a phrase in `skeleton` spelling stands in such words, whole words only."""
    return f" {phrase} " in words or f" {phrase.replace(' ', '')} " in words
