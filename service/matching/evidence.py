"""Does what a person said meet what a listing asks? One requirement at a time.

A small learned model over how near the nearest phrase comes, in meaning and in words, and
over what the two have in common along each dimension of the encoder: cosines alone say that
driving a forklift and servicing one are close.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
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

_FEW: Final = 150
"""As few pairs of texts are compared one by one sooner than all of them at once."""
_STEM: Final = 5
_TOP: Final = 3
_SMALL: Final = frozenset(
    """a an and or of the to in on for with by at from as is are be all any own use used using work
    worked working do did i my we our it its that this was were me they them he she his her not no
    can able""".split()  # noqa: SIM905 - fifty words in three lines, not in fifty
)


@dataclass(frozen=True)
class Held:
    """Which of p phrases hold what: words or n-grams."""

    phrases: Sequence[frozenset[str]]

    def shared(self, many: Sequence[frozenset[str]]) -> Floats:
        """Return how many parts of each of k texts each phrase holds, (p, k)."""
        if len(self.phrases) * len(many) <= _FEW:
            counts = [[len(parts & one) for parts in many] for one in self.phrases]
            return np.array(counts, dtype=np.float32).reshape(len(self.phrases), len(many))
        columns, held = self._spread
        found: Floats = held @ _spread(columns, many).T
        return found

    @cached_property
    def _spread(self) -> tuple[Mapping[str, int], Floats]:
        """What the phrases hold as columns, made once for the hundred requirements of an answer."""
        columns = {part: at for at, part in enumerate(frozenset[str]().union(*self.phrases))}
        return columns, _spread(columns, self.phrases)


def _spread(columns: Mapping[str, int], many: Sequence[frozenset[str]]) -> Floats:
    """Return which of n columns each of k texts holds, (k, n), as ones among zeros."""
    places = [
        row * len(columns) + at
        for row, parts in enumerate(many)
        for part in parts
        if (at := columns.get(part)) is not None
    ]
    flat = np.zeros(len(many) * len(columns), dtype=np.float32)
    flat[places] = 1
    return flat.reshape(len(many), len(columns))


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
            words=Held(words),
            grams=Held([_grams(one) for one in texts]),
            lengths=np.array([len(one) for one in words], dtype=np.int64),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a listing asks for: vectors (k, d) and texts, the title first."""

    requirements: Vectors
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """How a listing's k texts are answered by what a person said.

    nearest: (k,) row of the nearest phrase; cosine: (k,) with it; chance: (k - 1,) that each
    requirement but the title is met.
    """

    nearest: npt.NDArray[np.int64]
    cosine: Floats
    chance: Floats


@dataclass(frozen=True, slots=True)
class _Together:
    """The texts of several listings one after the other, k in all.

    cosines: (p, k). starts: (listings,) where each begins. rows: those that are no title. titles:
    of each of these its listing's title.
    """

    vectors: Vectors
    texts: list[str]
    cosines: Vectors
    nearest: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    titles: npt.NDArray[np.int64]

    @classmethod
    def of(cls, heard: PersonWords, asked: Sequence[Asked]) -> Self:
        sizes = np.array([len(one.texts) for one in asked], dtype=np.int64)
        starts = np.cumsum(sizes) - sizes
        vectors = np.concatenate([one.requirements[: len(one.texts)] for one in asked])
        rows = np.delete(np.arange(sizes.sum()), starts)
        cosines = heard.phrases @ vectors.T
        return cls(
            vectors=vectors,
            texts=[text for one in asked for text in one.texts],
            cosines=cosines,
            nearest=cosines.argmax(axis=0),
            starts=starts,
            rows=rows,
            titles=np.repeat(starts, sizes - 1),
        )


def evidence_features(heard: PersonWords, asked: Sequence[Asked]) -> Floats:
    """Return a row for each requirement of each listing but its title, (n, names + d)."""
    return _features(heard, _Together.of(heard, asked))


def _features(heard: PersonWords, all_: _Together) -> Floats:
    rows, titles, phrase = all_.rows, all_.titles, all_.nearest[all_.rows]
    requirements = all_.vectors[rows]
    best = np.sort(all_.cosines, axis=0)[::-1][:_TOP]
    wholes = all_.vectors @ heard.whole
    found = np.empty((len(rows), len(NAMES) + requirements.shape[1]), dtype=np.float32)
    found[:, 0] = best[0, rows]
    found[:, 1] = best[1, rows] if len(best) > 1 else 0.0
    found[:, 2] = best[:, rows].sum(axis=0) / len(best)
    for column, held, parts in (
        (3, heard.words, [_words(all_.texts[row]) for row in rows.tolist()]),
        (5, heard.grams, [_grams(all_.texts[row]) for row in rows.tolist()]),
    ):
        shared = held.shared(parts)
        sizes = np.array([len(one) for one in parts], dtype=np.float32)
        some = np.maximum(sizes, 1)
        found[:, column] = shared[phrase, np.arange(len(rows))] / some
        found[:, column + 1] = shared.max(axis=0) / some
        if held is heard.words:
            found[:, 11] = sizes / 8
    found[:, 7] = wholes[rows]
    found[:, 8] = best[0, titles]
    found[:, 9] = wholes[titles]
    found[:, 10] = np.einsum("nd,nd->n", requirements, all_.vectors[titles])
    found[:, 12] = heard.lengths[phrase] / 20
    np.multiply(heard.phrases[phrase], requirements, out=found[:, len(NAMES) :])
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

    def answered(self, heard: PersonWords, asked: Sequence[Asked]) -> list[Answered]:
        """Hold what some listings ask for against what a person said, all at once."""
        if not asked:
            return []
        all_ = _Together.of(heard, asked)
        cosine = all_.cosines[all_.nearest, np.arange(len(all_.nearest))]
        chances = self.chance(_features(heard, all_))
        ends = all_.starts[1:]
        return [
            Answered(*of_one)
            for of_one in zip(
                np.split(all_.nearest, ends),
                np.split(cosine, ends),
                # Each listing before it has a title, which has no chance.
                np.split(chances, ends - np.arange(1, len(asked))),
                strict=True,
            )
        ]

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
