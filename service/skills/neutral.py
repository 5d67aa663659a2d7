"""Take out of words what must not be ranked on: names, gender, religion.

A gendered job title becomes its neutral form, so that a salesman and a saleswoman say the
same; a name or a religion leaves nothing behind.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from rapidfuzz import fuzz

from service.skills.entries import Entries, lower
from service.skills.letters import heard, sound

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?", re.UNICODE)  # noqa: RUF001 - both apostrophes
_LEAST_HEARD: Final = 3
"""Sounds a name must have; shorter ones sound like anything."""
_ALIKE: Final = 80.0
"""How alike a word and a name of the same consonants must be heard, in percent."""
_SPACES = re.compile(r"\s+")
_ORPHANS = re.compile(r"\s+([,.;:!?])")


@dataclass(frozen=True, slots=True, eq=False)
class Neutraliser:
    """Replaces words. Compared by identity, so that what it made can be remembered.

    `entries` are found; `forms` maps each, "" drops it.

    faith: the words that name nothing but religion, which are dropped as well.
    sounds: how the names are heard, whatever letters they are written in, by their consonants.
    """

    entries: Entries
    forms: Mapping[str, str]
    names: frozenset[str]
    faith: Entries
    sounds: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, forms: Mapping[str, str], names: Iterable[str], faith: Iterable[str] = ()) -> Self:
        """Build from word → neutral form, names, and words of religion, all lower case."""
        dropped = dict.fromkeys(faith, "")
        every = {**forms, **dropped}
        known = frozenset(names)
        return cls(_whole(every), every, known, _whole(dropped), _sounds(known))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read neutral_words.csv, names.txt and religion_words.txt from data/lexicon."""
        with (folder / "neutral_words.csv").open(encoding="utf-8", newline="") as file:
            forms = {row["word"]: row["neutral"] for row in csv.DictReader(file)}
        names = (folder / "names.txt").read_text(encoding="utf-8").split()
        faith = (folder / "religion_words.txt").read_text(encoding="utf-8").splitlines()
        return cls.of(forms, names, faith)

    def words(self, text: str) -> str:
        """Return the text with gendered and religious words neutral or gone."""
        return _tidy(self.entries.replaced(text, self._form))

    def person(self, text: str) -> str:
        """Return the text without names as well: for what people say, not for listings."""
        without = _WORD.sub(
            lambda found: "" if self._is_name(found.group()) else found.group(), text
        )
        return self.words(without)

    def sounds_like_a_name(self, word: str) -> bool:
        """Tell whether a word of any script sounds like a name of the list."""
        own = heard(word)
        near = self.sounds.get(sound(word), ())
        return any(fuzz.ratio(own, name) >= _ALIKE for name in near)

    def speaks_of_faith(self, text: str) -> bool:
        """Tell whether a text holds a word that names nothing but religion."""
        return self.faith.are_in(text)

    def _form(self, found: re.Match[str]) -> str:
        word = re.sub(r"['’]s$", "", lower(found.group()))  # noqa: RUF001 - both apostrophes
        return self.forms[word]

    def _is_name(self, word: str) -> bool:
        return re.sub(r"['’]s$", "", word.lower()) in self.names  # noqa: RUF001


def _whole(entries: Iterable[str]) -> Entries:
    return Entries.of(entries, after=r"(?:['’]s)?")  # noqa: RUF001 - both apostrophes


def _sounds(names: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name in names:
        if len(own := heard(name)) >= _LEAST_HEARD:
            found.setdefault(sound(name), set()).add(own)
    return {consonants: frozenset(heard_as) for consonants, heard_as in found.items()}


def _tidy(text: str) -> str:
    return _ORPHANS.sub(r"\1", _SPACES.sub(" ", text)).strip(" ,;:")
