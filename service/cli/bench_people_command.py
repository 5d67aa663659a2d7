"""homeward bench-people: taking a register in, and ranking its people for a listing."""

import json
import platform
import random
import resource
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

from service.api.checks import Contract
from service.cli.bench_listings import onet_rows
from service.cli.bench_server import percentile
from service.cli.terminal import cells, log_to_stderr, out, progress_bar, put_between
from service.domain.access import Caller, Scope
from service.domain.imported import FileFormat, ImportKind
from service.domain.listing import Kind, StoredListing
from service.ports import Tools
from service.settings import Settings, bundled
from service.usecases.find_candidates import find_candidates, tiers_of_people
from service.usecases.import_records import run_imports
from service.usecases.load_sample import load_sample_listings
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_organisation
from service.usecases.submit_import import Upload, submit_import
from service.wiring import open_tools

_AT_ONCE: Final = 50_000
_TITLES: Final = 3
_HOMES: Final = ("BD", "IN", "NP", "PK", "LK", "PH")
_WARM_UP: Final = 20
_BEST: Final = 10
_WIDELY: Final = 1000
_LOOKED_INTO: Final = 60
_SEED: Final = 20261122


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the result. Times in seconds or milliseconds as named, memory in MiB.

    import_s: reading, encoding and storing the people as a JSON Lines import; None where they
    were there already. index_s: from then until they can be searched, by a graph where they are
    many. candidates: ten people for a sample job, in process. best_found: the share of these who
    are among the best ten of the thousands nearest.
    """

    people: int
    import_s: float | None
    people_per_s: float | None
    index_s: float
    candidates_p50_ms: float
    candidates_p99_ms: float
    best_found: float
    memory_mib: float


def bench_people(
    onet: Annotated[Path, typer.Option(help="Folder with O*NET's Alternate_Titles.txt.gz.")],
    sizes: Annotated[str, typer.Option(help="People to measure with, by comma.")] = "1000,10000",
    requests: Annotated[int, typer.Option(min=20, help="Questions per size.")] = 200,
    folder: Annotated[
        Path | None, typer.Option(help="Keep each size's people here, and use them again.")
    ] = None,
    write_json: Annotated[Path | None, typer.Option("--json", help="Write figures here.")] = None,
    readme: Annotated[Path | None, typer.Option(help="Put the table into this file.")] = None,
) -> None:
    """Measure imports of people and the reverse match; each person says three titles of a job."""
    log_to_stderr("ERROR")
    said = people_lines(onet)
    rows = [
        _measure(said[:size], requests, folder and folder / str(size))
        for size in map(int, sizes.split(","))
    ]
    table = Table(*asdict(rows[0]), title="People for a listing")
    for row in rows:
        table.add_row(*cells(asdict(row)))
    out.print(table)
    if write_json is not None:
        write_json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    if readme is not None:
        lines = [f"{platform.machine()}, one client, {requests} questions per size.", ""]
        lines += [f"| {' | '.join(asdict(rows[0]))} |", "|" + "---:|" * len(asdict(rows[0]))]
        lines += [f"| {' | '.join(cells(asdict(row)))} |" for row in rows]
        put_between(readme, "bench-people", "\n".join(lines))


def people_lines(onet: Path) -> list[str]:
    """Return lines of JSON, one for each person: load, not language."""
    draw = random.Random(_SEED)  # noqa: S311 - nothing secret
    by_job = [
        [title for _, title in some] for _, some in groupby(onet_rows(onet), lambda row: row[0])
    ]
    found = []
    for number in range(200_000):
        titles = draw.choice(by_job)
        words = ", ".join(draw.sample(titles, min(_TITLES, len(titles))))
        body = {
            "text": f"I worked as {words}",
            "home_country": _HOMES[number % len(_HOMES)],
            "consent": {"matching": True},
        }
        found.append(json.dumps(body))
    return found


def _measure(people: list[str], requests: int, kept: Path | None) -> Measured:
    with ExitStack() as stack:
        place = kept or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="homeward-")))
        settings = Settings(data_dir=place / "data", key_file=place / "keys.json")
        there = settings.data_dir.exists()
        tools = stack.enter_context(open_tools(settings))
        import_s = None if there else _import(tools, people)
        imported = time.perf_counter()
        tools.people.follow()
        tools.people.tidy()
        indexed = time.perf_counter()
        times = _times(tools, requests)
        return Measured(
            people=tools.people.state.people,
            import_s=import_s,
            people_per_s=import_s and len(people) / import_s,
            index_s=indexed - imported,
            candidates_p50_ms=statistics.median(times),
            candidates_p99_ms=percentile(times, 99),
            best_found=_best_found(tools),
            memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        )


def _import(tools: Tools, people: list[str]) -> float:
    """Take the people in; return the seconds it took."""
    ensure_first_organisation(tools)
    caller = Caller("bench", FIRST_ORGANISATION, frozenset({Scope.ADMIN}))
    with progress_bar() as bar:
        load_sample_listings(tools, bundled("data"), FIRST_ORGANISATION, bar)
        started = time.perf_counter()
        for start in range(0, len(people), _AT_ONCE):
            content = "\n".join(people[start : start + _AT_ONCE]).encode()
            upload = Upload(
                content=content,
                kind=ImportKind.RETURNEES,
                format=FileFormat.JSONL,
                source=f"part-{start}",
            )
            submit_import(tools, upload, caller)
        run_imports(tools, Contract(), bar=bar)
        return time.perf_counter() - started


def _jobs(tools: Tools, many: int) -> list[StoredListing]:
    """Return so many of the sample's jobs, drawn one by one."""
    page = tools.store.page_of_listings(after=0, limit=1000, where={"kind": Kind.JOB.value})
    draw = random.Random(_SEED)  # noqa: S311
    return [draw.choice(page.items) for _ in range(many)]


def _best_found(tools: Tools) -> float:
    """Return how many of the best ten are found at all, over some jobs."""
    shares = []
    for listing in _jobs(tools, _LOOKED_INTO):
        asked = tools, listing, FIRST_ORGANISATION
        best = list(tiers_of_people(*asked, _WIDELY))[:_BEST]
        shares.append(len(tiers_of_people(*asked, _BEST).keys() & set(best)) / max(len(best), 1))
    return statistics.mean(shares)


def _times(tools: Tools, requests: int) -> list[float]:
    times = []
    for at, listing in enumerate(_jobs(tools, requests + _WARM_UP)):
        started = time.perf_counter()
        find_candidates(tools, listing.id, FIRST_ORGANISATION, _BEST)
        if at >= _WARM_UP:
            times.append(1000 * (time.perf_counter() - started))
    return times
