"""Published benchmarks for encoder artifacts: python -m models.benchmarks ARTIFACT [...].

Zero-shot or tuned is said by the card of the artifact, not here. Nothing is trained.
"""

from pathlib import Path
from typing import Annotated

import typer

from service.adapters.encoders.onnx import OnnxEncoder
from service.usecases.published import measured, read_melo, read_talentclef


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
