"""How much responsibility somebody has shown, and how much an option asks for.

Levels follow ISCO-08's skill levels, 1 (simple tasks) to 4, with one step of their own: who has
led people stands at 3, who has led many at 4.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.domain.listing import Listing

_BY_MAJOR_GROUP: Final = {"1": 4, "2": 4, "3": 3, "9": 1}
_SKILLED: Final = 2
_LEADS: Final = 3
_LEADS_MANY: Final = 4
_MANY: Final = 20

_SUPERVISION: Final = r"supervis\w+|forem[ae]n"
_INSTRUCTION: Final = r"trainers?|instructors?|assessors?"
_LED: Final = re.compile(
    rf"\b(?:{_SUPERVISION}|led|leading|leader|managed|manager|in charge of|captain|bosun|"
    r"chief (?:mate|officer|engineer|cook)|head (?:cook|chef|nurse|mason|of)|superintendent|"
    r"crew of|team of|under me|my (?:team|crew|men|workers))\b",
    re.IGNORECASE,
)
_SUPERVISES: Final = re.compile(rf"\b(?:{_SUPERVISION})\b", re.IGNORECASE)
_INSTRUCTS: Final = re.compile(rf"\b(?:{_INSTRUCTION})\b", re.IGNORECASE)
_SEASONED: Final = re.compile(
    rf"\b(?:{_SUPERVISION}|{_INSTRUCTION}|team leader|charge ?hand|lead(?:ing)? hand|head|chief|"
    r"superintendent|inspect\w+|training of trainers|mentors?|teachers?|demonstrators?)\b",
    re.IGNORECASE,
)
_PEOPLE: Final = re.compile(
    r"\b(\d{1,4}|a? ?hundreds?(?: of)?|dozens?(?: of)?)\s+(?:\w+\s+){0,2}?"
    r"(?:crews?|men|man|people|workers?|persons?|staff|labou?rers?|sailors|seam[ae]n|women|boys|hands|"
    r"employees|guards|cooks|cleaners|drivers|welders|masons)\b",
    re.IGNORECASE,
)
_NOT_LED: Final = re.compile(
    r"\b(?:under|for|by|with) (?:a |my |the )?(?:supervisor|foreman|manager|captain|leader)\b|"
    r"\bnever (?:led|supervised|managed)\b",
    re.IGNORECASE,
)
_CARE: Final = re.compile(
    r"\b(?:child(?:ren)?|kids?|bab(?:y|ies)|infants?|elder(?:ly)?|old (?:people|man|woman|lady)|"
    r"patients?|grand(?:mother|father)|homework)\b",
    re.IGNORECASE,
)
"""Who looks after these supervises nobody."""
_SIMPLE_TITLE: Final = re.compile(
    r"\b(?:helper|labou?rer|hawker|street (?:seller|vendor)|vendor|peon|loader|picker|sweeper|"
    r"no experience|unskilled)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Responsibility:
    """The highest level shown, and in which words (empty where only a trade says it)."""

    level: int
    words: str = ""


def shown(said: Sequence[str], english: Sequence[str]) -> Responsibility:
    """Return what a person's work phrases show. english: the same phrases, in English."""
    best = Responsibility(_SKILLED if said else 0)
    for phrase, text in zip(said, english, strict=True):
        if _NOT_LED.search(text) or _CARE.search(text) or not _LED.search(text):
            continue
        level = _LEADS_MANY if _led(text) >= _MANY else _LEADS
        if level > best.level:
            best = Responsibility(level, phrase)
    return best


def _led(text: str) -> int:
    """Return how many people a phrase names, 0 where it names none."""
    found = _PEOPLE.search(text)
    if found is None:
        return 0
    number = found.group(1).strip()
    return int(number) if number.isdigit() else _MANY


def leads(words: str) -> bool:
    """Tell whether an occupation's name is of leading others."""
    return _SUPERVISES.search(words) is not None


def teaches(words: str) -> bool:
    """Tell whether an occupation's name is of teaching or assessing others."""
    return _INSTRUCTS.search(words) is not None


def uses_experience(words: str) -> bool:
    """Tell whether work lives off long practice: leading, inspecting, teaching."""
    return _SEASONED.search(words) is not None


def asked(listing: Listing) -> int | None:
    """Return the level a job asks for, None where it does not say what occupation it is."""
    if _SIMPLE_TITLE.search(listing.title):
        return 1
    if not listing.isco08:
        return None
    if _LED.search(listing.title):
        return _LEADS
    return _BY_MAJOR_GROUP.get(listing.isco08[0], _SKILLED)
