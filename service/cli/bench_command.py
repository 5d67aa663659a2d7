"""homeward bench: start-up, both match calls over HTTP, encoding speed, memory."""

import csv
import gzip
import http
import http.client
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from service.cli.terminal import err, log_to_stderr, out, progress_bar, put_between
from service.domain.eligibility import Eligibility
from service.domain.listing import Kind, Listing
from service.domain.person import Market, MinWage, Preferences, Profile, Veto
from service.domain.pool import Ask, PoolQuery
from service.domain.records import Put
from service.domain.request import MatchRequest
from service.matching.score import best_rows
from service.ports import Tools
from service.settings import Settings, bundled
from service.skills.segment import phrases
from service.usecases.find_matches import match_profile
from service.usecases.load_sample import load_sample, sample_people
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key
from service.usecases.put_listings import put_listings
from service.usecases.score_pools import measured_by, scored
from service.usecases.understand import understand
from service.wiring import build_encoder, open_tools

_KEY: Final = "bench-key-of-one-run"
_COUNTRIES: Final = ("BD", "IN", "NP", "PK", "LK", "PH", "SA", "AE", "QA", "MY", "JP", "RO")
_WARM_UP: Final = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the result. Times in seconds or milliseconds as named, memory in MiB.

    ranking: reading the words, searching and scoring three routes, in process. full: the whole
    answer to the same words with wishes of every sort, in process; the two take turns, so that
    their ratio stands on a noisy machine as well. No age is given: what it adds from 45 on is a
    search of its own.
    """

    listings: int
    start_to_ready_s: float
    adhoc_p50_ms: float
    adhoc_p99_ms: float
    stored_p50_ms: float
    stored_p99_ms: float
    ranking_p50_ms: float
    full_p50_ms: float
    full_to_ranking: float
    memory_mib: float


def bench(
    onet: Annotated[
        Path | None,
        typer.Option(help="Folder with O*NET's Alternate_Titles.txt.gz, for large sets."),
    ] = None,
    sizes: Annotated[str, typer.Option(help="Listings to measure with, by comma.")] = "",
    requests: Annotated[int, typer.Option(min=20, help="Requests per call and size.")] = 300,
    write_json: Annotated[Path | None, typer.Option("--json", help="Write figures here.")] = None,
    readme: Annotated[Path | None, typer.Option(help="Put the table into this file.")] = None,
) -> None:
    """Measure this machine over HTTP, one client, sample people's own words."""
    log_to_stderr("ERROR")
    wanted = [int(one) for one in sizes.split(",") if one] or ([0, 50_000] if onet else [0])
    titles = _onet_titles(onet) if onet else []
    if max(wanted) and not titles:
        err.print(
            "[red]--sizes[/]: more than the sample needs --onet, a folder with alternate titles "
            "(O*NET database, onetcenter.org, CC BY 4.0); 0 measures the sample alone."
        )
        raise typer.Exit(2)
    texts_per_s = _encoding_speed()
    # Beyond the titles there are, they come again: the same work in another country.
    rows = [_measure(list(islice(cycle(titles), size)), requests) for size in wanted]
    _show(rows, texts_per_s)
    if write_json is not None:
        result = {"texts_per_s": texts_per_s, "rows": [asdict(row) for row in rows]}
        write_json.write_text(json.dumps(result, indent=1) + "\n")
    if readme is not None:
        _write_readme(readme, rows, texts_per_s)


def onet_rows(folder: Path) -> list[tuple[str, str]]:
    """Return (occupation code, alternate title) from O*NET's table, in its order."""
    path = folder / "Alternate_Titles.txt.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [(row["O*NET-SOC Code"], row["Alternate Title"]) for row in rows]


def _onet_titles(folder: Path) -> list[str]:
    return [title for _, title in onet_rows(folder)]


def _people_texts() -> list[tuple[str, str]]:
    """Return (words, home country) of the sample people who write English."""
    people = sample_people(bundled("data"), datetime.now(UTC).date())
    return [
        (profile.text, profile.home_country or "BD")
        for _, language, profile in people
        if language == "en"
    ]


def _encoding_speed() -> float:
    """Return texts encoded per second in bulk: the phrases of the sample people."""
    encoder = build_encoder(Settings())
    texts = [one for text, _ in _people_texts() for one in phrases(text)]
    encoder.encode(texts[:64])
    rates = []
    for _ in range(5):
        began = time.perf_counter()
        encoder.encode(texts)
        rates.append(len(texts) / (time.perf_counter() - began))
    return statistics.median(rates)


def _measure(titles: list[str], requests: int) -> Measured:
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as folder:
        settings = Settings(
            data_dir=Path(folder) / "data",
            key_file=Path(folder) / "keys.json",
            admin_key=_KEY,
            rate_limit=0,
        )
        _fill(settings, titles)
        with _server(settings) as (call, process, ready_s):
            stored = _stored_people(call)
            words = _people_texts()
            adhoc = _times(
                requests,
                cycle([("POST", "/v1/match", {"text": t, "home_country": c}) for t, c in words]),
                call,
            )
            kept = _times(
                requests,
                cycle([("GET", f"/v1/returnees/{one}/matches", None) for one in stored]),
                call,
            )
            listings = call("GET", "/readyz", None)["listings"]
            memory = _memory_mib(process.pid)
        ranking, full = _in_process(settings, requests)
        return Measured(
            listings=listings,
            start_to_ready_s=round(ready_s, 2),
            adhoc_p50_ms=_percentile(adhoc, 50),
            adhoc_p99_ms=_percentile(adhoc, 99),
            stored_p50_ms=_percentile(kept, 50),
            stored_p99_ms=_percentile(kept, 99),
            ranking_p50_ms=_percentile(ranking, 50),
            full_p50_ms=_percentile(full, 50),
            full_to_ranking=round(_percentile(full, 50) / _percentile(ranking, 50), 2),
            memory_mib=memory,
        )


_WISHES: Final = Preferences(
    exclude_countries=("MY",),
    max_distance_km=200,
    min_wage=MinWage(10_000, "BDT"),
    vetoes=(Veto(text="domestic help", market=Market.LOCAL), Veto(isco08="0310")),
)


def _in_process(settings: Settings, requests: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds of the ranking alone and of the whole answer, in turns."""
    ranking, full = [], []
    with open_tools(settings) as tools:
        questions = cycle(_people_texts())
        for at, (text, country) in enumerate(islice(questions, requests + _WARM_UP)):
            profile = Profile(
                text=text,
                home_country=country,
                region="Dhaka" if country == "BD" else None,
                preferences=_WISHES,
            )
            began = time.perf_counter()
            _rank_only(tools, Profile(text=text, home_country=country))
            between = time.perf_counter()
            match_profile(tools, MatchRequest(profile=profile))
            ended = time.perf_counter()
            if at >= _WARM_UP:
                ranking.append((between - began) * 1000)
                full.append((ended - between) * 1000)
    return ranking, full


def _rank_only(tools: Tools, profile: Profile) -> None:
    """Read the words, search and score three routes, and fetch the best: no rules, no reasons."""
    read = understand(tools, profile)
    home = frozenset({profile.home_country or ""})
    jobs = Eligibility(kinds=frozenset({Kind.JOB}))
    asks = (
        Ask(replace(jobs, countries=home), 120),
        Ask(replace(jobs, countries_not=home), 120),
        Ask(Eligibility(kinds=frozenset({Kind.TRAINING, Kind.ENTERPRISE})), 120),
    )
    measured = measured_by(tools, read)
    best: list[str] = []
    for pool in tools.index.pools(PoolQuery(read.vectors, read.work_text, asks)):
        score, _ = scored(tools, pool, measured)
        best += [pool.ids[row] for row in best_rows(score, 10)]
    tools.store.listings(best)


def _fill(settings: Settings, titles: list[str]) -> None:
    """Load the sample and, beside it, one job per O*NET title."""
    with open_tools(settings) as tools, progress_bar() as bar:
        ensure_first_key(tools, _KEY)
        load_sample(tools, bundled("data"), FIRST_ORGANISATION, bar)
        bar.start(f"{len(titles):,} O*NET titles", len(titles))
        puts = [
            Put(
                organisation_id=FIRST_ORGANISATION,
                source="onet",
                external_id=str(at),
                content=Listing(
                    kind=Kind.JOB, title=title, country=_COUNTRIES[at % len(_COUNTRIES)]
                ),
            )
            for at, title in enumerate(titles)
        ]
        put_listings(tools, puts, bar)
        tools.index.tidy()


Call = Callable[[str, str, dict[str, Any] | None], Any]


@contextmanager
def _server(settings: Settings) -> Iterator[tuple[Call, "subprocess.Popen[bytes]", float]]:
    """Run `homeward serve` as a partner would; yield a caller, the process, start to ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "HOMEWARD_DATA_DIR": str(settings.data_dir),
        "HOMEWARD_KEY_FILE": str(settings.key_file),
        "HOMEWARD_ADMIN_KEY": _KEY,
        "HOMEWARD_RATE_LIMIT": "0",
        "HOMEWARD_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "service.cli", "serve", "--port", str(port)]
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own command
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(method: str, path: str, body: dict[str, Any] | None) -> Any:  # noqa: ANN401 - JSON
        headers = {"Authorization": f"Bearer {_KEY}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text)

    try:
        while True:
            try:
                call("GET", "/readyz", None)
                break
            except (OSError, http.client.HTTPException, RuntimeError):
                connection.close()
                if process.poll() is not None:
                    raise
                time.sleep(0.02)
        yield call, process, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def _stored_people(call: Call) -> list[str]:
    """Store the sample's English writers once more, with consent and no wishes."""
    return [
        call(
            "POST",
            "/v1/returnees",
            {"text": text, "home_country": country, "consent": {"matching": True}},
        )["id"]
        for text, country in _people_texts()
    ]


def _times(
    count: int, questions: Iterator[tuple[str, str, dict[str, Any] | None]], call: Call
) -> list[float]:
    """Return the milliseconds of `count` calls, one after the other, after a warm-up."""
    for question in islice(questions, _WARM_UP):
        call(*question)
    taken = []
    for question in islice(questions, count):
        began = time.perf_counter()
        call(*question)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    at = min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))
    return round(ordered[at], 1)


def _memory_mib(pid: int) -> float:
    """Return the resident memory of a process (Linux; 0 where /proc is missing)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return 0.0
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return round(int(kib) / 1024, 0)


_COLUMNS: Final = (
    ("listings", "listings"),
    ("start to ready, s", "start_to_ready_s"),
    ("ad-hoc p50, ms", "adhoc_p50_ms"),
    ("ad-hoc p99, ms", "adhoc_p99_ms"),
    ("stored p50, ms", "stored_p50_ms"),
    ("stored p99, ms", "stored_p99_ms"),
    ("ranking alone p50, ms", "ranking_p50_ms"),
    ("with routes, rules, flags, bridges p50, ms", "full_p50_ms"),
    ("ratio", "full_to_ranking"),
    ("memory, MiB", "memory_mib"),
)


def _show(rows: list[Measured], texts_per_s: float) -> None:
    table = Table(title=f"homeward bench, {os.cpu_count()} cores")
    for title, _ in _COLUMNS:
        table.add_column(title, justify="right")
    for row in rows:
        table.add_row(*(f"{getattr(row, name):,}" for _, name in _COLUMNS))
    out.print(table)
    out.print(f"Encoding in bulk: {texts_per_s:,.0f} phrases per second")


def _write_readme(path: Path, rows: list[Measured], texts_per_s: float) -> None:
    lines = [
        "| " + " | ".join(title for title, _ in _COLUMNS) + " |",
        "|" + "---:|" * len(_COLUMNS),
        *(
            "| " + " | ".join(f"{getattr(row, name):,}" for _, name in _COLUMNS) + " |"
            for row in rows
        ),
        "",
        (
            f"Encoding in bulk: {texts_per_s:,.0f} phrases per second. "
            f"One run on {os.cpu_count()} cores, {platform.machine()}, "
            f"Python {platform.python_version()}, one client, {time.strftime('%Y-%m-%d')}."
        ),
    ]
    put_between(path, "bench", "\n".join(lines))
