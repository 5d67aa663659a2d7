"""homeward bench-find: finding somebody again among many, through the console's page."""

import http.client
import json
import platform
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlencode

import typer
import uvicorn
from rich.table import Table

from service.cli.bench_server import percentile
from service.cli.terminal import cells, log_to_stderr, out, progress_bar, put_between
from service.domain.officer import Role
from service.domain.person import Consent, Contact, Profile
from service.domain.records import Put
from service.ports import Tools
from service.settings import Settings, bundled
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_organisation
from service.usecases.manage_officers import add_officer
from service.usecases.register_person import nothing_read
from service.usecases.sign_in import Credentials, SessionRules, sign_in
from service.wiring import open_tools

_SEED: Final = 20261122
_WARM_UP: Final = 10
_TRADES: Final = ("welder", "mason", "cook", "driver", "tailor", "electrician", "nurse", "farmer")
_PLACES: Final = ("Cumilla", "Noakhali", "Sylhet", "Tangail", "Khulna", "Bogura", "Barishal")
_PASSWORD: Final = "seven slow rivers"  # noqa: S105 - of an account that is gone a minute later


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the result, times in ms. filing_s: until all can be found after a start."""

    people: int
    filing_s: float
    page_p50_ms: float
    page_p95_ms: float
    page_p99_ms: float


def bench_find(
    people: Annotated[int, typer.Option(min=100, help="People in the register.")] = 100_000,
    requests: Annotated[int, typer.Option(min=20, help="Searches.")] = 400,
    write_json: Annotated[Path | None, typer.Option("--json", help="Write figures here.")] = None,
    readme: Annotated[Path | None, typer.Option(help="Put the table into this file.")] = None,
) -> None:
    """Measure searches for people by name, place, trade and telephone: whole pages over HTTP."""
    log_to_stderr("ERROR")
    found = _measure(people, requests)
    table = Table(*asdict(found), title="Somebody found again")
    table.add_row(*cells(asdict(found)))
    out.print(table)
    if write_json is not None:
        write_json.write_text(json.dumps(asdict(found), indent=1) + "\n")
    if readme is not None:
        lines = [f"{platform.machine()}, one browser's worth of requests, {requests} searches.", ""]
        lines += [f"| {' | '.join(asdict(found))} |", "|" + "---:|" * len(asdict(found))]
        lines += [f"| {' | '.join(cells(asdict(found)))} |"]
        put_between(readme, "bench-find", "\n".join(lines))


def _measure(people: int, requests: int) -> Measured:
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as place:
        settings = Settings(data_dir=Path(place) / "data", key_file=Path(place) / "keys.json")
        with open_tools(settings) as tools:
            ensure_first_organisation(tools)
            contacts = _fill(tools, people)
            started = time.perf_counter()
            tools.register.follow()
            tools.register.tidy()
            filed = time.perf_counter() - started
            with _served(tools, settings) as port:
                times = sorted(_times(port, _token(tools), _questions(contacts), requests))
    return Measured(
        people=people,
        filing_s=filed,
        page_p50_ms=statistics.median(times),
        page_p95_ms=percentile(times, 95),
        page_p99_ms=percentile(times, 99),
    )


def _fill(tools: Tools, people: int) -> list[Contact]:
    """Register people with drawn names; their words are not read: they are found by names."""
    draw = random.Random(_SEED)  # noqa: S311 - nothing secret
    names = (bundled("data", "lexicon") / "names.txt").read_text(encoding="utf-8").split("\n")
    names = [one for one in names if one.isalpha()]
    nothing, contacts = nothing_read(tools), []
    with progress_bar() as bar:
        bar.start("Registering", people)
        for number in range(people):
            name = " ".join(draw.choice(names).capitalize() for _ in range(2))
            contacts.append(Contact(name, f"017{number:08d}"))
            profile = Profile(
                text=f"{draw.choice(_TRADES)} for {number % 20} years",
                home_country="BD",
                region=draw.choice(_PLACES),
                consent=Consent(matching=True),
            )
            put = Put(organisation_id=FIRST_ORGANISATION, content=profile)
            tools.store.put_person(put, contacts[-1], nothing)
            bar.advance(1)
    return contacts


def _questions(contacts: list[Contact]) -> Iterator[str]:
    """Yield what officers type: a name, a beginning of one, with a place or a trade, a number."""
    draw = random.Random(_SEED + 1)  # noqa: S311 - nothing secret
    while True:
        one = draw.choice(contacts)
        first, last = (one.name or "").split()
        yield f"{first} {last}"
        yield first
        yield f"{first[:3]} {last[:2]}"
        yield f"{first[:4]} {draw.choice(_PLACES)}"
        yield f"{draw.choice(_TRADES)} {draw.choice(_PLACES)}"
        yield first[:1]
        yield one.phone or ""


def _token(tools: Tools) -> str:
    """Return the token of an officer's session."""
    add_officer(
        tools,
        username="bench",
        name="Bench",
        password=_PASSWORD,
        role=Role.OFFICER,
        organisation_id=FIRST_ORGANISATION,
    )
    rules = SessionRules(idle=timedelta(hours=1), longest=timedelta(hours=2))
    return sign_in(tools, rules, Credentials("bench", _PASSWORD)).token


@contextmanager
def _served(tools: Tools, settings: Settings) -> Iterator[int]:
    # Only here: most commands serve nothing, and it takes a second to import.
    from service.app import create_app, given  # noqa: PLC0415

    app = create_app(settings, lambda: given(tools))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def _times(port: int, token: str, questions: Iterator[str], requests: int) -> Iterator[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Cookie": f"homeward-session={token}", "Accept-Encoding": "gzip"}
    deadline = time.monotonic() + 60
    while _status(connection, "/readyz", {}) != http.HTTPStatus.OK and time.monotonic() < deadline:
        time.sleep(0.05)
    for at in range(requests + _WARM_UP):
        path = f"/console/people?{urlencode({'q': next(questions)})}"
        began = time.perf_counter()
        status = _status(connection, path, headers)
        if status != http.HTTPStatus.OK:
            message = f"A search was answered with {status}."
            raise RuntimeError(message)
        if at >= _WARM_UP:
            yield 1000 * (time.perf_counter() - began)


def _status(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> int:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status
