"""From features to a score: a small learned model, read from data, run in numpy."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from service.domain.match import Tier
from service.matching.features import NAMES, Features

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scorer:
    """Boosted regression trees, then a logistic curve that makes a chance of their sum.

    Trees of equal depth, laid out level by level: features, thresholds: (trees, inner
    nodes); values: (trees, leaves). A row goes right where its feature is above the
    threshold. score = 1 / (1 + exp(-(slope * (base + sum of leaves) + intercept))).
    """

    features: npt.NDArray[np.int64]
    thresholds: Floats
    values: Floats
    base: float
    slope: float
    intercept: float
    strong: float
    good: float

    @classmethod
    def read(cls, path: Path) -> "Scorer":
        """Read models/ranker/ranker.json; raise ValueError if it was made for other features."""
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if tuple(raw["names"]) != NAMES:
            raise ValueError(f"{path} was trained on other features: {raw['names']}")
        return cls(
            features=np.array(raw["features"], dtype=np.int64),
            thresholds=np.array(raw["thresholds"], dtype=np.float32),
            values=np.array(raw["values"], dtype=np.float32),
            base=raw["base"],
            slope=raw["slope"],
            intercept=raw["intercept"],
            strong=raw["strong"],
            good=raw["good"],
        )

    def raw(self, features: Features) -> Floats:
        """Return what the trees add up to for each row of (n, features), shape (n,)."""
        n, (trees, inner) = len(features), self.features.shape
        # Every inner node is asked first, column by column. Then each level tells which half of
        # the levels below counts, bit by bit: to gather what single rows need took twice as long.
        asked = features.T[self.features.ravel()] > self.thresholds.reshape(-1, 1)
        levels = np.split(asked.reshape(trees, inner, n), _level_starts(inner), axis=1)
        leaf = np.zeros((trees, n), dtype=np.uint8)
        for depth, right in enumerate(levels):
            leaf += leaf + right[:, 0]
            for at in range(depth + 1, len(levels)):
                here, there = np.split(levels[at], 2, axis=1)
                levels[at] = here ^ ((here ^ there) & right)
        first = np.arange(trees)[:, None] * self.values.shape[1]
        leaves = self.values.ravel().take(first + leaf)
        total: Floats = self.base + np.ascontiguousarray(leaves.T).sum(axis=1)
        return total

    def score(self, features: Features) -> Floats:
        """Return the chance, in 0..1, that an officer would refer; shape (n,)."""
        if not len(features):
            return np.zeros(0, dtype=np.float32)
        logit = self.slope * self.raw(features) + self.intercept
        found: Floats = (1 / (1 + np.exp(-logit))).astype(np.float32)
        return found

    def tier(self, score: float) -> Tier:
        """Return the word an officer reads for a score."""
        if score >= self.strong:
            return Tier.STRONG
        return Tier.GOOD if score >= self.good else Tier.STRETCH


def _level_starts(inner: int) -> list[int]:
    """Return where each level but the first begins among a tree's inner nodes."""
    return [(1 << depth) - 1 for depth in range(1, (inner + 1).bit_length() - 1)]


def best_rows(score: Floats, k: int) -> npt.NDArray[np.int64]:
    """Return the rows of the `k` highest scores, best first; ties keep their order."""
    return np.argsort(-score, kind="stable")[:k]
