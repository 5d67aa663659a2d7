"""The whole service over a server: the same answers, and people whose keys lie there, too."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
import structlog
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from service import app as module
from service.adapters.vectors.pgvector.index import PgvectorListingIndex
from service.cli.commands import app
from service.domain.errors import StorageError
from service.domain.person import Route
from service.domain.request import MatchRequest
from service.ports import Tools
from service.settings import Settings, bundled
from service.usecases.find_matches import match_profile
from service.usecases.gold import SPLITS, read_gold
from service.wiring import open_tools
from tests.conftest import client_over, settings_in
from tests.postgres.server import server
from tests.waiting import until, until_ready

PEOPLE: Final = int(os.environ.get("HOMEWARD_GOLD_PEOPLE", "15"))


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory, loaded_sample: Path) -> Iterator[Settings]:
    """Settings of servers to which the sample's data directory has been moved."""
    folder = tmp_path_factory.mktemp("moved")
    shutil.copytree(loaded_sample, folder, dirs_exist_ok=True)
    urls = {name: server().create(name) for name in ("database_url", "person_keys")}
    settings = settings_in(folder).model_copy(update=urls)
    with pytest.MonkeyPatch.context() as environment:
        for name in ("data_dir", "key_file", *urls):
            environment.setenv(f"HOMEWARD_{name.upper()}", str(getattr(settings, name)))
        done = CliRunner().invoke(app, ["migrate", "--from-data-dir"])
        assert done.exit_code == 0, done.output
        again = CliRunner().invoke(app, ["migrate", "--from-data-dir"])
        assert again.exit_code == 1
        assert "exists" in again.output
    yield settings
    for name in urls:
        server().drop(name)


@pytest.fixture(scope="module")
def moved_tools(moved: Settings) -> Iterator[Tools]:
    """Tools over the servers."""
    with open_tools(moved) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(moved_tools: Tools, moved: Settings) -> Iterator[TestClient]:
    """A client of an application over the servers."""
    yield from client_over(moved_tools, moved)


def _answers(tools: Tools) -> list[list[tuple[str, float]]]:
    """Return, for each person of the gold set and each route, who is found with which score."""
    folder = bundled("data", "gold")
    people = [one for split in SPLITS for one in read_gold(folder, split)][:PEOPLE]
    answers = []
    for one in people:
        request = MatchRequest(profile=one.profile, routes=tuple(Route), limit=20)
        routes = match_profile(tools, request).routes
        answers += [[(x.listing.id, x.score) for x in found] for found in routes.values()]
    return answers


def test_answers_are_those_of_sqlite(
    sample_tools: Tools, moved_tools: Tools, moved: Settings
) -> None:
    """The same listings in the same order, with the same scores, for people of the gold set.

    Also from an index in the database.
    """
    here, there = _answers(sample_tools), _answers(moved_tools)
    in_database = moved.model_copy(update={"listing_index": "pgvector"})
    with open_tools(in_database) as searching:
        assert isinstance(searching.index, PgvectorListingIndex)
        there += _answers(searching)
    found = sum(map(len, here))
    assert found > 10 * min(PEOPLE, 200)
    here += here
    assert [[name for name, _ in one] for one in here] == [
        [name for name, _ in one] for one in there
    ]
    apart = max(
        abs(score - other)
        for one, two in zip(here, there, strict=True)
        for (_, score), (_, other) in zip(one, two, strict=True)
    )
    print(f"{len(here)} answers, {2 * found} listings, scores {apart:.1e} apart")  # noqa: T201 - pytest -s
    assert apart <= 1e-3


def test_people_who_were_moved_are_read_and_numbers_go_on(client: TestClient) -> None:
    """Their keys came along, and what is written next stands behind them."""
    before = client.get("/v1/returnees", params={"limit": 100}).json()["items"]
    assert len(before) > 50
    assert client.get(f"/v1/returnees/{before[0]['id']}/matches").status_code == 200
    made = client.post("/v1/returnees", json={"text": "I cook", "home_country": "BD"})
    assert made.status_code == 201, made.text
    assert client.delete(f"/v1/returnees/{made.json()['id']}").status_code == 204


def test_a_person_comes_is_matched_and_goes(client: TestClient) -> None:
    """As on SQLite: over HTTP, from a listing to an erasure that leaves nothing that opens."""
    listing = {"kind": "job", "title": "Mason for tall chimneys", "country": "BD"}
    put = client.put("/v1/listings/board/chimney", json=listing)
    assert put.status_code == 201, put.text
    person = {
        "text": "I build tall chimneys, mason",
        "home_country": "BD",
        "consent": {"matching": True},
    }
    put = client.put("/v1/returnees/crm/chimney", json=person)
    assert put.status_code == 201, put.text
    address = f"/v1/returnees/{put.json()['id']}"
    found = client.get(f"{address}/matches", params={"routes": "local"}).json()
    assert found["routes"]["local"][0]["listing"]["title"] == listing["title"]
    search = client.get("/v1/listings", params={"source": "board"}).json()
    assert [one["external_id"] for one in search["items"]] == ["chimney"]
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert client.get("/v1/access-log", params={"limit": 5}).status_code == 200


def test_a_file_is_taken_in(client: TestClient) -> None:
    """By the thread beside the requests, to its end."""
    table = b"Ref,Title,Country\n1,Mason,BD\n2,,BD\n"
    headers = {"Content-Type": "text/csv"}
    address = "/v1/imports?kind=listings&source=file"
    sent = client.post(address, content=table, headers=headers)
    assert sent.status_code == 202, sent.text
    where = sent.headers["Location"]
    until(lambda: client.get(where).json()["state"] == "done", "the import")
    assert client.get(where).json()["counts"]["created"] == 1


def test_a_command_works_beside_the_service(
    client: TestClient, moved: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It imports, or waits while the service does."""
    for name in ("data_dir", "key_file", "database_url", "person_keys"):
        monkeypatch.setenv(f"HOMEWARD_{name.upper()}", str(getattr(moved, name)))
    table = tmp_path / "beside.csv"
    table.write_text("Ref,Title,Country\n1,Cook,BD\n2,Tailor,BD\n")
    done = CliRunner().invoke(app, ["import", str(table), "--kind", "listings", "--source", "desk"])
    structlog.reset_defaults()
    assert done.exit_code == 0, done.output
    assert "2 created" in done.output
    found = client.get("/v1/listings", params={"source": "desk"}).json()["items"]
    assert {one["title"] for one in found} == {"Cook", "Tailor"}


def test_a_service_waits_for_its_database(
    moved_tools: Tools, moved: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started while it is away, it says so, tries again and serves once it is there."""
    monkeypatch.setattr(module, "_AGAIN_S", 0.2)
    there = threading.Event()

    @contextmanager
    def opener() -> Iterator[Tools]:
        if not there.is_set():
            raise StorageError("It is away.", code="database_unavailable")
        yield moved_tools

    with TestClient(module.create_app(moved, opener)) as waiting:
        until(lambda: waiting.get("/readyz").json()["code"] == "database_unavailable", "the code")
        assert waiting.get("/readyz").headers["Retry-After"]
        there.set()
        until_ready(waiting)


def test_the_server_is_not_asked_for_more_than_is_set(moved_tools: Tools) -> None:
    """Connections of one process: those to read with, one to write with, one for its turns."""
    with server().connect() as connection:
        held = connection.execute(
            "SELECT datname, count(*) FROM pg_stat_activity"
            " WHERE application_name LIKE 'homeward %' GROUP BY datname"
        ).fetchall()
    assert moved_tools.store.healthy()
    assert held
    assert all(int(str(count)) <= 10 + 1 + 3 for _, count in held)
