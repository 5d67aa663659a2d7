"""Which of its meanings a form has beside these other words.

"Karahi" is a pan in a kitchen and embroidery beside a shirt. What speaks for a meaning: that it was
meant in spoken sentences before, that it lies near the rest of the phrase, that the form's words
were learned to mean so, and what kind of thing it is. The weights were learned from sentences that
had been left out (`python -m models.bridge.senses`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, prod
from pathlib import Path
from statistics import fmean
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from service.skills.guesses import Logistic

KINDS: Final = (
    "everyday",
    "learned",
    "word",
    "occupation",
    "duty",
    "skill",
    "tool",
    "machine",
    "material",
    "place",
    "slang",
    "certificate",
    "life",
)
_KIND_AT: Final = {kind: at for at, kind in enumerate(KINDS)}
_MOST_WORDS: Final = 3
_STEM: Final = 4
_LEAST_AROUND: Final = 0.1
_MOST_SAID: Final = 4
_LEAST_MISS: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for one meaning of a form.

    words: of the form. english: words of the meaning. rank: its place among the form's meanings,
    of which there are `rivals`. seen: spoken sentences the form stood in; meant: those whose
    English says this. near: cosine to the rest of the phrase, None where there is none. taught:
    how sure the form's word was learned to mean this, below 0 where it was to mean another.
    """

    kind: str
    words: int
    english: int
    rank: int
    rivals: int
    seen: int
    meant: int
    near: float | None
    taught: float

    def features(self) -> list[float]:
        """Return what the chance is read off, in the order of the learned weights."""
        kinds = [0.0] * len(KINDS)
        kinds[_KIND_AT[self.kind]] = 1.0
        share = (self.meant + 0.5) / (self.seen + 1)
        return [
            *kinds,
            float(min(self.words, _MOST_WORDS)),
            float(min(self.english, _MOST_WORDS)),
            float(self.rank > 0),
            log(self.rivals),
            log(share / (1 - share)) if self.seen else 0.0,
            float(self.seen == 0),
            self.near if self.near is not None else 0.0,
            float(self.near is None),
            max(self.taught, 0.0),
            max(-self.taught, 0.0),
        ]


@dataclass(frozen=True, slots=True)
class PhraseSigns:
    """What speaks for a phrase having been understood.

    sure: the chances of the words that say something, as shown. known: 0..1, how much of the
    phrase has a meaning. guessed: share of those words that were guessed. work: whether a concept
    of work is among them. near: how near they lie to each other, None for fewer than two.
    """

    sure: tuple[float, ...]
    known: float
    guessed: float
    work: bool
    near: float | None

    def features(self) -> list[float]:
        """Return what the chance is read off, in the order of the learned weights."""
        most = sorted(self.sure, reverse=True)
        misses = [1 - one for one in self.sure]
        return [
            float(min(len(most), _MOST_SAID)),
            float(not most),
            most[0] if most else 0.0,
            most[1] if len(most) > 1 else 0.0,
            most[-1] if most else 0.0,
            fmean(most) if most else 0.0,
            log(max(prod(misses), _LEAST_MISS)) if most else 0.0,
            self.known,
            self.guessed,
            float(self.work),
            self.near if self.near is not None else 0.0,
            float(self.near is None),
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Senses:
    """Gives the chance that a form means this beside these words.

    rows: English → row of vectors, (n, d), unit. usual: by language, form → in how many spoken
    sentences it stood, and English → in how many of them it was meant. word: the chance that a
    meaning is said; choice: which of several is; phrase: the chance that a phrase is understood.
    """

    rows: Mapping[str, int]
    vectors: npt.NDArray[np.float32]
    usual: Mapping[str, Mapping[str, tuple[int, Mapping[str, int]]]]
    word: Logistic
    choice: Logistic
    phrase: Logistic

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read senses.json and senses.npy of models/bridge."""
        raw = json.loads((folder / "senses.json").read_text(encoding="utf-8"))
        return cls(
            {english: row for row, english in enumerate(raw["english"])},
            unit(np.load(folder / "senses.npy")),
            raw["usual"],
            *(
                Logistic(tuple(raw[name]["weights"]), raw[name]["intercept"])
                for name in ("word", "choice", "phrase")
            ),
        )

    def around(self, english: Sequence[str | None]) -> npt.NDArray[np.float32]:
        """Return for each word of a phrase the unit vector of all others, (n, d); or zeros."""
        rows = [self.rows.get(one) if one else None for one in english]
        own = np.zeros((len(rows), self.vectors.shape[1]), dtype=np.float32)
        known = [at for at, row in enumerate(rows) if row is not None]
        own[known] = self.vectors[[row for row in rows if row is not None]]
        others: npt.NDArray[np.float32] = own.sum(axis=0) - own
        lengths = np.linalg.norm(others, axis=1, keepdims=True)
        others /= np.maximum(lengths, 1e-3)
        others[lengths[:, 0] < _LEAST_AROUND] = 0.0
        return others

    def near(self, english: str, around: npt.NDArray[np.float32]) -> float | None:
        """Return the cosine of a meaning to what stands around it; None where nothing does."""
        row = self.rows.get(english)
        return None if row is None or not around.any() else float(self.vectors[row] @ around)


def unit(table: npt.NDArray[np.int8]) -> npt.NDArray[np.float32]:
    """Return rows of length 1, (n, d)."""
    vectors = table.astype(np.float32)
    found: npt.NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


def overlap(a: str, b: str) -> bool:
    """Tell whether two English texts share a word, endings aside."""
    own = {word[:_STEM] for word in a.split() if len(word) >= _STEM or word in b.split()}
    return any(word[:_STEM] in own for word in b.split())
