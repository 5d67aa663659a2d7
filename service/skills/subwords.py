"""Vectors of words in covered languages, in the space of the English encoder.

A phrase is the sum of learned vectors of its words and of the pieces of how they sound: what
sounds like "wiring" lies near wiring, whatever letters it is written in. Trained by
models/bridge/train.py; a lookup and a sum, no model to run.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from service.domain.embedding import Vectors
from service.skills.letters import heard, words

BUCKETS: Final = 1 << 16
APART: Final = {"ne": "by_sa", "si": "by_sa"}
"""Languages that add a second table, of fewer rows: what this one has learned from lies under a
licence that goes with it."""
BUCKETS_APART: Final = 20_480
_PIECES: Final = (3, 4, 5)


def features(text: str, code: str, buckets: int) -> list[int]:
    """Return the rows of a table of so many rows that a text is the sum of.

    Each word in its language, each word as it sounds in any, and its sounds in runs of three
    to five; hashed (CRC-32).
    """
    found = []
    for word in words(text):
        own = f"<{heard(word)}>"
        names = [f"{code}:{word}", f"w:{own}"]
        names += [own[at : at + n] for n in _PIECES for at in range(len(own) - n + 1)]
        found += [zlib.crc32(name.encode()) % buckets for name in names]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """rows: (buckets, d) int8, row i to be multiplied by scales[i]."""

    rows: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]

    @classmethod
    def read(cls, folder: Path, name: str = "") -> Self:
        """Read subwords.npy and scales.npy, or those of a name; they stay on disk until used."""
        behind = f"_{name}" if name else ""
        return cls(
            np.load(folder / f"subwords{behind}.npy", mmap_mode="r"),
            np.load(folder / f"scales{behind}.npy").astype(np.float32),
        )

    def sums(self, texts: Sequence[str], code: str) -> Vectors:
        """Return the sum of each text's rows, (n, d); zeros for a text without words."""
        buckets, dimensions = self.rows.shape
        found = np.zeros((len(texts), dimensions), dtype=np.float32)
        for at, text in enumerate(texts):
            rows = features(text, code, buckets)
            if rows:
                found[at] = self.scales[rows] @ self.rows[rows].astype(np.float32)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Subwords:
    """encoder: whose space the vectors are in. usual: of every language; more: of some besides."""

    encoder: str
    usual: Table
    more: Mapping[str, Table]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read bridge.json and the tables."""
        raw = json.loads((folder / "bridge.json").read_text(encoding="utf-8"))
        named = {name: Table.read(folder, name) for name in set(APART.values())}
        more = {code: named[name] for code, name in APART.items()}
        return cls(raw["encoder"]["id"], Table.read(folder), more)

    def encode(self, texts: Sequence[str], code: str) -> Vectors:
        """Return unit vectors, (n, d); zeros for a text without words."""
        found = self.usual.sums(texts, code)
        if code in self.more:
            found += self.more[code].sums(texts, code)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        unit: Vectors = np.divide(found, np.maximum(lengths, 1e-9), dtype=np.float32)
        return unit
