"""Published benchmarks for encoder artifacts: python -m models.benchmarks ARTIFACT [...].

Zero-shot or tuned is said by the card of the artifact, not here. Nothing is trained.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from tqdm import tqdm

from models.bench_readers import Benchmark, read_melo, read_talentclef
from service.adapters.encoders.onnx import OnnxEncoder
from service.matching.metrics import average_precision, ranking, reciprocal_rank


def measured(encoder: OnnxEncoder, benchmark: Benchmark) -> tuple[float, float]:
    """Return mean reciprocal rank and mean average precision over the full ranking."""
    corpus = encoder.encode(benchmark.corpus)
    ranks, precisions = [], []
    vectors = encoder.encode(benchmark.queries)
    for vector, relevant in zip(tqdm(vectors, benchmark.name), benchmark.relevant, strict=True):
        hits = np.isin(ranking(corpus @ vector), relevant)
        ranks.append(reciprocal_rank(hits))
        precisions.append(average_precision(hits))
    return float(np.mean(ranks)), float(np.mean(precisions))


def main(
    artifacts: Annotated[list[Path], typer.Argument(help="Folders with an encoder artifact.")],
    benchmarks: Annotated[
        Path, typer.Option(help="Folder with melo_usa_en/ and talentclef2025_validation/.")
    ] = Path("../shared/benchmarks"),
) -> None:
    """Print MRR and MAP of each artifact on each benchmark."""
    for folder in artifacts:
        encoder = OnnxEncoder(folder)
        for benchmark in (
            read_melo(benchmarks),
            read_talentclef(benchmarks, "english"),
            read_talentclef(benchmarks, "spanish"),
        ):
            mrr, map_ = measured(encoder, benchmark)
            typer.echo(f"{encoder.model.id}, {benchmark.name}: MRR {mrr:.4f}, MAP {map_:.4f}")


if __name__ == "__main__":
    typer.run(main)
