"""What a person said about work, as the numbers that listings are scored with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from service.domain.embedding import NO_GRAMS, Grams, ManyGrams, Vectors

_FEW: Final = 4
"""Of so many others it is quicker to look up the shares that are kept than to spread them out."""


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """The k unit groups that each of r texts is nearest to, and how much of it belongs to each.

    groups: (r, k) columns among all g groups, the nearest first. parts: (r, k), as half floats
    hold them, so that a score is the same before and after they were kept.
    """

    groups: npt.NDArray[np.uint16]
    parts: Vectors

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.groups)

    def __getitem__(self, rows: slice | npt.NDArray[np.int64]) -> "Shares":
        """Return those of some of the texts."""
        return Shares(self.groups[rows], self.parts[rows])

    @classmethod
    def stacked(cls, some: Sequence["Shares"]) -> "Shares":
        """Put some one after the other, at least one."""
        # One person alone is the common case, and needs no copy.
        if len(some) == 1:
            return some[0]
        return cls(
            np.concatenate([one.groups for one in some]),
            np.concatenate([one.parts for one in some]),
        )

    def products(self, others: Vectors) -> Vectors:
        """Return the products with all shares of n others, (n, g), shape (r, n)."""
        if len(others) > _FEW:
            found: Vectors = self.among(others.shape[1]) @ others.T
            return found
        return np.stack(
            [np.einsum("rk,rk->r", other.take(self.groups), self.parts) for other in others], axis=1
        )

    def lengths(self) -> Vectors:
        """Return how long each text's shares are as a vector, (r,)."""
        found: Vectors = np.sqrt(np.einsum("rk,rk->r", self.parts, self.parts))
        return found

    def gathered(self, place: npt.NDArray[np.int64], width: int) -> Vectors:
        """Return the shares of `width` wider groups, (r, width), where group i is in place[i]."""
        at = place[self.groups] + width * np.arange(len(self))[:, None]
        sums = np.bincount(at.ravel(), self.parts.ravel(), minlength=len(self) * width)
        found: Vectors = sums.astype(np.float32).reshape(len(self), width)
        return found

    def among(self, width: int) -> Vectors:
        """Return the shares of all `width` groups, (r, width), 0 of those that are far."""
        dense = np.zeros((len(self), width), dtype=np.float32)
        np.put_along_axis(dense, self.groups.astype(np.int64), self.parts, axis=1)
        return dense


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A person's p work phrases, p at least 1, and all of them as one text.

    vectors: (1 + p, d), the whole first. shares: of the unit groups that each of the 1 + p is
    near. sure: cosine of the whole with the nearest unit group. years: the longest
    stretch of work that is named. present: (p,) whether a phrase says what is done now. grams: of
    the whole, of who is kept.
    """

    vectors: Vectors
    shares: Shares
    sure: float
    years: float
    present: npt.NDArray[np.bool_]
    grams: Grams | None = None

    @property
    def whole(self) -> Vectors:
        """All that was said, (d,)."""
        whole: Vectors = self.vectors[0]
        return whole

    @property
    def phrases(self) -> Vectors:
        """Each phrase, (p, d)."""
        phrases: Vectors = self.vectors[1:]
        return phrases


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """What m people said, one after the other: who is scored among many is never taken apart.

    vectors: (r, d) and shares of r texts, of each person the rows of their `Said`. starts: (m + 1,)
    row at which each person's begin, and r. sure, years: (m,). present: (r - m,), of the phrases.
    grams: of each, none of who has none at hand.
    """

    vectors: Vectors
    shares: Shares
    starts: npt.NDArray[np.int64]
    sure: npt.NDArray[np.float32]
    years: npt.NDArray[np.float32]
    present: npt.NDArray[np.bool_]
    grams: ManyGrams

    @classmethod
    def of(cls, people: Sequence[Said]) -> Self:
        """Put people one after the other, at least one."""
        return cls(
            vectors=_stacked([one.vectors for one in people]),
            shares=Shares.stacked([one.shares for one in people]),
            starts=np.cumsum([0, *(len(one.vectors) for one in people)]),
            sure=np.array([one.sure for one in people], np.float32),
            years=np.array([one.years for one in people], np.float32),
            present=np.concatenate([one.present for one in people]),
            grams=ManyGrams.of([one.grams or NO_GRAMS for one in people]),
        )

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.starts) - 1

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How many phrases each said, (m,)."""
        return np.diff(self.starts) - 1

    @property
    def firsts(self) -> npt.NDArray[np.int64]:
        """Where each person's phrases begin among all phrases, (m,)."""
        return self.starts[:-1] - np.arange(len(self))

    def each(self, rows: Vectors) -> list[Vectors]:
        """Return each person's of r rows."""
        return np.split(rows, self.starts[1:-1]) if len(self) else []

    def apart(self, rows: Vectors) -> tuple[Vectors, Vectors]:
        """Return what stands for wholes, (m, .), and for phrases, (r - m, .), of r rows."""
        if len(self) == 1:
            return rows[:1], rows[1:]
        return rows[self.starts[:-1]], np.delete(rows, self.starts[:-1], axis=0)


def _stacked(some: Sequence[Vectors]) -> Vectors:
    # One person alone is the common case, and needs no copy.
    return some[0] if len(some) == 1 else np.concatenate(some)
