"""Many processes on one database: real ones, killed for real, and a server that goes away.

One of them is this process, which has read its words for other tests already.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zlib import crc32

import httpx
import psycopg
import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.conftest import ADMIN
from tests.postgres.server import OwnServer, own_server
from tests.waiting import until

ROOT: Final = Path(__file__).parents[2]
ROWS: Final = 3_000
IMPORTS: Final = crc32(b"imports") & 0x7FFFFFFF
_A_MOMENT: Final = 3.0
"""A second, on a machine that does nothing else meanwhile."""
Client = httpx.Client | TestClient
AUTHORISED: Final = {"Authorization": f"Bearer {ADMIN}"}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


@dataclass
class House:
    """Processes over the databases of one server, each with a data directory of its own."""

    server: OwnServer
    folder: Path
    taxonomy: Path
    stack: ExitStack
    servers: list[Client] = field(default_factory=list)
    processes: dict[int, str] = field(default_factory=dict)

    def _settings(self, name: str, *, background: bool) -> Settings:
        data = self.folder / name
        shutil.copytree(self.taxonomy, data / "index")
        return Settings(
            database_url=self.server.url("records"),
            person_keys=self.server.url("keys"),
            key_file=self.folder / "keys.json",
            data_dir=data,
            admin_key=ADMIN,
            background=background,
            rate_limit=0,
            encoder_threads=1,
        )

    def _start(self, name: str, *words: str) -> None:
        settings = self._settings(name, background=True)
        said = settings.model_dump(mode="json", exclude_unset=True)
        named = {f"HOMEWARD_{one.upper()}": str(value) for one, value in said.items()}
        environment = {**os.environ, **named, "PYTHONPATH": str(ROOT)}
        log = self.stack.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-m", "service.cli", *words], env=environment, stdout=log, stderr=log
        )
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        self.processes[process.pid] = name

    def serve_here(self, name: str) -> Client:
        """Serve in this process, without what goes on beside; return a client."""
        settings = self._settings(name, background=False)
        headed = TestClient(create_app(settings), headers=AUTHORISED)
        return self.stack.enter_context(headed)

    def serve(self, name: str) -> Client:
        """Start a server, and return a client of it."""
        port = _free_port()
        self._start(name, "serve", "--port", str(port))
        base = f"http://127.0.0.1:{port}"
        client = httpx.Client(base_url=base, headers=AUTHORISED, timeout=60)
        return self.stack.enter_context(client)

    def work(self, name: str) -> None:
        """Start a worker."""
        self._start(name, "work")

    def who_imports(self) -> int | None:
        """Return the process whose turn it is to import; there is one with work to do at most."""
        with psycopg.connect(self.server.url("records"), autocommit=True) as connection:
            row = connection.execute(
                "SELECT split_part(application_name, ' ', 2) FROM pg_stat_activity JOIN pg_locks"
                " USING (pid) WHERE locktype = 'advisory' AND objid = %s",
                (IMPORTS,),
            ).fetchone()
        return None if row is None else int(str(row[0]))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, encoded_taxonomy: Path) -> Iterator[House]:
    """Empty databases, and who works with them."""
    server = own_server()
    for name in ("records", "keys"):
        server.create(name)
    with ExitStack() as stack:
        house = House(server, tmp_path_factory.mktemp("house"), encoded_taxonomy, stack)
        # All at once: one of them makes schema and seals, the others wait for it.
        second = house.serve("second")
        house.work("worker")
        house.servers = [house.serve_here("first"), second]
        for client in house.servers:
            _until_ready(client)
        log = house.folder / "worker.log"
        until(lambda: b"Working." in log.read_bytes(), "the worker")
        yield house
    for name in ("records", "keys"):
        server.drop(name)


def _status(client: Client, path: str) -> int:
    try:
        return client.get(path).status_code
    except httpx.TransportError:
        return 0


def _until_ready(client: Client) -> None:
    until(lambda: _status(client, "/readyz") == 200, f"{client.base_url} to be ready")


def _matched(client: Client, text: str) -> list[str]:
    body = {"text": text, "home_country": "BD", "limit": 5}
    answer = client.post("/v1/match", json=body)
    assert answer.status_code == 200, answer.text
    return [one["listing"]["external_id"] for one in answer.json()["routes"]["local"]]


def test_a_listing_put_to_one_is_matched_by_all(house: House) -> None:
    """Within a second: each looks for changes every half of one."""
    first, second = house.servers
    listing = {"kind": "job", "title": "Bricklayer", "country": "BD"}
    assert first.put("/v1/listings/board/wall", json=listing).status_code == 201
    began = time.monotonic()
    until(lambda: second.get("/readyz").json()["listings"] == 1, "the other server to see it")
    took = time.monotonic() - began
    assert "wall" in _matched(second, "I lay bricks")
    assert took < _A_MOMENT
    assert first.get("/v1/keys").json() == second.get("/v1/keys").json()


def _import(client: Client, source: str, rows: int) -> str:
    lines = [
        f"{number},Mason {number % 100},BD,lay bricks {number % 100}" for number in range(rows)
    ]
    table = "\n".join(["Ref,Title,Country,Skills", *lines]).encode()
    sent = client.post(
        f"/v1/imports?kind=listings&source={source}",
        content=table,
        headers={"Content-Type": "text/csv"},
    )
    assert sent.status_code == 202, sent.text
    return sent.headers["Location"]


def _counts(client: Client, where: str) -> dict[str, int]:
    counts: dict[str, int] = client.get(where).json()["counts"]
    return counts


def test_an_import_goes_on_where_its_worker_was_killed(house: House) -> None:
    """Another takes it over; every row is taken once, and said so once."""
    first, second = house.servers
    where = _import(second, "killed", ROWS)
    until(lambda: _counts(first, where).get("created", 0) > 0, "the first rows")
    busy = house.who_imports()
    taken = _counts(first, where)["created"]
    assert busy is not None
    assert house.processes[busy] in {"second", "worker"}
    os.kill(busy, signal.SIGKILL)
    until(lambda: first.get(where).json()["state"] == "done", "another to end it")
    assert taken < ROWS
    assert _counts(first, where) == {"created": ROWS, "changed": 0, "unchanged": 0, "refused": 0}
    with psycopg.connect(house.server.url("records")) as connection:
        said = "SELECT count(*), min(version), max(version) FROM listings WHERE source = 'killed'"
        assert connection.execute(said).fetchone() == (ROWS, 1, 1)
    if house.processes[busy] == "second":
        house.servers.remove(second)


def test_all_go_on_once_the_database_is_back(house: House) -> None:
    """Meanwhile 503 with Retry-After; nobody has to start anything again."""
    house.server.stop()
    for client in house.servers:
        body = {"text": "I lay bricks", "home_country": "BD"}
        refused = client.post("/v1/match", json=body)
        assert (refused.status_code, refused.json()["code"]) == (503, "database_unavailable")
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert _status(client, "/readyz") == 503
        assert _status(client, "/healthz") == 200
    house.server.start_again()
    for client in house.servers:
        _until_ready(client)
        assert len(_matched(client, "I lay bricks")) == 5
    where = _import(house.servers[0], "later", 3)
    until(lambda: house.servers[-1].get(where).json()["state"] == "done", "the worker to come back")
