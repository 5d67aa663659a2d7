"""What a vector is and which model made it."""

from dataclasses import dataclass

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
