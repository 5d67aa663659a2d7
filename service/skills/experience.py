"""How long someone has worked and what they do now, as far as their words say."""

import re
from collections.abc import Sequence
from typing import Final

from service.domain.match import Phrase

_UNITS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS: Final = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty")
_NUMBERS: Final = (
    {word: number for number, word in enumerate(_UNITS, start=1)}
    | {word: number for number, word in enumerate(_TEENS, start=10)}
    | {word: 10 * number for number, word in enumerate(_TENS, start=2)}
    | {
        f"{tens} {unit}": 10 * ten + one
        for ten, tens in enumerate(_TENS, start=2)
        for one, unit in enumerate(_UNITS, start=1)
    }
)
_WORDS: Final = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_LONG: Final = r"\s*(?:\+|plus|long|full|whole|and (?:a )?half)?\s*"
_NOBODYS_AGE: Final = r"\b(?!\W*(?:old|of age|boy|girl|child))"
_YEARS: Final = re.compile(
    rf"(?<![\w.])(\d{{1,2}}(?:\.\d)?|{_WORDS}){_LONG}"
    rf"(?:years?|yrs?|yers?|contracts?|seasons?){_NOBODYS_AGE}"
)
STRETCH: Final = re.compile(
    rf"(?<![\w.])(?:(?:for|since|about|around|nearly|almost|over|more than|the last|last|past)\s+)*"
    rf"(?:\d{{1,2}}(?:\.\d)?|{_WORDS}){_LONG}"
    rf"(?:years?|yrs?|yers?|months?|seasons?|contracts?){_NOBODYS_AGE}",
    re.IGNORECASE,
)
"""A stretch of time with the words that lead to it."""
_AGE: Final = re.compile(r"\b(?:age[ds]?|son|daughter|boy|girl|child)\W+(?:\w+\W+){0,2}$")
_MOST: Final = 60
_NOW: Final = re.compile(
    r"\b(?:now|nowadays|now ?a ?days|these days|at present|at the moment|currently|presently|today|"
    r"for the time being|since (?:\w+ )?(?:came|come|coming|return\w*)|"
    r"after (?:i |he |she )?(?:came|coming|return\w*)|back home|at home here)\b",
    re.IGNORECASE,
)
_BARE: Final = 4
"""Words up to which a phrase only says when: "these days" of "these days, I sell caps"."""


def years_said(words: str) -> float:
    """Return the longest stretch of years the words name, 0 where they name none.

    Ages are not years of work; contracts and seasons are: sailors and farm hands reckon in them.
    """
    plain = words.casefold().replace("-", " ")
    stretches = [
        float(_NUMBERS.get(found.group(1)) or found.group(1))
        for found in _YEARS.finditer(plain)
        if not _AGE.search(plain, max(0, found.start() - 30), found.start())
    ]
    return max((one for one in stretches if one <= _MOST), default=0.0)


def done_now(phrases: Sequence[Phrase]) -> list[bool]:
    """Tell of each phrase about work whether it says what is done at present.

    phrases: all phrases in order; a phrase that only says when speaks for the one behind it.
    """
    found, waiting = [], False
    for phrase in phrases:
        says_now = _NOW.search(phrase.text) is not None
        if phrase.work:
            found.append(says_now or waiting)
        waiting = says_now and len(phrase.text.split()) <= _BARE
    return found
