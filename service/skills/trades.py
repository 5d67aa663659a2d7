"""Names of trades in English words: who says "mason" means one, whatever its vector lies near.

An encoder puts "mason" nearest to construction supervisors, because both are about building. The
lexicon of work knows which occupation a word names.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from service.domain.embedding import Vectors
from service.domain.text import skeleton

_OCCUPATION: Final = "occupation"
_LITTLE_WORD: Final = "word"
_MOST_WORDS: Final = 5
_SAME_TRADE: Final = 0.5
"""Share of the names ending in a word that its own group must have."""
_SAID_ALONE: Final = {"driver": "8322"}
"""Words that end the names of many trades, and what who says no more than that has driven."""
# How near a trade that is named must lie, beside the nearest; how near it then is at least, and
# how far ahead of the groups that were nearest before.
_NAMED_NEAR: Final = 0.6
_NAMED: Final = 0.55
_AHEAD: Final = 0.05


@dataclass(frozen=True, slots=True)
class TradeNames:
    """ISCO-08 unit groups by the English names of their trades, in `skeleton` spelling.

    alone: by words that mean it only where nothing else is said.
    """

    groups: Mapping[str, str]
    alone: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the occupations of concepts.csv, with the other names they go by.

        A name that stands for anything else as well ("helper") names none; nor does a single
        word that ends the names of many other trades ("operator", "cutter").
        """
        meant: dict[str, set[str]] = defaultdict(set)
        occupations: dict[str, str] = {}
        with (folder / "concepts.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                names = {skeleton(one) for one in (row["english"], *row["also"].split("|"))}
                if row["kind"] == _OCCUPATION and row["isco"]:
                    occupations |= dict.fromkeys(names, row["isco"])
                if row["kind"] != _LITTLE_WORD:
                    for name in names:
                        meant[name].add(row["isco"])
        groups = {name: code for name, code in occupations.items() if len(meant[name]) == 1}
        ending = defaultdict(list)
        for name, code in occupations.items():
            ending[name.split()[-1] if name else ""].append(code)
        telling = {
            name: code
            for name, code in groups.items()
            if " " in name or ending[name].count(code) >= _SAME_TRADE * len(ending[name])
        }
        return cls(telling, groups | _SAID_ALONE)

    def led(self, texts: Sequence[str], affinity: Vectors, codes: Sequence[str]) -> Vectors:
        """Put the trades that texts name ahead of what their vectors lie nearest to.

        texts: n phrases, as the encoder gets them. affinity: (n, g) cosines with the unit groups
        `codes`. Returns (n, g). A trade that lies far off stays there: it is another's name in
        these words (a tile cutter cuts no garments).
        """
        found = affinity.copy()
        for line, text in zip(found, texts, strict=True):
            nearest = float(line.max(initial=0.0))
            named = [codes.index(one) for one in self.named_in(text)]
            for at in [one for one in named if line[one] >= _NAMED_NEAR * nearest]:
                # Of several the nearest stays ahead of the others.
                line[at] = max(nearest, _NAMED) + _AHEAD * line[at] / nearest
        return found

    def named_in(self, text: str) -> list[str]:
        """Return the unit groups of the trades a text names, the longest names first read."""
        said = skeleton(text).split()
        if len(said) == 1 and said[0] in self.alone:
            return [self.alone[said[0]]]
        found: dict[str, None] = {}
        at = 0
        while at < len(said):
            most = min(_MOST_WORDS, len(said) - at)
            sizes = range(most, 0, -1)
            size = next((one for one in sizes if self._at(said, at, one) in self.groups), 0)
            if size:
                found.setdefault(self.groups[self._at(said, at, size)])
            at += max(size, 1)
        return list(found)

    @staticmethod
    def _at(said: list[str], at: int, size: int) -> str:
        return " ".join(said[at : at + size])
