"""What a vector is and which model made it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""Shape (n, dimensions), float32; rows of unit length, zeros for a text without tokens."""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Identity of an encoder. Vectors of different identities are never compared.

    id: published name ("all-MiniLM-L6-v2"); revision: short hash of the artifact's bytes
    and of every setting that changes its vectors; dimensions: length of one vector.
    """

    id: str
    revision: str
    dimensions: int


@dataclass(frozen=True, slots=True, eq=False)
class Grams:
    """A text's n-grams as the lexical channel counts them: feature numbers (k,), how often (k,)."""

    features: npt.NDArray[np.int32]
    counts: npt.NDArray[np.float32]


NO_GRAMS: Final = Grams(np.zeros(0, np.int32), np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class ManyGrams:
    """The `Grams` of m texts, one text after the other. features, counts: (k,); sizes: (m,)."""

    features: npt.NDArray[np.int32]
    counts: npt.NDArray[np.float32]
    sizes: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.sizes)

    @classmethod
    def of(cls, texts: Sequence[Grams]) -> Self:
        """Put texts one after the other."""
        return cls(
            np.concatenate([np.zeros(0, np.int32), *(one.features for one in texts)]),
            np.concatenate([np.zeros(0, np.float32), *(one.counts for one in texts)]),
            np.array([len(one.features) for one in texts], np.int64),
        )
