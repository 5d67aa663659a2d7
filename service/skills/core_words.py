"""What a phrase says was done, and not how: "carpenter" of "I was a carpenter in Oman"."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from service.skills.entries import Entries
from service.skills.experience import STRETCH

_SAID: Final = re.compile(
    r"\b(?:(?:i|we|he|she|they)(?:['’](?:m|ve|d))?|am|was|were|been|being|have|has|had|"  # noqa: RUF001
    r"knows?(?: how to)?|knew|can|could|able to|used to|did|does|do|doing|done|"
    r"work(?:ing|ed)? (?:there )?as|worked|stayed|remained|also|too|there|as an?)\b",
    re.IGNORECASE,
)
_AROUND: Final = re.compile(
    r"^(?:\W|\b(?:an?|the|of|in|at|for|and|with|from|about|as|then|total|some|last|past)\b)+|"
    r"(?:\W|\b(?:an?|the|of|in|at|for|and|with|from|about|experience|exp)\b)+$",
    re.IGNORECASE,
)
_SPACES: Final = re.compile(r"\s+")
_WHERE: Final = r"(?:\b(?:in|at|from|of|to)\s+)?(?:\bthe\s+)?"
_WHO: Final = r"(?:\b(?:i|we|my|our|the|am|was|have|had|so|now|then|because)\s+)*"
_SINCE: Final = r"(?:\s+(?:at home|now|again|also|too))*"


@dataclass(frozen=True, slots=True, eq=False)
class CoreWords:
    """places: names of countries, regions and cities. life: what befell somebody, in English."""

    places: Entries
    life: Entries

    @classmethod
    def of(cls, places: Iterable[str], life: Iterable[str] = ()) -> Self:
        """Take names of places, and what is said of life."""
        return cls(Entries.of(places, before=_WHERE), Entries.of(life, before=_WHO, after=_SINCE))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read places.csv and life.csv of data/lexicon/work."""
        return cls.of(_forms(folder / "places.csv", "said"), _forms(folder / "life.csv", "en"))

    def without_life(self, text: str) -> str:
        """Return English without what befell its speaker: came home, sits idle, fell ill.

        It says nothing of what anybody can do, and much of it looks like work: "my children go to
        school". Empty where nothing else is said.
        """
        left = self.life.replaced(text, " ")
        if left == text:
            return text
        return _SPACES.sub(" ", left).strip() if _letters(self._core(left)) else ""

    def of_phrase(self, phrase: str) -> str:
        """Return a phrase of English without who, where and how long; as it is if no more is said.

        The words around a trade weigh as much as the trade in so short a phrase's vector.
        """
        core = self._core(phrase)
        return core if _letters(core) else phrase

    def _core(self, phrase: str) -> str:
        core = STRETCH.sub(" ", self.places.replaced(phrase, " "))
        return _AROUND.sub("", _SPACES.sub(" ", _SAID.sub(" ", core)))


def _letters(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


def _forms(path: Path, column: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [form for row in csv.DictReader(file) for form in row[column].split("|") if form]
