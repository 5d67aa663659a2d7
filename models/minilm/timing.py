"""Times the variants in turn, so that a busy moment of the machine does not fall on one."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track

from models.minilm.measure import Reference
from service.adapters.encoders.onnx import OnnxEncoder
from service.ports import Encoder

THREADS = 2
ROUNDS = 7
_BULK_TEXTS = 2000


@dataclass(frozen=True, slots=True)
class Speed:
    """The best round's figures.

    load_s: seconds to load; text_ms: median over single short texts; bulk: titles a second.
    """

    load_s: float
    text_ms: float
    bulk: float


def time_all(folders: Mapping[str, Path], reference: Reference) -> dict[str, Speed]:
    """Return each artifact's speed by name, from several rounds over all of them."""
    # The phrases among the probes, not the sentences: what a search box or a record's field has.
    short = [text for text in reference.probes if not text.endswith(".")]
    titles = reference.benchmarks[-1].corpus[:_BULK_TEXTS]
    rounds = [
        {name: _once(folder, short, titles) for name, folder in folders.items()}
        for _ in track(range(ROUNDS), "time")
    ]
    return {
        name: Speed(
            load_s=min(speeds[name].load_s for speeds in rounds),
            text_ms=min(speeds[name].text_ms for speeds in rounds),
            bulk=max(speeds[name].bulk for speeds in rounds),
        )
        for name in folders
    }


def _once(folder: Path, short: Sequence[str], titles: Sequence[str]) -> Speed:
    start = time.perf_counter()
    encoder = OnnxEncoder(folder, threads=THREADS)
    load = time.perf_counter() - start
    encoder.encode(short)
    singles = [_seconds(encoder, [text]) for text in short]
    return Speed(load, float(np.median(singles)) * 1000, len(titles) / _seconds(encoder, titles))


def _seconds(encoder: Encoder, texts: Sequence[str]) -> float:
    start = time.perf_counter()
    encoder.encode(texts)
    return time.perf_counter() - start
