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

from service.skills.letters import heard, sound

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?", re.UNICODE)  # noqa: RUF001 - both apostrophes
_LEAST_HEARD: Final = 3
"""Sounds a name must have; shorter ones sound like anything."""
_ALIKE: Final = 80.0
"""How alike a word and a name of the same consonants must be heard, in percent."""
_RUN = re.compile(r"\w+")
_ODD_CASES: Final = str.maketrans("\u0130\u0131\u017f\u212a", "iisk")
"""What a pattern takes for i, s or k whatever the case, and lower() does not."""
_SPACES = re.compile(r"\s+")
_ORPHANS = re.compile(r"\s+([,.;:!?])")


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """Words and phrases to be found in a text, whole and the longest first.

    first: what each of them begins with. Most texts hold none of these, and to look that up takes
    a hundredth of the time of the pattern, which tries every entry at every word.
    """

    pattern: re.Pattern[str]
    first: frozenset[str]

    @classmethod
    def of(cls, entries: Iterable[str]) -> Self:
        """Take entries, lower case."""
        longest = sorted(entries, key=lambda entry: (-len(entry), entry))
        found = "|".join(re.escape(entry) for entry in longest) or r"(?!)"
        pattern = re.compile(rf"(?<!\w)(?:{found})(?:['’]s)?(?!\w)", re.IGNORECASE)  # noqa: RUF001
        runs = [_RUN.match(entry) for entry in longest]
        # An entry that begins with a sign could stand anywhere.
        return cls(pattern, frozenset(run.group() if run else "" for run in runs))

    def may_be_in(self, text: str) -> bool:
        """Tell whether it is worth searching; never no where an entry is in the text."""
        if "" in self.first:
            return True
        return not self.first.isdisjoint(_RUN.findall(_lower(text)))


@dataclass(frozen=True, slots=True, eq=False)
class Neutraliser:
    """Replaces words. Compared by identity, so that what it made can be remembered.

    `entries` are found; `forms` maps each, "" drops it.

    faith: the words that name nothing but religion, which are dropped as well.
    sounds: how the names are heard, whatever letters they are written in, by their consonants.
    """

    entries: _Entries
    forms: Mapping[str, str]
    names: frozenset[str]
    faith: _Entries
    sounds: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, forms: Mapping[str, str], names: Iterable[str], faith: Iterable[str] = ()) -> Self:
        """Build from word → neutral form, names, and words of religion, all lower case."""
        dropped = dict.fromkeys(faith, "")
        every = {**forms, **dropped}
        known = frozenset(names)
        return cls(_Entries.of(every), every, known, _Entries.of(dropped), _sounds(known))

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
        if self.entries.may_be_in(text):
            text = self.entries.pattern.sub(self._form, text)
        return _tidy(text)

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
        return self.faith.may_be_in(text) and self.faith.pattern.search(text) is not None

    def _form(self, found: re.Match[str]) -> str:
        word = re.sub(r"['’]s$", "", _lower(found.group()))  # noqa: RUF001 - both apostrophes
        return self.forms[word]

    def _is_name(self, word: str) -> bool:
        return re.sub(r"['’]s$", "", word.lower()) in self.names  # noqa: RUF001


def _lower(text: str) -> str:
    return (text if text.isascii() else text.translate(_ODD_CASES)).lower()


def _sounds(names: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name in names:
        if len(own := heard(name)) >= _LEAST_HEARD:
            found.setdefault(sound(name), set()).add(own)
    return {consonants: frozenset(heard_as) for consonants, heard_as in found.items()}


def _tidy(text: str) -> str:
    return _ORPHANS.sub(r"\1", _SPACES.sub(" ", text)).strip(" ,;:")
