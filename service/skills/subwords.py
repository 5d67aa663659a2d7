"""Vectors of words in covered languages, in the space of the English encoder.

A phrase is the sum of learned vectors of its words and of the pieces of how they sound: what
sounds like "wiring" lies near wiring, whatever letters it is written in. Trained by
models/bridge/train.py; a lookup and a sum, no model to run.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from service.domain.embedding import Vectors
from service.skills.letters import heard, words

BUCKETS: Final = 1 << 16
_PIECES: Final = (3, 4, 5)


def features(text: str, code: str) -> list[int]:
    """Return the rows of the table a text is the sum of.

    Each word in its language, each word as it sounds in any, and its sounds in runs of three
    to five; hashed (CRC-32) into `BUCKETS`.
    """
    found = []
    for word in words(text):
        own = f"<{heard(word)}>"
        names = [f"{code}:{word}", f"w:{own}"]
        names += [own[at : at + n] for n in _PIECES for at in range(len(own) - n + 1)]
        found += [zlib.crc32(name.encode()) % BUCKETS for name in names]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Subwords:
    """table: (BUCKETS, d) int8, row i to be multiplied by scales[i]; encoder: whose space it is."""

    encoder: str
    table: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read bridge.json, subwords.npy and scales.npy; the table stays on disk until used."""
        raw = json.loads((folder / "bridge.json").read_text(encoding="utf-8"))
        return cls(
            raw["encoder"]["id"],
            np.load(folder / "subwords.npy", mmap_mode="r"),
            np.load(folder / "scales.npy").astype(np.float32),
        )

    def encode(self, texts: Sequence[str], code: str) -> Vectors:
        """Return unit vectors, (n, d); zeros for a text without words."""
        found = np.zeros((len(texts), self.table.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            rows = features(text, code)
            if rows:
                found[row] = self.scales[rows] @ self.table[rows].astype(np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        unit: Vectors = np.divide(found, np.maximum(lengths, 1e-9), dtype=np.float32)
        return unit
