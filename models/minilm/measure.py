"""Measures one candidate artifact against fp32: cosine, rankings, dependence on the batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import track

from service.adapters.encoders.onnx import MODEL_FILE, OnnxEncoder
from service.domain.embedding import Vectors
from service.matching import metrics
from service.ports import Encoder
from service.usecases.published import Benchmark

PROBES = Path(__file__).with_name("probes.txt")
_DEPTH = 10
_KENDALL_DEPTH = 100
_PART = 2048

Embedded = dict[str, Vectors]
"""Unit vectors by text."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Means over a benchmark's queries, 0 to 1, and each query's 100 best corpus items."""

    mrr: float
    map: float
    ndcg10: float
    best: npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Likeness of two rankings: shared share of the top 10; Kendall's tau of the top 100."""

    top10: float
    tau: float


@dataclass(frozen=True, slots=True)
class Cosine:
    """Mean, first percentile and least of the cosines between vectors of the same texts."""

    mean: float
    p1: float
    least: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one variant is like, but for its speed. megabytes: of model.onnx (10^6 bytes).

    probes, titles: cosine to fp32; alone: cosine between a text's vector made alone and made
    in a batch; ranked, agreement: by benchmark, in the order given.
    """

    name: str
    megabytes: float
    probes: Cosine
    titles: Cosine
    alone: Cosine
    ranked: tuple[Ranked, ...]
    agreement: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """What every variant is compared with: fp32 vectors by text and their rankings."""

    benchmarks: tuple[Benchmark, ...]
    probes: tuple[str, ...]
    vectors: Embedded
    ranked: tuple[Ranked, ...]


def read_probes() -> tuple[str, ...]:
    """Return the hand-written texts: titles, skill phrases, a person's words, listings."""
    return tuple(PROBES.read_text(encoding="utf-8").splitlines())


def make_reference(encoder: Encoder, benchmarks: Sequence[Benchmark]) -> Reference:
    """Encode every text of the benchmarks and probes and rank, with the fp32 encoder."""
    probes = read_probes()
    vectors = _embed(encoder, benchmarks, probes, "fp32 on torch")
    return Reference(
        benchmarks=tuple(benchmarks),
        probes=probes,
        vectors=vectors,
        ranked=tuple(rank(benchmark, vectors) for benchmark in benchmarks),
    )


def measure(name: str, folder: Path, reference: Reference) -> Measurement:
    """Load the artifact in `folder` and compare it with the reference."""
    encoder = OnnxEncoder(folder)
    vectors = _embed(encoder, reference.benchmarks, reference.probes, name)
    ranked = tuple(rank(benchmark, vectors) for benchmark in reference.benchmarks)
    titles = sorted(set(vectors) - set(reference.probes))
    return Measurement(
        name=name,
        megabytes=(folder / MODEL_FILE).stat().st_size / 1e6,
        probes=_cosine(vectors, reference.vectors, reference.probes),
        titles=_cosine(vectors, reference.vectors, titles),
        alone=_cosine(_one_by_one(encoder, reference.probes), vectors, reference.probes),
        ranked=ranked,
        agreement=tuple(map(agree, ranked, reference.ranked)),
    )


def rank(benchmark: Benchmark, vectors: Embedded) -> Ranked:
    """Rank the whole corpus for each query by cosine and judge it."""
    corpus = np.stack([vectors[text] for text in benchmark.corpus])
    judged, best = [], []
    for query, relevant in zip(benchmark.queries, benchmark.relevant, strict=True):
        order = metrics.ranking(corpus @ vectors[query])
        hits = np.isin(order, relevant)
        gains = hits.astype(np.float64)
        judged.append(
            (
                metrics.reciprocal_rank(hits),
                metrics.average_precision(hits),
                metrics.ndcg_at(gains, _DEPTH),
            )
        )
        best.append(order[:_KENDALL_DEPTH])
    mrr, mean_precision, ndcg = np.mean(judged, axis=0)
    return Ranked(float(mrr), float(mean_precision), float(ndcg), np.stack(best))


def agree(ranked: Ranked, reference: Ranked) -> Agreement:
    """Return the mean agreement over queries."""
    pairs = list(zip(ranked.best, reference.best, strict=True))
    shared = [len(np.intersect1d(a[:_DEPTH], b[:_DEPTH])) / _DEPTH for a, b in pairs]
    return Agreement(float(np.mean(shared)), float(np.mean([_tau(a, b) for a, b in pairs])))


def _embed(
    encoder: Encoder, benchmarks: Sequence[Benchmark], probes: Sequence[str], name: str
) -> Embedded:
    texts = sorted({text for benchmark in benchmarks for text in benchmark.texts} | set(probes))
    vectors: Embedded = {}
    for start in track(range(0, len(texts), _PART), name):
        part = texts[start : start + _PART]
        vectors.update(zip(part, encoder.encode(part), strict=True))
    return vectors


def _one_by_one(encoder: Encoder, texts: Sequence[str]) -> Embedded:
    return {text: encoder.encode([text])[0] for text in texts}


def _cosine(first: Embedded, second: Embedded, texts: Sequence[str]) -> Cosine:
    cosines = np.array([float(first[text] @ second[text]) for text in texts])
    return Cosine(float(cosines.mean()), float(np.percentile(cosines, 1)), float(cosines.min()))


def _tau(first: npt.NDArray[np.intp], second: npt.NDArray[np.intp]) -> float:
    """Return Kendall's tau over the items that both lists hold."""
    common = np.intersect1d(first, second)
    if len(common) <= 1:
        return 0.0
    a = np.argsort(first)[np.searchsorted(first, common, sorter=np.argsort(first))]
    b = np.argsort(second)[np.searchsorted(second, common, sorter=np.argsort(second))]
    upper = np.triu_indices(len(common), 1)
    signs = np.sign(np.subtract.outer(a, a)[upper]) * np.sign(np.subtract.outer(b, b)[upper])
    return float(signs.mean())
