"""What an index is asked and what it gives back: a wide pool, ready to be scored."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from service.domain.eligibility import Eligibility
from service.domain.embedding import Vectors


@dataclass(frozen=True, slots=True)
class Ask:
    """One pool wanted: listings that `eligible` lets through and `but_not` does not.

    `size` bounds it: the whole text, its phrases together and the lexical channel each
    add about that many listings at most.
    """

    eligible: Eligibility
    size: int
    but_not: Eligibility | None = None


@dataclass(frozen=True, slots=True)
class PoolQuery:
    """A wide search. `vectors`: (q, d), the whole work text first, then its phrases.

    `words` feeds the lexical channel.
    """

    vectors: Vectors
    words: str
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """Candidates as columns, in no promised order; n of them with r requirements in all.

    ids: n listing ids. whole: (n, d) unit vectors of the listings' texts. lexical: (n,)
    cosine of the words asked for in character n-gram space. occupation: (n,) stated ISCO-08
    code as a number of four digits, -1 where unknown. kind: (n,) place in the order of `Kind`.
    countries: n ISO 3166-1 codes. assesses: (n,) whether a training assesses what people can do
    already, instead of teaching it.
    requirements: (r, d) unit vectors, each listing's title first, then what it asks for.
    starts: (n + 1,) offsets into `requirements`; listing i owns rows starts[i]..starts[i + 1].
    """

    ids: tuple[str, ...]
    whole: Vectors
    occupation: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int8]
    lexical: npt.NDArray[np.float32]
    requirements: Vectors
    starts: npt.NDArray[np.int64]
    countries: tuple[str, ...] = ()
    assesses: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))


def joined(parts: Sequence[Pool], dimensions: int) -> Pool:
    """Return several pools as one; without any, an empty one."""
    if not parts:
        none = np.zeros(0, dtype=np.float32)
        empty = np.zeros((0, dimensions), dtype=np.float32)
        nowhere, kindless = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int8)
        return Pool((), empty, nowhere, kindless, none, empty, np.zeros(1, dtype=np.int64))
    if len(parts) == 1:
        return parts[0]
    shifts = np.cumsum([0] + [len(part.requirements) for part in parts])
    starts = [part.starts[:-1] + shift for part, shift in zip(parts, shifts, strict=False)]
    return Pool(
        ids=tuple(one for part in parts for one in part.ids),
        whole=np.concatenate([part.whole for part in parts]),
        occupation=np.concatenate([part.occupation for part in parts]),
        kind=np.concatenate([part.kind for part in parts]),
        lexical=np.concatenate([part.lexical for part in parts]),
        requirements=np.concatenate([part.requirements for part in parts]),
        starts=np.concatenate([*starts, shifts[-1:]]),
        countries=tuple(one for part in parts for one in part.countries),
        assesses=np.concatenate([part.assesses for part in parts]),
    )


@dataclass(frozen=True, slots=True)
class LexicalPool:
    """Listings as a pool, and m texts held against them. likeness: (m, n), as `Pool.lexical`."""

    pool: Pool
    likeness: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ListingVectors:
    """The vectors of one listing: `whole` (d,), `requirements` (k, d) with the title first."""

    whole: Vectors
    requirements: Vectors
