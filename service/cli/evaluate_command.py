"""homeward evaluate: the gold set, Homeward beside what could be assembled from parts."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import numpy as np
import typer
from rich.table import Table

from service.cli.terminal import log_to_stderr, out, progress_bar
from service.ports import ProgressBar, Tools
from service.settings import Settings, bundled
from service.usecases.evaluate import (
    Board,
    SystemResult,
    baselines,
    board_of,
    bootstrap_interval,
    calibration,
    compare,
    homeward_scores,
    judge,
)
from service.usecases.gold import SPLITS, GoldPerson, read_evidence, read_gold
from service.usecases.load_sample import load_sample_listings
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key
from service.usecases.measure_reading import evidence_quality, twins_quality
from service.wiring import open_tools, plain_encoder

_MEASURES: Final = ("ndcg", "mrr", "recall")
_TITLES: Final = {"ndcg": "nDCG@10", "mrr": "MRR", "recall": "recall@50"}


def evaluate(
    split: Annotated[str, typer.Option(help="dev to work with, test only to report.")] = "dev",
    write_json: Annotated[Path | None, typer.Option("--json", help="Write figures here.")] = None,
) -> None:
    """Measure the ranking, evidence and invariance on the gold set."""
    if split not in SPLITS:
        raise typer.BadParameter("use dev or test", param_hint="--split")
    log_to_stderr("ERROR")
    folder = bundled("data", "gold")
    people = read_gold(folder, split)
    with TemporaryDirectory(prefix="homeward-evaluate-") as place, progress_bar() as bar:
        settings = Settings(data_dir=Path(place) / "data", key_file=Path(place) / "keys.json")
        with open_tools(settings) as tools:
            board = load_board(tools, bar)
            result = _measured(tools, people, board, bar)
            labels = read_evidence(folder, {one.id for one in people})
            result["evidence"] = asdict(evidence_quality(tools, people, labels, board))
            plain = plain_encoder() or tools.encoder
            twins = twins_quality(tools, folder, board, plain, bar)
            result["twins"] = [asdict(one) for one in twins]
    result["split"], result["people"] = split, len(people)
    _show(result)
    if write_json is not None:
        write_json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def load_board(tools: Tools, bar: ProgressBar) -> Board:
    """Load the sample listings into empty tools."""
    ensure_first_key(tools, "evaluate")
    load_sample_listings(tools, bundled("data"), FIRST_ORGANISATION, bar)
    return board_of(tools)


def _measured(
    tools: Tools, people: Sequence[GoldPerson], board: Board, bar: ProgressBar
) -> dict[str, Any]:
    bar.start("People", len(people))
    scores = homeward_scores(tools, people, board, bar)
    ours = judge("Homeward", scores, people, board)
    systems = [ours]
    encoders = {"this encoder": tools.encoder}
    plain = plain_encoder()
    if plain is not None:
        encoders["plain MiniLM"] = plain
    queries, documents = [one.profile.text for one in people], board.texts()
    for name, rank in baselines(encoders).items():
        systems.append(judge(name, rank(queries, documents), people, board))
    rivals = [one for one in systems[1:] if one.name != "this encoder"]
    best = max(rivals, key=lambda one: one.values("ndcg").mean())
    fit = calibration(scores, people, board)
    return {
        "systems": {one.name: _summary(one) for one in systems},
        "best_baseline": best.name,
        "gain_over_best": asdict(compare(ours, best)),
        "calibration": asdict(fit),
        "by_family": _by(ours, [one.family for one in people]),
        "by_gender": _by(ours, [one.gender for one in people]),
        "by_country": _by(ours, [one.profile.home_country or "" for one in people]),
    }


def _summary(system: SystemResult) -> dict[str, Any]:
    found = {}
    for measure in _MEASURES:
        values = system.values(measure)
        low, high = bootstrap_interval(values)
        found[measure] = {"mean": float(np.nanmean(values)), "low": low, "high": high}
    return found


def _by(system: SystemResult, groups: Sequence[str]) -> dict[str, dict[str, float]]:
    values, names = system.values("ndcg"), np.array(groups)
    return {
        name: {"ndcg": float(values[names == name].mean()), "people": int((names == name).sum())}
        for name in sorted(set(groups))
    }


def _show(result: dict[str, Any]) -> None:
    table = Table(title=f"Gold {result['split']}, {result['people']} people, 95% intervals")
    table.add_column("system")
    for measure in _MEASURES:
        table.add_column(_TITLES[measure])
    for name, found in result["systems"].items():
        cells = [
            f"{found[x]['mean']:.3f} ({found[x]['low']:.3f} to {found[x]['high']:.3f})"
            for x in _MEASURES
        ]
        table.add_row(name, *cells)
    out.print(table)
    gain = result["gain_over_best"]
    out.print(
        f"Over {result['best_baseline']}: {gain['gain']:+.1%} nDCG@10 "
        f"({gain['low']:+.1%} to {gain['high']:+.1%})"
    )
    fit = result["calibration"]
    out.print(f"Calibration error {fit['error']:.3f} over {fit['pairs']:,} shown matches")
    proof = result["evidence"]
    out.print(
        f"Evidence precision {proof['precision']:.2f}, recall {proof['recall']:.2f} "
        f"over {proof['pairs']} labelled requirements"
    )
    for twin in result["twins"]:
        out.print(
            f"Twins, {twin['change']}: same ten in the same order {twin['same']:.1%} "
            f"of {twin['pairs']}, plain encoder {twin['plain']:.1%}"
        )
    for group in ("by_family", "by_gender"):
        for name, found in result[group].items():
            out.print(f"  {name}: nDCG@10 {found['ndcg']:.3f} ({found['people']} people)")
