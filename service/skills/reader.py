"""Tell phrases about work from all others.

A small linear model over a phrase's vector beside its sentence's ("bathing and nights" may be
a carer's or a patient's), fitted to what the team has labelled by hand; trained by
models/reader/train.py.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from service.domain.embedding import Vectors

CONTEXT: Final = 0.5
"""How much of its sentence's vector a phrase takes on: "bathing" of a carer is not a lifeguard's.
Read off gold dev: 0.35 to 0.8 find evidence alike, none at all finds less."""

_ONESELF: Final = re.compile(
    r"(?:(?:i|he|she) (?:am|is|was)|i['’]m|am|was|work(?:ing|ed)? as)(?: an?)? (\w+(?: \w+){0,2})",  # noqa: RUF001
    re.IGNORECASE,
)


def names_oneself(phrase: str) -> bool:
    """Tell whether a phrase only says what someone is: "I am a mason", "I am Shirin"."""
    return _ONESELF.fullmatch(phrase) is not None


@dataclass(frozen=True, slots=True)
class Reader:
    """weights: (2d,) over a phrase's and its sentence's vector of the encoder named; a bias."""

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

    def work(self, phrases: Vectors, sentences: Vectors) -> npt.NDArray[np.float32]:
        """Return the chance that each phrase is about work, (n,); row i stands in sentence i."""
        d = phrases.shape[1]
        logit = phrases @ self.weights[:d] + sentences @ self.weights[d:] + self.bias
        found: npt.NDArray[np.float32] = (1 / (1 + np.exp(-logit))).astype(np.float32)
        return found


def in_context(phrases: Vectors, sentences: Vectors) -> Vectors:
    """Return unit vectors of phrases, (n, d), that lean to their sentences', (n, d)."""
    mixed = phrases + CONTEXT * sentences
    lengths = np.linalg.norm(mixed, axis=1, keepdims=True)
    found: Vectors = np.divide(mixed, np.maximum(lengths, 1e-9), dtype=np.float32)
    return found
