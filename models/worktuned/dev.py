"""The gold dev split as a stopping rule: nDCG@10 of simple sums over an encoder's cosines."""

import csv
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from service.domain.listing import Kind
from service.matching.metrics import ndcg_at, ranking
from service.skills.reader import CONTEXT
from service.skills.requirements import requirement_texts, whole_text
from service.skills.segment import clauses
from service.usecases.load_sample import sample_listings

Floats = npt.NDArray[np.float32]


class CanEncode(Protocol):
    """A sentence-transformers model, as far as it is needed here."""

    encode: Callable[..., Floats]


@dataclass(frozen=True, slots=True)
class DevSet:
    """People of the dev split with graded listings."""

    texts: list[str]
    grades: Floats
    wholes: list[str]
    requirements: list[list[str]]

    @classmethod
    def read(cls, data: Path) -> "DevSet":
        """Read data/gold and data/listings."""
        listings = [
            (name, listing)
            for name, listing in sample_listings(data, date(2026, 1, 1))
            if listing.kind is not Kind.SERVICE
        ]
        column = {name: at for at, (name, _) in enumerate(listings)}
        with (data / "gold" / "split.csv").open() as file:
            dev = {row["person"] for row in csv.DictReader(file) if row["split"] == "dev"}
        grades: dict[str, dict[int, int]] = defaultdict(dict)
        for path in sorted((data / "gold").glob("relevance_*.csv")):
            with path.open() as file:
                for row in csv.DictReader(file):
                    if row["listing"] in column:
                        grades[row["person"]][column[row["listing"]]] = int(row["grade"])
        people = [
            one
            for path in sorted((data / "gold").glob("people_*.jsonl"))
            for one in map(json.loads, path.read_text(encoding="utf-8").splitlines())
            if one["id"] in dev
        ]
        table = np.zeros((len(people), len(listings)), dtype=np.float32)
        for row, one in enumerate(people):
            for at, grade in grades[one["id"]].items():
                table[row, at] = grade
        return cls(
            texts=[one["text"] for one in people],
            grades=table,
            wholes=[whole_text(listing) for _, listing in listings],
            requirements=[requirement_texts(listing) for _, listing in listings],
        )

    def ndcg(self, model: CanEncode) -> float:
        """Return mean nDCG@10 of whole-text cosine plus mean best phrase per requirement."""

        def encode(texts: list[str]) -> Floats:
            return model.encode(texts, normalize_embeddings=True, batch_size=64)

        wholes = encode(self.wholes)
        flat = encode([one for some in self.requirements for one in some])
        starts = np.cumsum([0] + [len(some) for some in self.requirements])[:-1]
        texts = encode(self.texts)
        split = [clauses(text) for text in self.texts]
        spoken = encode([one.phrase for some in split for one in some])
        spoken += CONTEXT * encode([one.sentence for some in split for one in some])
        spoken /= np.linalg.norm(spoken, axis=1, keepdims=True)
        ends = np.cumsum([len(some) for some in split])
        found = []
        for row, (end, some) in enumerate(zip(ends, split, strict=True)):
            similarity = spoken[end - len(some) : end] @ flat.T
            by_listing = np.maximum.reduceat(similarity, starts, axis=1)
            score = texts[row] @ wholes.T + np.sort(by_listing, axis=0)[-3:].mean(axis=0)
            gains = 2.0 ** self.grades[row] - 1
            found.append(ndcg_at(gains[ranking(score)], 10, gains))
        return float(np.mean(found))
