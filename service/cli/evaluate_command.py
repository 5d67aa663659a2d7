"""homeward evaluate: the gold set, Homeward beside what could be assembled from parts."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import numpy as np
import typer

from service.cli.evaluate_show import TITLES, as_markdown, show
from service.cli.terminal import log_to_stderr, progress_bar, put_between
from service.ports import Encoder, ProgressBar, Tools
from service.settings import Settings, bundled
from service.usecases.evaluate import (
    Board,
    Floats,
    SystemResult,
    baselines,
    board_of,
    bootstrap_interval,
    by_route,
    calibration,
    channel_scores,
    compare,
    homeward_scores,
    judge,
)
from service.usecases.gold import SPLITS, GoldPerson, read_evidence, read_gold
from service.usecases.load_sample import load_sample_listings
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key
from service.usecases.measure_languages import languages_quality, understood_quality
from service.usecases.measure_pathways import pathway_quality
from service.usecases.measure_reading import evidence_quality, twins_quality
from service.usecases.measure_retrieval import retrieval_quality
from service.usecases.measure_spread import spread_quality
from service.usecases.published import measured, read_melo, read_talentclef
from service.wiring import open_tools, plain_encoder

MEASURES: Final = tuple(TITLES)
_PLAIN: Final = "plain MiniLM"


def evaluate(
    split: Annotated[str, typer.Option(help="dev to work with, test only to report.")] = "dev",
    write_json: Annotated[Path | None, typer.Option("--json", help="Write figures here.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write a page of plots (HTML) here.")] = None,
    readme: Annotated[Path | None, typer.Option(help="Put the tables into this file.")] = None,
    against: Annotated[
        Path | None, typer.Option(help="Compare, person by person, with an earlier --json file.")
    ] = None,
    benchmarks: Annotated[
        Path, typer.Option(help="Folder of the published benchmarks; skipped where absent.")
    ] = Path("../shared/benchmarks"),
    corpora: Annotated[
        Path, typer.Option(help="Folder with tatoeba/ and flores/; skipped where absent.")
    ] = Path("../shared/corpora"),
) -> None:
    """Measure the ranking, evidence and invariance on the gold set."""
    if split not in SPLITS:
        raise typer.BadParameter("use dev or test", param_hint="--split")
    earlier = _earlier(against) if against is not None else None
    if readme is not None:
        put_between(readme, "gold", None)
    log_to_stderr("ERROR")
    folder = bundled("data", "gold")
    people = read_gold(folder, split)
    with TemporaryDirectory(prefix="homeward-evaluate-") as place, progress_bar() as bar:
        settings = Settings(data_dir=Path(place) / "data", key_file=Path(place) / "keys.json")
        with open_tools(settings) as tools:
            board = load_board(tools, bar)
            result = _ranking(tools, people, board, bar)
            labels = read_evidence(folder, {one.id for one in people})
            result["evidence"] = asdict(evidence_quality(tools, people, labels, board))
            plain = plain_encoder() or tools.encoder
            twins = twins_quality(tools, folder, board, plain, bar)
            result["twins"] = [asdict(one) for one in twins]
            spoken = languages_quality(tools, folder, people, board, plain, bar)
            result["languages"] = [asdict(one) for one in spoken]
            result["spread"] = asdict(spread_quality(tools, people, board, bar))
            result["pathways"] = asdict(pathway_quality(tools, bundled("data"), bar))
            result["understood"] = [asdict(one) for one in understood_quality(tools, folder)]
            found = retrieval_quality(tools, corpora, plain, bar)
            result["retrieval"] = [asdict(one) for one in found]
            if benchmarks.is_dir():
                result["benchmarks"] = _published(tools.encoder, benchmarks, bar)
    result["split"], result["people"] = split, len(people)
    if earlier is not None:
        result["against"] = _paired(result, earlier)
    show(result)
    if write_json is not None:
        write_json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if readme is not None:
        put_between(readme, "gold", as_markdown(result))
    if page is not None:
        # Imported only here: matplotlib takes a second that no other command should wait for.
        from service.cli.evaluate_page import write_page  # noqa: PLC0415

        write_page(result, page)


def load_board(tools: Tools, bar: ProgressBar) -> Board:
    """Load the sample listings into empty tools, with no corridor closed.

    The gold set grades work, not policy: a closed country would be measured as a bad ranking.
    """
    ensure_first_key(tools, "evaluate")
    registered = tools.store.page_of_corridors(after=0, limit=1000, origin=None, destination=None)
    for one in registered.items:
        tools.store.remove_corridor(one.id, tools.clock.now(), None, None)
    load_sample_listings(tools, bundled("data"), FIRST_ORGANISATION, bar)
    return board_of(tools)


def _ranking(
    tools: Tools, people: Sequence[GoldPerson], board: Board, bar: ProgressBar
) -> dict[str, Any]:
    bar.start("People", len(people))
    scores = homeward_scores(tools, people, board, bar)
    ours = judge("Homeward", scores, people, board)
    encoders = {"this encoder, whole text": tools.encoder}
    plain = plain_encoder()
    if plain is not None:
        encoders[_PLAIN] = plain
    queries, documents = [one.profile.text for one in people], board.texts()
    systems = [
        judge(name, rank(queries, documents), people, board)
        for name, rank in baselines(encoders).items()
    ]
    bar.start("Channels", len(people))
    channels = [
        judge(f"channel: {name}", found, people, board)
        for name, found in channel_scores(tools, people, board, bar).items()
    ]
    rivals = [one for one in systems if one.name not in encoders or one.name == _PLAIN]
    best = max(rivals, key=lambda one: one.values("ndcg").mean())
    groups = {
        "by_family": [one.family for one in people],
        "by_gender": [one.gender for one in people],
        "by_language": [one.language for one in people],
        "by_country": [one.profile.home_country or "" for one in people],
    }
    return {
        "systems": {one.name: _summary(one) for one in (ours, *systems, *channels)},
        "best_baseline": best.name,
        "gain_over_best": asdict(compare(ours, best)),
        "calibration": asdict(calibration(scores, people, board)),
        "by_route": _routes(scores, people, board),
        **{name: _by(ours, group) for name, group in groups.items()},
        "by_person": {
            one.id: {name: _or_none(ours.values(name)[row]) for name in MEASURES}
            for row, one in enumerate(people)
        },
    }


def _interval(values: Floats) -> dict[str, float]:
    low, high = bootstrap_interval(values)
    return {"mean": float(np.nanmean(values)), "low": low, "high": high}


def _summary(system: SystemResult) -> dict[str, Any]:
    return {measure: _interval(system.values(measure)) for measure in MEASURES}


def _routes(scores: Floats, people: Sequence[GoldPerson], board: Board) -> dict[str, Any]:
    return {
        route: {"ndcg": _interval(ndcg), "recall": _interval(recall)}
        for route, (ndcg, recall) in by_route(scores, people, board).items()
    }


def _by(system: SystemResult, groups: Sequence[str]) -> dict[str, dict[str, Any]]:
    values, names = system.values("ndcg"), np.array(groups)
    return {
        name: {**_interval(values[names == name]), "people": int((names == name).sum())}
        for name in sorted(set(groups))
    }


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _published(encoder: Encoder, folder: Path, bar: ProgressBar) -> dict[str, Any]:
    found: dict[str, Any] = {}
    encoders = {"this encoder": encoder}
    plain = plain_encoder()
    if plain is not None:
        encoders[_PLAIN] = plain
    sets = [read_melo(folder), read_talentclef(folder, "english")]
    bar.start("Published benchmarks", len(sets) * len(encoders))
    for benchmark in sets:
        found[benchmark.name] = {}
        for name, one in encoders.items():
            mrr, mean_precision = measured(one, benchmark)
            found[benchmark.name][name] = {"mrr": mrr, "map": mean_precision}
            bar.advance(1)
    return found


def _earlier(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        usable = bool(found["by_person"])
    except (OSError, ValueError, KeyError, TypeError):
        usable = False
    if not usable:
        message = f"{path} is not a file that homeward evaluate --json has written"
        raise typer.BadParameter(message, param_hint="--against")
    return found


def _paired(now: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    """Return the mean difference to an earlier run and its interval, over the same people."""
    both = sorted(now["by_person"].keys() & earlier["by_person"].keys())
    if not both:
        message = "it holds none of these people; was it another split?"
        raise typer.BadParameter(message, param_hint="--against")
    found = {}
    for measure in MEASURES:
        pairs = [(now["by_person"][x][measure], earlier["by_person"][x][measure]) for x in both]
        gaps = [a - b for a, b in pairs if a is not None and b is not None]
        found[measure] = _interval(np.array(gaps))
    return {"people": len(both), **found}
