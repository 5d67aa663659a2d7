"""Builds the bundled encoder: python -m models.minilm.build [--benchmarks ..] [--out ..].

Checks the weights, calibrates, writes every variant, measures each against fp32, and puts the
chosen one with its model card in place only when it keeps to the limits.
"""

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from models.minilm.artifact import Recipe, prepare, write_artifact
from models.minilm.card import CardData, render
from models.minilm.limits import broken
from models.minilm.measure import make_reference, measure
from models.minilm.quantise import CHOSEN, VARIANTS
from models.minilm.source import SourceError, locate
from models.minilm.timing import time_all
from service.adapters.encoders.onnx import MANIFEST_FILE
from service.adapters.encoders.sentence_transformers import SentenceTransformersEncoder
from service.usecases.published import Benchmark, BenchmarkError, read_melo, read_talentclef

_HERE = Path(__file__).parent


class LimitError(ValueError):
    """The chosen variant breaks a limit."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to build. weights: None for the pinned package; card: None writes no card."""

    weights: Path | None
    model_id: str | None
    licence: str | None
    benchmarks: Path
    out: Path
    card: Path | None


def main(  # noqa: PLR0913 - each parameter is a command-line option
    *,
    benchmarks: Annotated[
        Path, typer.Option(help="Folder with melo_usa_en/ and talentclef2025_validation/.")
    ] = Path("../shared/benchmarks"),
    out: Annotated[Path, typer.Option(help="Where the artifact goes.")] = _HERE / "artifact",
    card: Annotated[Path, typer.Option(help="Where the card goes.")] = _HERE / "README.md",
    weights: Annotated[
        Path | None, typer.Option(help="A fine-tuned checkpoint, in place of the package's.")
    ] = None,
    model_id: Annotated[
        str | None, typer.Option(help="Its name; the folder's name if not given.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="SPDX name of the fine-tuned checkpoint's licence.")
    ] = None,
    measured: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Without: no limits checked, no card.")
    ] = True,
) -> None:
    """Build the ONNX artifact from sentence-transformers weights and write its model card."""
    order = Order(weights, model_id, licence, benchmarks, out, card if measured else None)
    try:
        revision = build(order)
    except (SourceError, BenchmarkError, LimitError, ImportError) as error:
        typer.secho(f"error: {error}", err=True, fg="red")
        raise typer.Exit(1) from error
    typer.echo(f"{out}: revision {revision}")


def build(order: Order) -> str:
    """Carry out an order and return the artifact's revision.

    Raises SourceError, BenchmarkError, LimitError or ImportError; the old artifact then stays.
    """
    source = locate(order.weights, order.model_id, order.licence)
    # Read first: a missing benchmark should not come to light after minutes of work.
    readers = (read_melo, read_talentclef)
    benchmarks = [reader(order.benchmarks) for reader in readers] if order.card else []
    recipe = prepare(source)
    with tempfile.TemporaryDirectory() as folder:
        chosen = write_artifact(recipe, CHOSEN, Path(folder) / "artifact")
        manifest = json.loads((chosen / MANIFEST_FILE).read_text(encoding="utf-8"))
        if order.card:
            data = _measured(recipe, manifest, benchmarks, Path(folder))
            problems = broken(data.chosen, data.speeds[CHOSEN.name], data.reference)
            if problems:
                message = "the artifact was not replaced: " + "; ".join(problems)
                raise LimitError(message)
            order.card.write_text(render(data), encoding="utf-8")
        order.out.mkdir(parents=True, exist_ok=True)
        for file in chosen.iterdir():
            shutil.copyfile(file, order.out / file.name)
    return str(manifest["model"]["revision"])


def _measured(
    recipe: Recipe, manifest: dict[str, Any], benchmarks: Sequence[Benchmark], work: Path
) -> CardData:
    """Write every variant into a folder under `work` and measure it against fp32 on torch."""
    exact = SentenceTransformersEncoder(str(recipe.source.folder))
    reference = make_reference(exact, benchmarks)
    folders = {
        precision.name: write_artifact(recipe, precision, work / precision.name)
        for precision in VARIANTS
    }
    measurements = [measure(name, folder, reference) for name, folder in folders.items()]
    speeds = time_all(folders, reference)
    return CardData(manifest, reference, tuple(measurements), speeds)


if __name__ == "__main__":
    typer.run(main)
