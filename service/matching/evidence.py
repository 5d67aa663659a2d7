"""Does what a person said meet what a listing asks? One requirement at a time.

A small learned model over how near the nearest phrase comes, in meaning and in words, and
over what the two have in common along each dimension of the encoder: cosines alone say that
driving a forklift and servicing one are close.
"""

import json
from collections.abc import Mapping, Sequence
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
class Held:
    """Which of p phrases hold what: `columns` of `held`, (p, n), by word or n-gram."""

    columns: Mapping[str, int]
    held: npt.NDArray[np.int64]

    @classmethod
    def of(cls, phrases: Sequence[frozenset[str]]) -> Self:
        """Index the phrases once, for the hundred requirements of an answer."""
        columns = {part: at for at, part in enumerate(frozenset[str]().union(*phrases))}
        held = np.zeros((len(phrases), len(columns)), dtype=np.int64)
        for row, parts in enumerate(phrases):
            held[row, [columns[part] for part in parts]] = 1
        return cls(columns, held)

    def shared(self, parts: frozenset[str]) -> npt.NDArray[np.int64]:
        """Return how many of these parts each phrase holds, (p,)."""
        columns = self.columns
        found: npt.NDArray[np.int64] = self.held[
            :, [columns[part] for part in parts if part in columns]
        ].sum(axis=1)
        return found


@dataclass(frozen=True, slots=True)
class PersonWords:
    """What a person said. whole: (d,); phrases: (p, d), p at least 1; lengths: (p,) in words."""

    whole: Vectors
    phrases: Vectors
    words: Held
    grams: Held
    lengths: npt.NDArray[np.int64]

    @classmethod
    def of(cls, whole: Vectors, phrases: Vectors, texts: Sequence[str]) -> Self:
        """Build from the phrases' vectors and texts."""
        words = [_words(one) for one in texts]
        return cls(
            whole=whole,
            phrases=phrases,
            words=Held.of(words),
            grams=Held.of([_grams(one) for one in texts]),
            lengths=np.array([len(one) for one in words], dtype=np.int64),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a listing asks for: vectors (k, d) and texts, the title first."""

    requirements: Vectors
    texts: tuple[str, ...]


def evidence_features(heard: PersonWords, asked: Asked) -> Floats:
    """Return a row for each requirement but the title, (k - 1, names + d)."""
    count = len(asked.texts)
    requirements = asked.requirements[1:count]
    cosines = heard.phrases @ asked.requirements[:count].T
    order = np.sort(cosines, axis=0)[::-1]
    nearest = cosines.argmax(axis=0)[1:]
    title = asked.requirements[0]
    found = np.empty((count - 1, len(NAMES) + requirements.shape[1]), dtype=np.float32)
    found[:, 0] = order[0, 1:]
    found[:, 1] = order[1, 1:] if len(order) > 1 else 0.0
    found[:, 2] = order[:3, 1:].mean(axis=0)
    found[:, 7] = requirements @ heard.whole
    found[:, 8] = order[0, 0]
    found[:, 9] = heard.whole @ title
    found[:, 10] = requirements @ title
    for row, (text, phrase) in enumerate(zip(asked.texts[1:], nearest.tolist(), strict=True)):
        words, grams = _words(text), _grams(text)
        shared, alike = heard.words.shared(words), heard.grams.shared(grams)
        found[row, 3:5] = np.array((shared[phrase], shared.max())) / max(len(words), 1)
        found[row, 5:7] = np.array((alike[phrase], alike.max())) / max(len(grams), 1)
        found[row, 11:13] = len(words) / 8, heard.lengths[phrase] / 20
    found[:, len(NAMES) :] = heard.phrases[nearest] * requirements
    return found


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
