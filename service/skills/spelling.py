"""Put right words of work that are spelt as they sound: "elektrisian", "matirial", "cluch".

Only for the encoder: what is shown stays as written. A word is changed only when no English
dictionary, no list of names and nothing the team has written knows it, and a word of work lies
within a slip of it, or within two and sounds alike; a word with a capital letter, often a brand,
is left alone, and so is one that an English word of no trade lies nearer to ("becouse").
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final, Self

from rapidfuzz.distance import DamerauLevenshtein
from symspellpy import SymSpell, Verbosity

_WORD: Final = re.compile(r"(?<![\w'’-])[a-z]{5,}(?![\w'’-])")  # noqa: RUF001 - both apostrophes
_SHORT: Final = 6
"""Letters up to which one slip is the most that is put right; two in longer words."""
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_SOUNDS: Final = str.maketrans(
    {"c": "k", "q": "k", "z": "s", "w": "v", **dict.fromkeys("aeiouyh", "")}
)


@dataclass(frozen=True, slots=True, eq=False)
class Speller:
    """`work` finds words of work near a wrong one; `known` are never changed."""

    work: SymSpell
    known: frozenset[str]

    @classmethod
    def of(cls, work: Mapping[str, int], known: Iterable[str]) -> Self:
        """Build from words of work with how often they are used, and other words that exist."""
        finder = SymSpell(max_dictionary_edit_distance=2)
        for word, count in work.items():
            finder.create_dictionary_entry(word, count)
        return cls(finder, frozenset(known) | frozenset(work))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read work_words.csv and names.txt from data/lexicon; the dictionary comes packaged."""
        with (folder / "work_words.csv").open(encoding="utf-8", newline="") as file:
            work = {row["word"]: int(row["texts"]) for row in csv.DictReader(file)}
        with (folder / "neutral_words.csv").open(encoding="utf-8", newline="") as file:
            gendered = {part for row in csv.DictReader(file) for part in row["word"].split()}
        names = (folder / "names.txt").read_text(encoding="utf-8").split()
        return cls.of(work, {*english_words(), *gendered, *names})

    def words(self, text: str) -> str:
        """Return the text with misspelt words of work put right."""
        return _WORD.sub(lambda found: self._right(found.group()), text)

    def _right(self, word: str) -> str:
        if word in self.known:
            return word
        slips = 1 if len(word) <= _SHORT else 2
        # People get the first letter right; what starts otherwise is another word.
        near = [
            one
            for one in self.work.lookup(word, Verbosity.ALL, max_edit_distance=slips)
            if one.term[0] == word[0]
        ]
        if not near:
            return word
        best = near[0]
        if best.distance > 1 and (
            DamerauLevenshtein.distance(_sound(word), _sound(best.term)) > 1
            or any(other in self.known for other in _one_slip(word))
        ):
            return word
        return str(best.term)


def _sound(word: str) -> str:
    """Return a word's consonants by sound: what stays when people write as they hear."""
    return re.sub(r"(.)\1+", r"\1", word.translate(_SOUNDS))


def _one_slip(word: str) -> Iterator[str]:
    """Yield what a word may be with one letter dropped, changed, added or swapped."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in _LETTERS:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Return the words of the dictionary that comes with symspellpy."""
    text = files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt")
    lines = text.read_text(encoding="utf-8-sig").splitlines()
    return frozenset(line.split(" ", 1)[0] for line in lines)
