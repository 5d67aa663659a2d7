"""What a visa lets its holder do, whatever an advert calls it."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

from service.domain.text import fold


class VisaKind(StrEnum):
    """Kinds of visa that matter to who may work. `other` is stated but not recognised."""

    EMPLOYMENT = "employment"
    DOMESTIC = "domestic"
    FREE = "free"
    INVESTOR = "investor"
    BUSINESS = "business"
    VISIT = "visit"
    STUDENT = "student"
    FAMILY = "family"
    OTHER = "other"


FOR_WORK: Final = frozenset({VisaKind.EMPLOYMENT, VisaKind.DOMESTIC, VisaKind.OTHER})
"""Kinds on which an employer may employ; an unrecognised one is taken for such."""

# The first that is found decides: a "visit pass (temporary employment)" is Malaysia's work pass.
_WORDS: Final = tuple(
    (kind, re.compile(rf"\b(?:{words})\b"))
    for kind, words in (
        (VisaKind.FREE, r"free visa|azad|so called free"),
        (VisaKind.EMPLOYMENT, r"temporary employment|employment visit pass"),
        (VisaKind.DOMESTIC, r"domestic|household|house ?maid|house driver|article 20|khadama"),
        (VisaKind.INVESTOR, r"invest(?:or|ment)s?|partner|golden visa"),
        (VisaKind.VISIT, r"visit(?:or)?|touris[tm]|transit visa|umrah?|hajj|pilgrim(?:age)?"),
        (VisaKind.BUSINESS, r"business"),
        (VisaKind.STUDENT, r"student|study"),
        (VisaKind.FAMILY, r"family|dependa?ent|spouse|husband|wife|marriage"),
        (
            VisaKind.EMPLOYMENT,
            r"work\w*|employ\w*|labou?r|job|permit|seasonal|skill\w*|crew|seafarer|contract",
        ),
        (VisaKind.EMPLOYMENT, r"ssw|article 18|visa 18|trainee|recognition|iqama|kafala"),
    )
)


@lru_cache(maxsize=10_000)
def visa_kind(stated: str | None) -> VisaKind | None:
    """Return the kind of a visa as an advert words it, None where nothing is stated."""
    if stated is None or not (text := fold(stated)):
        return None
    return next((kind for kind, words in _WORDS if words.search(text)), VisaKind.OTHER)


IN_A_HOME: Final = ("9111", "5152", "5162")
"""ISCO-08 groups of work in somebody's home: cleaners and helpers, housekeepers, companions."""


def visa_needed(stated: str | None, isco08: str | None) -> VisaKind | None:
    """Return the kind of visa a job is on; where none is stated, work in a home tells it."""
    kind = visa_kind(stated)
    if kind is None and isco08 is not None and isco08.startswith(IN_A_HOME):
        return VisaKind.DOMESTIC
    return kind
