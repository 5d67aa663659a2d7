"""What machine a maker's name stands for: "ran Komatsu PC200" is said of an excavator.

Whoever drove one for years calls it by its maker, and an encoder takes the number for a computer.
Only for the encoder: what is shown stays as written.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_MODEL: Final = r"(?:[ -]?(?:[a-z]{1,3}-?\d{1,4}|\d{3})[a-z]{0,3}\b)"
"""A number behind a few letters, or one of three digits: RT880, 320D. "A cat 5 years" is a cat."""
_PIECE: Final = re.compile(r"[^\W\d_]+|\d+")
_LEAST: Final = 4
_LONG: Final = 5
"""Letters of a name that stands for no word in any language that is typed in Latin letters."""


@dataclass(frozen=True, slots=True, eq=False)
class Makers:
    """Machines by their maker in lower case: `numbered` with a model's number behind it only.

    first: the letters or digits that each name begins with.
    """

    numbered: Mapping[str, str]
    plain: Mapping[str, str]
    first: frozenset[str]
    pattern: re.Pattern[str]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read makers.csv; of a name that is a word as well only with a model's number."""
        numbered: dict[str, str] = {}
        plain: dict[str, str] = {}
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                (numbered if row["number"] else plain)[row["name"].lower()] = row["machine"]
        return cls.of(numbered, plain)

    @classmethod
    def of(cls, numbered: Mapping[str, str], plain: Mapping[str, str]) -> Self:
        """Take makers in lower case with their machines: with a model's number, and without."""
        names = sorted({*numbered, *plain}, key=lambda name: (-len(name), name))
        one_of = "|".join(re.escape(name) for name in names) or "(?!)"
        first = frozenset(_PIECE.findall(name)[0] for name in names)
        return cls(
            numbered, plain, first, re.compile(rf"\b({one_of})({_MODEL}*)(?!\w)", re.IGNORECASE)
        )

    def anywhere(self) -> dict[str, str]:
        """Return the machines by the names that stand for them in whatever language."""
        return {name: machine for name, machine in self.plain.items() if len(name) >= _LONG}

    def said(self, text: str) -> str:
        """Return a text with the machines that makers and models stand for.

        The maker stays, as listings may name it; the model's number goes.
        """
        # Most texts name none, and to look that up takes a tenth of the time of the pattern.
        if self.first.isdisjoint(_PIECE.findall(text.lower())):
            return text
        return self.pattern.sub(self._machine, text)

    def _machine(self, found: re.Match[str]) -> str:
        name, model = found.group(1).lower(), found.group(2)
        machine = self.numbered.get(name) if model else None
        machine = machine or self.plain.get(name)
        if machine is None:
            return found.group()
        # "JCB backhoe loader" names the machine already.
        beside = (found.string[: found.start()] + found.string[found.end() :]).lower()
        known = all(word in beside for word in machine.split() if len(word) >= _LEAST)
        if known:
            return found.group(1)
        # What is a word as well would be taken for it: a "Cat excavator" for an animal.
        kept = [one for one in found.group(1).split() if not any(map(str.isdigit, one))]
        maker = "" if name.split()[0] in self.numbered else " ".join(kept)
        return f"{maker} {machine}".strip()
