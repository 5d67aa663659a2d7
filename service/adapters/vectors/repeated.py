"""Columns whose values come again and again, each kept once: texts, and vectors of texts.

A million vacancies say their titles and tasks many times over. What is kept here can be mapped
from files, and nothing of it is an object of the interpreter.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Halves = npt.NDArray[np.float16]
Keys = npt.NDArray[np.uint64]

_AT_ONCE: Final = 10_000


def key_of(text: str) -> int:
    """Return what a text is known by: of a million, two are mistaken once in 37 million times."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def within(starts: npt.NDArray[np.int64], rows: Rows) -> tuple[Rows, Rows]:
    """Return where the parts of these rows stand, one after the other, and how many each has.

    starts: (n + 1,), row i owns parts starts[i]..starts[i + 1].
    """
    sizes = starts[rows + 1] - starts[rows]
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return np.arange(int(sizes.sum())) + np.repeat(starts[rows] - first, sizes), sizes


def starting(sizes: Sequence[int] | Rows) -> npt.NDArray[np.int64]:
    """Return the offsets of parts that follow each other, (n + 1,)."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Union:
    """What becomes one of several tables of distinct values.

    kept: for each table, its rows that are taken, in order. which: the new numbers of what each
    table's users name, one after the other.
    """

    kept: list[Rows]
    which: npt.NDArray[np.int32]

    @classmethod
    def of(cls, keys: Sequence[Keys], which: Sequence[npt.NDArray[np.int32]]) -> Self:
        """Take the rows that are named of each table; of those with equal keys the first."""
        used = [_named(some, len(here)) for some, here in zip(which, keys, strict=True)]
        asked = [some[rows] for some, rows in zip(keys, used, strict=True)]
        flat = np.concatenate([np.zeros(0, np.uint64), *asked])
        _, first, group = np.unique(flat, return_index=True, return_inverse=True)
        # In the order in which they first stand there.
        order = np.argsort(first)
        number_of = np.empty(len(order), np.int32)
        number_of[order] = np.arange(len(order), dtype=np.int32)
        is_first = np.zeros(len(flat), np.bool_)
        is_first[first] = True
        ends = np.cumsum([len(some) for some in asked])
        kept, moved = [], [np.zeros(0, np.int32)]
        for some, rows, named, end in zip(keys, used, which, ends, strict=True):
            here = slice(end - len(rows), end)
            kept.append(rows[is_first[here]])
            numbers = np.empty(len(some), np.int32)
            numbers[rows] = number_of[group[here]]
            moved.append(numbers[named])
        return cls(kept, np.concatenate(moved))


def _named(which: npt.NDArray[np.int32], many: int) -> Rows:
    """Return which of `many` numbers stand in `which`, in order."""
    used = np.zeros(many, np.bool_)
    used[which] = True
    return np.flatnonzero(used)


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """n texts, equal ones once. which: (n,) their numbers among the u that differ.

    keys: (u,). letters: UTF-8, of text i from starts[i] to starts[i + 1].
    """

    which: npt.NDArray[np.int32]
    keys: Keys
    letters: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Take texts, of which many may be equal."""
        number = {text: at for at, text in enumerate(dict.fromkeys(texts))}
        packed = [text.encode("utf-8", "surrogatepass") for text in number]
        return cls(
            np.array([number[text] for text in texts], np.int32),
            np.array([key_of(text) for text in number], np.uint64),
            np.frombuffer(b"".join(packed), np.uint8),
            starting([len(one) for one in packed]),
        )

    def __len__(self) -> int:
        """Return the number of texts, equal ones each."""
        return len(self.which)

    def __getitem__(self, row: int) -> str:
        """Return the text of a row."""
        return self.distinct(int(self.which[row]))

    def distinct(self, number: int) -> str:
        """Return the text with a number."""
        letters = self.letters[self.starts[number] : self.starts[number + 1]]
        return letters.tobytes().decode("utf-8", "surrogatepass")

    def all_distinct(self) -> Iterator[str]:
        """Yield the texts that differ, by number."""
        for number in range(len(self.keys)):
            yield self.distinct(number)

    def where(self, holds: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
        """Return of which rows something holds, asked once of each text that differs."""
        known = np.fromiter(map(holds, self.all_distinct()), np.bool_, len(self.keys))
        return known[self.which]

    @classmethod
    def joined(cls, parts: Sequence[tuple[Self, Rows]]) -> Self:
        """Return these rows of each, one part after the other."""
        union = Union.of([one.keys for one, _ in parts], [one.which[rows] for one, rows in parts])
        kept = [(one, rows) for (one, _), rows in zip(parts, union.kept, strict=True)]
        letters = [
            one.letters[within(one.starts, rows[start : start + _AT_ONCE])[0]]
            for one, rows in kept
            for start in range(0, len(rows), _AT_ONCE)
        ]
        sizes = [np.diff(one.starts)[rows] for one, rows in kept]
        return cls(
            union.which,
            np.concatenate([np.zeros(0, np.uint64), *(one.keys[rows] for one, rows in kept)]),
            np.concatenate([np.zeros(0, np.uint8), *letters]),
            starting(np.concatenate([np.zeros(0, np.int64), *sizes])),
        )


@dataclass(frozen=True, slots=True, eq=False)
class SharedVectors:
    """Vectors of n listings, equal ones once: r in all, u that differ.

    distinct: (u, d). which: (r,) numbers of the distinct. starts: (n + 1,), listing i owns
    which[starts[i]]..which[starts[i + 1]].
    """

    distinct: Halves
    which: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, vectors: Sequence[npt.NDArray[Any]], dimensions: int) -> Self:
        """Take the vectors of each listing, (k, d)."""
        none = np.zeros((0, dimensions), np.float16)
        flat = np.concatenate([none, *(some.astype(np.float16) for some in vectors)])
        rows = np.arange(len(flat), dtype=np.int32)
        raw = cls(flat, rows, starting([len(some) for some in vectors]))
        return cls.joined([(raw, np.arange(len(vectors)))])

    def __len__(self) -> int:
        """Return the number of listings."""
        return len(self.starts) - 1

    def of_rows(self, rows: Rows) -> tuple[Halves, Rows]:
        """Return the vectors of these listings, one after the other, and how many each has."""
        flat, sizes = within(self.starts, rows)
        return self.distinct[self.which[flat]], sizes

    @classmethod
    def joined(cls, parts: Sequence[tuple[Self, Rows]]) -> Self:
        """Return those of these listings of each, one part after the other."""
        which, sizes = [], []
        for one, rows in parts:
            flat, some = within(one.starts, rows)
            which.append(one.which[flat])
            sizes.append(some)
        union = Union.of([_keys(one.distinct) for one, _ in parts], which)
        kept = [one.distinct[rows] for (one, _), rows in zip(parts, union.kept, strict=True)]
        return cls(
            np.concatenate(kept),
            union.which,
            starting(np.concatenate([np.zeros(0, np.int64), *sizes])),
        )


def _keys(vectors: Halves) -> Keys:
    """Return what each vector is known by, (n,): a digest of its bytes."""
    found = np.empty(len(vectors), np.uint64)
    for row, vector in enumerate(np.ascontiguousarray(vectors)):
        digest = blake2b(vector.data, digest_size=8).digest()
        found[row] = int.from_bytes(digest)
    return found
