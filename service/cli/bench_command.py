"""homeward bench: Homeward beside what somebody would pick instead, and beside its own floor."""

import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import uuid4

import typer

from service.cli import bench_txtai
from service.cli.bench_listings import Jobs, distinct_jobs, write
from service.cli.bench_pgvector import Pgvector
from service.cli.bench_server import (
    KEY,
    Question,
    Server,
    Spread,
    homeward,
    memory_mib,
    serving,
    settings_in,
    throughput,
)
from service.cli.bench_show import show, write_readme
from service.cli.bench_turns import Timed, in_turns
from service.cli.bench_within import (
    Floor,
    Ranked,
    Words,
    bulk_encoding,
    people_words,
    ranking_alone,
)
from service.cli.terminal import err, log_to_stderr, progress_bar, put_between
from service.settings import Settings, bundled
from service.skills.segment import clauses, phrases
from service.usecases.load_sample import load_sample
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key
from service.wiring import build_encoder, open_tools

CLIENTS: Final = (1, 8, 32)
_TXTAI_MOST: Final = 200_000
"""Listings up to which txtai is measured: its index is trained for minutes beyond."""
_FRESH: Final = 5
_PATIENCE_S: Final = 60
_SHORT_WORDS: Final = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """One size. Milliseconds, seconds, MiB and requests a second as named.

    times: p50 and p99 by what was timed. ratios: of medians of ten calls in turns. throughput:
    by what was asked, then by how many clients. recall: see `Floor.recall`. fresh_s: from the
    writing of a new listing until an answer names it. memory: resident, and of it what is not
    mapped from files and so given back when others need it.
    """

    listings: int
    ready_s: float
    fresh_s: float
    memory_mib: float
    memory_own_mib: float
    times: Mapping[str, tuple[float, float]]
    ratios: Mapping[str, Spread]
    throughput: Mapping[str, Mapping[int, float]]
    ranked: Ranked
    recall: Mapping[str, float]
    txtai_ready_s: float | None = None
    txtai_memory_mib: float | None = None


def bench(
    onet: Annotated[
        Path | None,
        typer.Option(help="Folder with O*NET's Alternate_Titles and Task_Statements (.txt.gz)."),
    ] = None,
    sizes: Annotated[str, typer.Option(help="Listings beside the sample's, by comma.")] = "",
    requests: Annotated[int, typer.Option(min=10, help="Calls of each sort and size.")] = 200,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long clients ask at once.")] = 5,
    folder: Annotated[
        Path | None, typer.Option(help="Keep each size's listings here, and use them again.")
    ] = None,
    write_json: Annotated[Path | None, typer.Option("--json", help="Write figures here.")] = None,
    readme: Annotated[Path | None, typer.Option(help="Put the tables into this file.")] = None,
    database: Annotated[
        str | None,
        typer.Option(
            help="postgresql://… of a database to measure pgvector in, empty or of such a run; "
            "one size at a time."
        ),
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw growth and throughput here.")] = None,
) -> None:
    """Measure Homeward, txtai, and what neither can go below, in turns on this machine."""
    log_to_stderr("ERROR")
    wanted = [int(one) for one in sizes.split(",") if one] or ([0, 20_000] if onet else [0])
    if max(wanted) and onet is None:
        err.print(
            "[red]--sizes[/]: more than the sample needs --onet, a folder with alternate titles "
            "and tasks (O*NET database, onetcenter.org, CC BY 4.0); 0 measures the sample alone."
        )
        raise typer.Exit(2)
    if readme is not None:
        put_between(readme, "bench", None)
    if not bench_txtai.installed():
        err.print(bench_txtai.MISSING)
    texts = [one for text, _ in people_words() for one in phrases(text)]
    bulk, over_torch = bulk_encoding(build_encoder(Settings()), texts)
    result: dict[str, Any] = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, {time.strftime('%Y-%m-%d')}",
        "phrases_per_s": asdict(bulk),
        "over_torch": over_torch and asdict(over_torch),
        "rows": [],
    }
    sets = _Sets(onet, max(wanted))
    for size in wanted:
        with ExitStack() as stack:
            place = folder and folder / str(size)
            if place is None:
                place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="homeward-")))
            sets.fill(place, size)
            result["rows"].append(asdict(_measure(place, requests, seconds, database)))
        # After every size: the largest takes an hour, and may not fit.
        if write_json is not None:
            write_json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    show(result)
    if readme is not None:
        write_readme(readme, result)
    if plot is not None:
        # Only here: it takes half a second to import, and most commands draw nothing.
        from service.cli.bench_plot import draw  # noqa: PLC0415

        draw(result, plot)


class _Sets:
    """Data directories with a given number of listings."""

    def __init__(self, onet: Path | None, most: int) -> None:
        self._onet, self._most = onet, most
        self._jobs: Jobs | None = None

    def fill(self, place: Path, size: int) -> None:
        """Load the sample and `size` jobs, and let txtai index the same; once for each place."""
        done = place / "done"
        if done.exists():
            return
        shutil.rmtree(place, ignore_errors=True)
        settings = settings_in(place)
        with progress_bar() as bar:
            with open_tools(settings) as tools:
                ensure_first_key(tools, KEY)
                load_sample(tools, bundled("data"), FIRST_ORGANISATION, bar)
                if size and self._onet is not None and self._jobs is None:
                    distinct = distinct_jobs(self._onet)[: self._most]
                    self._jobs = Jobs.of(tools, distinct, bar)
                model = tools.encoder.model
            if size and self._jobs is not None:
                write(settings, model, self._jobs, size, bar)
            with open_tools(settings) as tools:
                tools.index.tidy()
                if bench_txtai.installed() and size <= _TXTAI_MOST:
                    bench_txtai.fill(place / "txtai", Floor(tools).whole())
        done.touch()


def _measure(place: Path, requests: int, seconds: float, database: str | None) -> Measured:
    """Measure one data directory, everything in turns."""
    with ExitStack() as stack:
        settings = settings_in(place)
        server = stack.enter_context(homeward(settings, remembering=False))
        words = people_words()
        begun = _answered(server, [(short(text), home) for text, home in words])
        asked = {
            "ad-hoc": [_adhoc(one) for one in words],
            "ad-hoc, short": [_adhoc(one) for one in begun],
            "stored": [
                Question.of("GET", f"/v1/returnees/{one}/matches")
                for one in _stored_people(server, words)
            ],
        }
        servers = dict.fromkeys(asked, server)
        other = None
        if (place / "txtai").exists():
            other = stack.enter_context(bench_txtai.txtai(place / "txtai"))
            asked["txtai"] = bench_txtai.questions([text for text, _ in words])
            asked["txtai, short"] = bench_txtai.questions([text for text, _ in begun])
            servers |= {"txtai": other, "txtai, short": other}
        empty = ["-m", "uvicorn", "service.cli.bench_empty:app", "--port", "PORT"]
        nothing = Question.of("GET", "/nothing")
        servers["nothing"] = stack.enter_context(
            serving([*empty, "--log-level", "error"], {}, nothing)
        )
        asked["nothing"] = [nothing]
        # Reading only: the service writes.
        tools = stack.enter_context(open_tools(settings, writable=False))
        floor = Floor(tools)
        timed = {
            name: Timed.over(name, stack.enter_context(servers[name].client()), cycle(some))
            for name, some in asked.items()
        }
        within = [floor.encoder(), floor.search(), *floor.others()]
        inside = None
        if database is not None:
            inside = stack.enter_context(Pgvector.filled(database, tools, floor))
            within.append(inside.alone())
        timed |= {one.name: one for one in within}
        in_turns(timed.values(), requests)
        memory, own = memory_mib(server.pid)
        measured = Measured(
            listings=server.asked(Question.of("GET", "/readyz"))["listings"],
            ready_s=server.ready_s,
            fresh_s=_fresh(server),
            memory_mib=memory,
            memory_own_mib=own,
            times={name: (one.at(50), one.at(99)) for name, one in timed.items()},
            ratios=_ratios(timed),
            throughput={
                name: {
                    clients: throughput(servers[name], asked[name], clients, seconds)
                    for clients in CLIENTS
                }
                for name in asked
            },
            ranked=ranking_alone(tools, requests // 2),
            recall=floor.recall() | (inside.recall() if inside is not None else {}),
            txtai_ready_s=None if other is None else other.ready_s,
            txtai_memory_mib=None if other is None else memory_mib(other.pid)[0],
        )
    # One server writes a folder at a time.
    return _asked_again(settings, measured, asked["stored"], requests, seconds)


def _asked_again(
    settings: Settings, measured: Measured, asked: list[Question], requests: int, seconds: float
) -> Measured:
    """Add how a server answers about the same people again, with its memory of answers."""
    name = "stored, again"
    with homeward(settings) as server, server.client() as line:
        timed = Timed.over(name, line, cycle(asked))
        timed.run(len(asked))
        in_turns([timed], requests)
        rates = {clients: throughput(server, asked, clients, seconds) for clients in CLIENTS}
    return replace(
        measured,
        times={**measured.times, name: (timed.at(50), timed.at(99))},
        throughput={**measured.throughput, name: rates},
    )


def _ratios(timed: Mapping[str, Timed]) -> dict[str, Spread]:
    """Return how many times as long a thing takes as another, by the names of both."""
    found = {
        "stored / (search + nothing)": timed["stored"].over_that(timed["search"], timed["nothing"])
    }
    for name in ("ad-hoc", "ad-hoc, short"):
        plain = name.replace("ad-hoc", "txtai")
        if plain in timed:
            found[f"{name} / {plain}"] = timed[name].over_that(timed[plain])
    return found


def short(text: str) -> str:
    """Return the beginning of what somebody says: the first clauses, five words or more."""
    said = ""
    for one in clauses(text):
        said = f"{said}, {one.phrase}" if said else one.phrase
        if len(said.split()) >= _SHORT_WORDS:
            break
    return said


def _adhoc(words: Words) -> Question:
    text, home = words
    return Question.of("POST", "/v1/match", {"text": text, "home_country": home})


def _answered(server: Server, words: list[Words]) -> list[Words]:
    """Leave out whose first words say nothing about work: "We are five ladies who" is refused."""
    kept = []
    for one in words:
        with suppress(RuntimeError):
            server.asked(_adhoc(one))
            kept.append(one)
    return kept


def _stored_people(server: Server, words: list[Words]) -> list[str]:
    """Store the sample's English writers once more, with consent and no wishes."""
    return [
        server.asked(
            Question.of(
                "POST",
                "/v1/returnees",
                {"text": text, "home_country": home, "consent": {"matching": True}},
            )
        )["id"]
        for text, home in words
    ]


def _fresh(server: Server) -> float:
    """Return the seconds from the writing of a new listing until an answer names it."""
    taken = []
    for _ in range(_FRESH):
        name = uuid4().hex
        body = {"kind": "job", "title": "Rigger of wind turbines", "country": "BD"}
        began = time.perf_counter()
        made = server.asked(Question.of("PUT", f"/v1/listings/bench/{name}", body))["id"]
        question = _adhoc(("I rigged wind turbines", "BD"))
        while made not in json.dumps(server.asked(question)):
            if time.perf_counter() - began > _PATIENCE_S:
                raise TimeoutError("A new listing is not found.")
        taken.append(time.perf_counter() - began)
        server.asked(Question.of("DELETE", f"/v1/listings/bench/{name}"))
    return Spread.of(taken).median
