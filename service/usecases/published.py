"""Reads the published benchmarks: MELO and TalentCLEF 2025 Task A. Measuring only.

Neither is part of the project. Get them from their publishers and name the folder that holds
melo_usa_en/ (https://github.com/Avature/melo-benchmark, MIT) and talentclef2025_validation/
(https://doi.org/10.5281/zenodo.14002665, CC BY 4.0).
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from service.matching.metrics import average_precision, ranking, reciprocal_rank
from service.ports import Encoder


class BenchmarkError(ValueError):
    """A benchmark's folder is missing or does not hold what it should."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Queries, a corpus to rank for each, and which corpus items are relevant to each.

    relevant: one array of corpus positions per query, never empty.
    """

    name: str
    queries: tuple[str, ...]
    corpus: tuple[str, ...]
    relevant: tuple[npt.NDArray[np.intp], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """Queries first, then the corpus."""
        return self.queries + self.corpus


def measured(encoder: Encoder, benchmark: Benchmark) -> tuple[float, float]:
    """Return mean reciprocal rank and mean average precision over the full ranking."""
    corpus, queries = encoder.encode(benchmark.corpus), encoder.encode(benchmark.queries)
    ranks, precisions = [], []
    for vector, relevant in zip(queries, benchmark.relevant, strict=True):
        hits = np.isin(ranking(corpus @ vector), relevant)
        ranks.append(reciprocal_rank(hits))
        precisions.append(average_precision(hits))
    return float(np.mean(ranks)), float(np.mean(precisions))


def read_melo(benchmarks: Path) -> Benchmark:
    """Read benchmarks/melo_usa_en: 633 O*NET titles against 33,809 ESCO surface forms."""
    folder = _folder(benchmarks, "melo_usa_en")
    return _assemble(
        "MELO usa_q_en_c_en",
        queries=_columns(folder / "queries.tsv.gz"),
        corpus=_columns(folder / "corpus_elements.tsv.gz"),
        judgements=_columns(folder / "annotations.tsv.gz"),
    )


def read_talentclef(benchmarks: Path, language: str = "english") -> Benchmark:
    """Read benchmarks/talentclef2025_validation/{english, spanish, german or chinese}."""
    folder = _folder(benchmarks, "talentclef2025_validation") / language
    return _assemble(
        f"TalentCLEF 2025 A validation, {language}",
        queries=list(_columns(folder / "queries"))[1:],
        corpus=list(_columns(folder / "corpus_elements"))[1:],
        judgements=_columns(folder / "qrels.tsv"),
    )


def _assemble(
    name: str,
    *,
    queries: Iterator[list[str]] | list[list[str]],
    corpus: Iterator[list[str]] | list[list[str]],
    judgements: Iterator[list[str]],
) -> Benchmark:
    query_texts = {row[0]: row[1] for row in queries}
    corpus_texts = {row[0]: row[1] for row in corpus}
    position = {item: place for place, item in enumerate(corpus_texts)}
    relevant: dict[str, list[int]] = {query: [] for query in query_texts}
    for query, _, item, grade in judgements:
        if int(grade) > 0:
            relevant[query].append(position[item])
    judged = [query for query in query_texts if relevant[query]]
    if not judged:
        message = f"{name} has no judged query"
        raise BenchmarkError(message)
    return Benchmark(
        name=name,
        queries=tuple(query_texts[query] for query in judged),
        corpus=tuple(corpus_texts.values()),
        relevant=tuple(np.array(relevant[query], dtype=np.intp) for query in judged),
    )


def _folder(benchmarks: Path, name: str) -> Path:
    folder = benchmarks / name
    if not folder.is_dir():
        message = (
            f"no benchmark in {folder}: name the folder that holds {name}/ with --benchmarks"
            f" ({__name__} says where to get it)"
        )
        raise BenchmarkError(message)
    return folder


def _columns(path: Path) -> Iterator[list[str]]:
    if not path.is_file():
        message = f"{path} is missing: the benchmark is not complete"
        raise BenchmarkError(message)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\r\n").split("\t")
