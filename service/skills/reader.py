"""Tell phrases about work from all others.

A small linear model over a phrase's vector, fitted to what the team has labelled by hand
(data/lexicon/phrases.jsonl); trained by models/reader/train.py.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from service.domain.embedding import Vectors


@dataclass(frozen=True, slots=True)
class Reader:
    """weights: (d,) over a phrase vector of the encoder named, and a bias."""

    encoder: str
    weights: npt.NDArray[np.float32]
    bias: float

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read models/reader/reader.json."""
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            encoder=raw["encoder"]["id"],
            weights=np.array(raw["weights"], dtype=np.float32),
            bias=raw["bias"],
        )

    def work(self, vectors: Vectors) -> npt.NDArray[np.float32]:
        """Return the chance that each phrase is about work, (n,)."""
        logit = vectors @ self.weights + self.bias
        found: npt.NDArray[np.float32] = 1 / (1 + np.exp(-logit))
        return found
