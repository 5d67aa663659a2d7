"""Records on PostgreSQL: who may open them, in which order writes are seen, what is left behind."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from service.adapters.clock import SystemClock
from service.adapters.store import postgres as module
from service.adapters.store.sql import KeyPlaces, SqlStore
from service.adapters.store.tables import metadata
from service.domain.access import Scope
from service.domain.errors import InvalidInputError, StorageError
from service.domain.listing import ListingSearch
from service.domain.retention import Retention
from service.ports import Records
from service.usecases.manage_keys import FIRST_ORGANISATION, authenticate, ensure_first_key
from service.usecases.verify_log import verify_log
from tests.contracts.examples import HOME, OTHER, job, listing_put, write_listing, write_person
from tests.contracts.test_audit_store import NoBar, line
from tests.postgres.server import TestServer, places_in, postgres_store, server_url
from tests.waiting import until

PASSWORD: Final = "open-sesame-7"  # noqa: S105 - of nobody
_LEFT_OUT: Final = {"access_log"}


@pytest.fixture
def two(postgres: TestServer, tmp_path: Path) -> Iterator[tuple[SqlStore, SqlStore]]:
    """Two processes' stores over the same databases."""
    assert postgres
    with postgres_store(tmp_path) as one, postgres_store(tmp_path) as other:
        one.add_organisation(HOME)
        one.add_organisation(OTHER)
        yield one, other


def _said(error: BaseException | None) -> str:
    """Return all that an error and its causes say."""
    said = ""
    while error is not None:
        said += f"{error!r} {error} {getattr(error, 'detail', '')} "
        error = error.__cause__ or error.__context__
    return said


@pytest.mark.parametrize(
    "url",
    ["mysql://u:{}@h/d", "postgresql://u:{}@h", "{}", "postgresql://u:{}@h:port/d", "sqlite:///x"],
)
def test_another_kind_of_url_is_refused(url: str) -> None:
    """With a code, and without the password it may hold."""
    with pytest.raises(StorageError) as raised:
        server_url(url.format(PASSWORD))
    assert raised.value.code == "database_not_supported"
    assert PASSWORD not in _said(raised.value)
    assert "HOMEWARD_DATABASE_URL" in raised.value.detail


def test_a_server_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    """At once, with a code, and without the password."""
    away = server_url(f"postgresql://someone:{PASSWORD}@127.0.0.1:1/homeward")
    with pytest.raises(StorageError) as raised:
        SqlStore.open(away, tmp_path / "keys.json")
    assert raised.value.code == "database_unavailable"
    assert PASSWORD not in _said(raised.value)
    assert PASSWORD not in repr(away) + str(away)
    assert not (tmp_path / "keys.json").exists()


def test_a_wrong_password_is_said_plainly(postgres: TestServer, tmp_path: Path) -> None:
    """With what the server says, and without the password."""
    name = places_in(tmp_path)[0].url.database
    with postgres.connect() as connection:
        connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    try:
        url = sa.make_url(postgres.url("x")).set(
            username="guarded", password=PASSWORD, database=name
        )
        with pytest.raises(StorageError) as raised:
            SqlStore.open(
                server_url(url.render_as_string(hide_password=False)), tmp_path / "keys.json"
            )
    finally:
        with postgres.connect() as connection:
            connection.execute("DROP ROLE guarded")
    assert raised.value.code == "database_unavailable"
    assert "password authentication failed" in raised.value.detail
    assert PASSWORD not in _said(raised.value)


def test_many_may_open_an_empty_database_at_once(postgres: TestServer, tmp_path: Path) -> None:
    """One of them makes the tables, which are those that queries use; all of them work with it."""
    url, people = postgres.create("fresh"), postgres.create("fresh_keys")
    try:
        places = KeyPlaces.beside(tmp_path / "keys.json", people)
        with ThreadPoolExecutor(4) as pool:
            stores = list(pool.map(lambda _: SqlStore.open(server_url(url), places), range(4)))
        stores[0].add_organisation(HOME)
        for number, store in enumerate(stores):
            store.log_accesses([line(number)])
            assert write_person(store, "I cook").record.id
        assert verify_log(stores[0], NoBar()).broken is None
        with stores[0]._database.read() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        for store in stores:
            store.close()
    finally:
        postgres.drop("fresh")
        postgres.drop("fresh_keys")


def test_a_first_key_is_made_by_one_alone(
    two: tuple[SqlStore, SqlStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two that start at once on an empty database, and both find no key, one prints one."""
    two[0].add_organisation(replace(HOME, id=FIRST_ORGANISATION))
    first, second = (Records(store, SystemClock(), Retention()) for store in two)
    secret = ensure_first_key(first, None)
    assert secret is not None
    with monkeypatch.context() as before:
        looks = iter([[], two[1].keys(FIRST_ORGANISATION)])
        before.setattr(two[1], "keys", lambda _: next(looks))
        assert ensure_first_key(second, None) is None
    assert len(two[1].keys(FIRST_ORGANISATION)) == 1
    assert authenticate(second, secret).may(Scope.ADMIN)


def test_a_feed_is_seen_in_order_whoever_writes(two: tuple[SqlStore, SqlStore]) -> None:
    """Whoever has seen a number never finds a lower one later, with writers side by side."""
    ended = threading.Event()
    late: list[int] = []
    known: set[int] = set()

    def watch() -> None:
        last = 0
        while not ended.is_set():
            seen = {number for number, _, _ in two[0].listing_changes(0, 100_000)}
            late.extend(one for one in seen - known if one <= last)
            known.update(seen)
            last = max(seen, default=0)

    def write(named: tuple[str, SqlStore]) -> None:
        name, store = named
        for number in range(30):
            store.put_listings([listing_put(f"{name}{number}"), listing_put(f"{name}-{number}")])

    watching = threading.Thread(target=watch)
    watching.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, zip("abcd", (*two, *two), strict=True)))
    ended.set()
    watching.join()
    assert late == []
    assert two[1].count_listings() == 240


def test_a_log_written_by_several_is_one_chain(two: tuple[SqlStore, SqlStore]) -> None:
    """Lines of two processes follow each other, none lost."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: two[n % 2].log_accesses([line(n)]), range(40)))
    verdict = verify_log(two[0], NoBar())
    assert (verdict.entries, verdict.broken) == (40, None)


def test_a_reading_transaction_is_one_moment(two: tuple[SqlStore, SqlStore]) -> None:
    """What is written meanwhile is not seen in it, and it cannot write."""
    with two[0]._database.read() as connection:
        count = sa.text("SELECT count(*) FROM listings")
        assert connection.execute(count).scalar() == 0
        write_listing(two[1], "meanwhile")
        assert connection.execute(count).scalar() == 0
        with pytest.raises(sa.exc.DBAPIError, match="read-only"):
            connection.execute(sa.text("DELETE FROM listings"))


def test_a_job_is_one_process_at_a_time(two: tuple[SqlStore, SqlStore]) -> None:
    """Another's turn comes when this one ends it, or dies."""
    with two[0].turn("imports") as mine, two[1].turn("imports") as theirs:
        assert (mine, theirs) == (True, False)
        with two[1].turn("alerts") as other:
            assert other
    with two[0].turn("imports") as mine:
        assert mine
        _end_sessions(two[0])
        with two[1].turn("imports") as theirs:
            assert theirs


def _end_sessions(store: SqlStore) -> None:
    url = store._database._server.url.set(drivername="postgresql")  # type: ignore[attr-defined]
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_lost_connection_is_made_again(two: tuple[SqlStore, SqlStore]) -> None:
    """Where it breaks, that is said with a code; the next is served."""
    with pytest.raises(StorageError) as raised:
        _written_while_lost(two[0])
    assert raised.value.code == "database_unavailable"
    assert write_listing(two[0], "a").record.external_id == "a"
    assert two[1].count_listings() == 1
    assert two[0].healthy()


def _written_while_lost(store: SqlStore) -> None:
    with store._database.write() as connection:
        _end_sessions(store)
        connection.execute(sa.text("SELECT 1"))


def test_who_waits_too_long_to_write_is_told(
    two: tuple[SqlStore, SqlStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a code; reading goes on meanwhile, and writing once the other has ended."""
    monkeypatch.setitem(module._SESSION, "lock_timeout", "100ms")
    with postgres_store(tmp_path) as third:
        with two[0]._database.write():
            with pytest.raises(StorageError, match="too slow") as raised:
                write_listing(third, "a")
            assert third.count_listings() == 0
        assert raised.value.code == "database_unavailable"
        assert write_listing(third, "a").record.external_id == "a"


def test_who_waits_too_long_to_read_is_told(
    two: tuple[SqlStore, SqlStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a code, for a table that is held or for a connection; then all is as before."""
    monkeypatch.setattr(module, "_WAIT_S", 1)
    url, places = places_in(tmp_path)
    url.readers = 1
    third = SqlStore.open(url, places)
    with two[0]._database.write() as connection:
        connection.execute(sa.text("LOCK TABLE listings IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(StorageError, match="too slow") as held:
            third.count_listings()
    with third._database.read(), pytest.raises(StorageError, match="too slow") as busy:
        third.count_listings()
    assert held.value.code == busy.value.code == "database_unavailable"
    assert third.count_listings() == 0
    third.close()


def test_letters_that_json_escapes_hinder_no_search(two: tuple[SqlStore, SqlStore]) -> None:
    """U+0000 in one listing, which PostgreSQL's own JSON cannot hold, leaves all others found."""
    titles = ["a\x00\x00b", "back\\u0000slash", "back\\\x00slash", 'quote"\x00', "plain"]
    for number, title in enumerate(titles):
        write_listing(two[0], f"{number}", job(title, description="\x00"))
    search = ListingSearch(viewer=HOME.id)
    for word, found in (("plain", [4]), ("SLASH", [2, 1]), ("ab", [0]), ("\\u0000", [1])):
        said = two[0].search_listings(replace(search, words=(word,)), skip=0, limit=9)
        assert [int(one.external_id) for one in said.items] == found
    record = two[0].listing_by_source(HOME.id, "board", "2")
    assert record.content.title == titles[2]


def test_what_cannot_be_stored_is_refused(two: tuple[SqlStore, SqlStore]) -> None:
    """U+0000 in a name: told as bad input, not as a fault."""
    with pytest.raises(InvalidInputError, match="U\\+0000"):
        write_listing(two[0], "a\x00b")


def test_the_planner_notes_nothing_of_people(two: tuple[SqlStore, SqlStore]) -> None:
    """No id of a person, nor their owner's name for them, is in statistics once all is analysed."""
    names = [f"case-{number}" for number in range(40)]
    people = [
        write_person(two[0], "I cook", source="crm", external_id=name).record.id for name in names
    ]
    for database in (two[0]._database, two[0]._subjects.keys._db):
        with database.writer_engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
            said = connection.exec_driver_sql(
                "SELECT tablename, most_common_vals::text, histogram_bounds::text FROM pg_stats"
                " WHERE schemaname = 'public'"
            ).all()
        held = " ".join(str(row) for row in said if row[0] not in _LEFT_OUT)
        assert not [one for one in (*names, *people) if one in held]


def test_a_change_elsewhere_is_there_within_a_moment(two: tuple[SqlStore, SqlStore]) -> None:
    """What one process has answered, the next question to another sees."""
    record = write_listing(two[0], "a").record
    assert two[1].listing(record.id) == record
    until(lambda: len(two[1].listing_changes(0, 9)) == 1, "the feed")
