"""A real standby that streams: read from while it is level, and never behind what was written."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from prometheus_client import generate_latest
from pydantic import ValidationError

from service.adapters.store.postgres import PostgresDatabase, ServerUrl
from service.adapters.store.sql import KeyPlaces, SqlStore
from service.adapters.store.standby import Primary
from service.api.operations import add_gauges
from service.domain.access import ApiKey, Scope
from service.domain.errors import NotFoundError, StorageError
from service.domain.person import Consent, Profile, StoredPerson
from service.domain.records import Written
from service.settings import Settings
from service.web.access import ToolsHolder
from service.web.middleware import Metrics
from tests.contracts.examples import HOME, job, write_listing, write_person
from tests.postgres.server import OwnServer, OwnStandby, own_server
from tests.waiting import until

HASH: Final = b"of a secret"
THERE: Final = sa.text("SELECT pg_is_in_recovery()")


@pytest.fixture(scope="module")
def primary() -> Iterator[OwnServer]:
    """A server that may have a standby, with databases for records and keys."""
    made = own_server()
    for name in ("records", "keys"):
        made.create(name)
    yield made
    for name in ("records", "keys"):
        made.drop(name)


@pytest.fixture(scope="module")
def standby(primary: OwnServer) -> Iterator[OwnStandby]:
    """Its standby."""
    made = OwnStandby(primary)
    yield made
    made.stop()


@contextmanager
def _opened(folder: Path, primary: OwnServer, there: str) -> Iterator[SqlStore]:
    url = ServerUrl(primary.url("records"), "HOMEWARD_DATABASE_URL", 4, there)
    store = SqlStore.open(url, KeyPlaces.beside(folder / "keys.json", primary.url("keys")))
    try:
        yield store
    finally:
        store.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the key file lies."""
    return tmp_path_factory.mktemp("standby")


@pytest.fixture(scope="module")
def opened(folder: Path, primary: OwnServer, standby: OwnStandby) -> Iterator[SqlStore]:
    """A store that reads from the standby."""
    with _opened(folder, primary, standby.url("records")) as store:
        store.add_organisation(HOME)
        yield store


@pytest.fixture
def store(opened: SqlStore) -> SqlStore:
    """The same, once the standby is read from."""
    until(opened.reads_elsewhere, "the standby to be level")
    return opened


@contextmanager
def _paused(standby: OwnStandby) -> Iterator[None]:
    """Let the standby take in nothing for a while."""
    with standby.connect() as connection:
        connection.execute("SELECT pg_wal_replay_pause()")
        try:
            yield
        finally:
            connection.execute("SELECT pg_wal_replay_resume()")


def _read_there(store: SqlStore) -> bool:
    with store._database.read() as connection:
        return bool(connection.execute(THERE).scalar())


def _write_agreed(store: SqlStore, content: Profile) -> Written[StoredPerson]:
    return write_person(store, content.text, content=content, source="crm", external_id="agreed")


def test_what_was_written_a_moment_ago_is_read_there(store: SqlStore) -> None:
    """Each change at once, by whoever asks next; nearly always from the standby."""
    there = 0
    for number in range(40):
        title = f"Mason {number}"
        record = write_listing(store, "same", job(title)).record
        there += _read_there(store)
        assert store.listing(record.id).content.title == title
        assert store.listing_changes(0, 100_000)[-1][1] == record.id
        until(store.reads_elsewhere, "the standby to be level")
    assert there > 20


def test_nothing_old_is_read_from_a_standby_that_is_behind(
    store: SqlStore, standby: OwnStandby
) -> None:
    """Not a key that was revoked, nor consent that was withdrawn, nor who was erased."""
    now = datetime.now(UTC)
    key = ApiKey("key_1", HOME.id, "partner", frozenset({Scope.MATCH}), now)
    store.add_key(key, HASH)
    consents = Profile(text="I cook", home_country="BD", consent=Consent(matching=True))
    agreed = _write_agreed(store, consents).record
    goes = write_person(store, "I weld").record
    assert _read_there(store)
    with _paused(standby):
        store.revoke_key(key.id, now)
        withdrawn = replace(consents, consent=Consent(matching=False))
        _write_agreed(store, withdrawn)
        store.delete_person(goes, if_version=None)
        seen = store.key_by_hash(HASH)
        assert seen is not None
        assert seen.revoked_at is not None
        assert not store.people([agreed.id])[agreed.id].profile.consent.matching
        with pytest.raises(NotFoundError):
            store.person(HOME.id, goes.id)
        assert not store.reads_elsewhere()
        assert store.healthy()
    until(store.reads_elsewhere, "the standby to be level again")
    assert _read_there(store)


def test_a_feed_is_followed_without_a_gap(store: SqlStore, standby: OwnStandby) -> None:
    """While the standby falls behind and catches up again under a reader who reads on."""
    ended = threading.Event()
    last = max(number for number, *_ in store.listing_changes(0, 100_000))
    before = store.count_listings()

    def follow() -> set[str]:
        seen: set[str] = set()
        position = last
        while True:
            over = ended.is_set()
            rows = store.listing_changes(position, 7)
            assert all(number > position for number, *_ in rows)
            seen.update(name for _, name, _ in rows)
            position = max((number for number, *_ in rows), default=position)
            if over and not rows:
                return seen

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(follow)
        written = set()
        for turn in range(3):
            written |= {write_listing(store, f"feed-{turn}-{n}").record.id for n in range(10)}
            with _paused(standby):
                written |= {write_listing(store, f"late-{turn}-{n}").record.id for n in range(10)}
            until(store.reads_elsewhere, "the standby to be level again")
        ended.set()
        assert following.result() == written
    assert store.count_listings() == before + len(written)


def test_a_standby_that_ends_is_done_without(store: SqlStore, standby: OwnStandby) -> None:
    """Whoever was reading there is told to ask again; it is read again once it is back."""
    record = write_listing(store, "stays").record
    standby.stop()
    with suppress(StorageError):
        store.listing(record.id)
    for _ in range(20):
        assert store.listing(record.id) == record
    assert not store.reads_elsewhere()
    standby.start_again()
    until(store.reads_elsewhere, "the standby to be back")
    assert store.listing(record.id) == record


def test_a_reader_in_the_way_of_the_standby_is_told(store: SqlStore, standby: OwnStandby) -> None:
    """With the code of a database that is away, and finds what it asks for at the primary."""
    with standby.connect() as connection:
        connection.execute("ALTER SYSTEM SET max_standby_streaming_delay = 0")
        connection.execute("SELECT pg_reload_conf()")

    def read_for_long() -> None:
        with store._database.read() as connection:
            assert connection.execute(THERE).scalar()
            connection.execute(sa.text("SELECT count(*) FROM listings"))
            with store._database.write() as writer:
                writer.exec_driver_sql("LOCK TABLE listings IN ACCESS EXCLUSIVE MODE")
            connection.execute(sa.text("SELECT pg_sleep(20)"))

    with pytest.raises(StorageError) as raised:
        read_for_long()
    assert raised.value.code == "database_unavailable"
    assert store.count_listings() > 0


def test_who_asks_together_is_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many readers ask the primary how far it is two or three times, also where it is away."""
    asked: list[str] = []
    away = sa.exc.OperationalError("SELECT", {}, Exception("away"))

    def ask(_: Primary, question: str) -> tuple[str]:
        asked.append(question)
        all_there.wait()
        if len(asked) % 2:
            return ("0/1",)
        raise away

    all_there = threading.Event()
    monkeypatch.setattr(Primary, "ask", ask)
    primary = Primary(sa.create_engine("sqlite://"))
    with ThreadPoolExecutor(20) as pool:
        told = [pool.submit(primary.durable) for _ in range(20)]
        until(lambda: all(one.running() for one in told), "all to ask")
        all_there.set()
        said = [one.exception() or one.result() for one in told]
    assert set(said) <= {"0/1", away}
    assert len(asked) < 10


@pytest.mark.parametrize("name", ["records", "keys", "away"])
def test_what_is_no_standby_of_it_is_not_read(name: str, folder: Path, primary: OwnServer) -> None:
    """The primary itself, another database, and nobody: the primary is read."""
    with _opened(folder, primary, primary.url(name)) as store:
        assert isinstance(store._database, PostgresDatabase)
        looked_at = store._database._standby
        assert looked_at is not None
        until(lambda: looked_at._said is not None, "it to be looked at")
        assert not store.reads_elsewhere()
        assert store.count_listings() >= 0


def test_a_standby_needs_a_primary(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is set alone is refused by name, and its password not shown."""
    monkeypatch.setenv("HOMEWARD_DATABASE_STANDBY", "postgresql://h:secret-7@replica/homeward")
    with pytest.raises(ValidationError, match="HOMEWARD_DATABASE_URL") as raised:
        Settings()
    assert raised.value.errors()[0]["loc"] == ("database_standby",)


def test_a_figure_says_where_is_read(store: SqlStore) -> None:
    """Anybody may read it: it tells nothing of people."""

    class Tools:
        """All that the figure is read off."""

    metrics, holder = Metrics(), ToolsHolder()
    tools = Tools()
    tools.store = store  # type: ignore[attr-defined]
    holder.ready(tools)  # type: ignore[arg-type]
    add_gauges(metrics, holder)
    assert b"homeward_standby_in_use 1.0" in generate_latest(metrics.public)
