"""Does what a person said meet what a listing asks? One requirement at a time.

A small learned model over how near the nearest phrase comes, in meaning and in words, and
over what the two have in common along each dimension of the encoder: cosines alone say that
driving a forklift and servicing one are close.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from service.domain.embedding import Vectors
from service.domain.text import fold

Floats = npt.NDArray[np.float32]

NAMES: Final = (
    "best",
    "second",
    "top3",
    "words",
    "words_any",
    "grams",
    "grams_any",
    "whole",
    "title",
    "whole_title",
    "title_requirement",
    "length",
    "phrase_length",
)
"""Column names of `evidence_features`; after them comes one column for each dimension."""

_STEM: Final = 5
_SMALL: Final = frozenset(
    """a an and or of the to in on for with by at from as is are be all any own use used using work
    worked working do did i my we our it its that this was were me they them he she his her not no
    can able""".split()  # noqa: SIM905 - fifty words in three lines, not in fifty
)


@dataclass(frozen=True, slots=True)
class PersonWords:
    """What a person said. whole: (d,); phrases: (p, d), p at least 1; words, grams: p of each."""

    whole: Vectors
    phrases: Vectors
    words: tuple[frozenset[str], ...]
    grams: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, whole: Vectors, phrases: Vectors, texts: Sequence[str]) -> Self:
        """Build from the phrases' vectors and texts."""
        return cls(
            whole, phrases, tuple(_words(one) for one in texts), tuple(_grams(one) for one in texts)
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a listing asks for: vectors (k, d) and texts, the title first."""

    requirements: Vectors
    texts: tuple[str, ...]


def evidence_features(heard: PersonWords, asked: Asked) -> Floats:
    """Return a row for each requirement but the title, (k - 1, names + d)."""
    cosines = heard.phrases @ asked.requirements.T
    order = np.sort(cosines, axis=0)[::-1]
    best = cosines.argmax(axis=0)
    title = asked.requirements[0]
    rows = []
    for column in range(1, len(asked.texts)):
        requirement, nearest = asked.requirements[column], int(best[column])
        words, grams = _words(asked.texts[column]), _grams(asked.texts[column])
        shared = [len(words & one) / max(len(words), 1) for one in heard.words]
        alike = [len(grams & one) / max(len(grams), 1) for one in heard.grams]
        scalars = (
            order[0, column],
            order[1, column] if len(order) > 1 else 0.0,
            order[:3, column].mean(),
            shared[nearest],
            max(shared),
            alike[nearest],
            max(alike),
            heard.whole @ requirement,
            order[0, 0],
            heard.whole @ title,
            title @ requirement,
            len(words) / 8,
            len(heard.words[nearest]) / 20,
        )
        common = heard.phrases[nearest] * requirement
        rows.append(np.concatenate([np.array(scalars, dtype=np.float32), common]))
    width = len(NAMES) + asked.requirements.shape[1]
    return np.array(rows, dtype=np.float32).reshape(len(rows), width)


@dataclass(frozen=True, slots=True)
class EvidenceScorer:
    """A logistic model over `evidence_features`; `met` is the chance from which one is met."""

    weights: Floats
    bias: float
    met: float

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read models/evidence/evidence.json; ValueError if it was made for other features."""
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if tuple(raw["names"]) != NAMES:
            raise ValueError(f"{path} was trained on other features: {raw['names']}")
        return cls(np.array(raw["weights"], dtype=np.float32), raw["bias"], raw["met"])

    def chances(self, heard: PersonWords, asked: Asked) -> Floats:
        """Return the chance that each requirement but the title is met, (k - 1,)."""
        return self.chance(evidence_features(heard, asked))

    def chance(self, features: Floats) -> Floats:
        """Return the chance for rows of `evidence_features`, (n, names + d) to (n,)."""
        found: Floats = 1 / (1 + np.exp(-(features @ self.weights + self.bias)))
        return found


@lru_cache(maxsize=50_000)
def _words(text: str) -> frozenset[str]:
    """Return a text's words by their first letters, which endings leave alone."""
    return frozenset(word[:_STEM] for word in fold(text).split() if word not in _SMALL)


@lru_cache(maxsize=50_000)
def _grams(text: str) -> frozenset[str]:
    padded = f" {fold(text)} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))
