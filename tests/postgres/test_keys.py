"""Keys of people on a server: apart from the records, gone when destroyed, missed when lost."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.adapters.store import postgres as postgres_module
from service.adapters.store import server_keys as module
from service.adapters.store.keystore import subject_keys
from service.adapters.store.ledger import Ledger
from service.adapters.store.rotation import Rotation
from service.adapters.store.sql import KeyPlaces, SqlStore, open_parts
from service.domain.errors import NotFoundError, StorageError
from service.domain.person import Contact, forgotten_name
from tests.contracts.examples import HOME, write_person
from tests.postgres.server import TestServer, places_in, postgres_store

NAME, PHONE = "Rokeya Begum", "+880 1711 223344"


@pytest.fixture
def store(postgres: TestServer, tmp_path: Path) -> Iterator[SqlStore]:
    """A store with one organisation, its keys on the server."""
    assert postgres
    with postgres_store(tmp_path) as opened:
        opened.add_organisation(HOME)
        yield opened


def _key_of(store: SqlStore, person_id: str) -> bytes:
    return store._subjects.keys.wrapped([person_id])[person_id]


def _pages(postgres: TestServer, folder: Path) -> bytes:
    """Return every page of the tables that hold keys and marks, as they lie on the disk."""
    database = places_in(folder)[1].people.url.database  # type: ignore[union-attr]
    with postgres.connect(str(database).split("_", 2)[2]) as connection:
        connection.execute("CHECKPOINT")
        found = connection.execute(
            "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class"
            " WHERE relname LIKE 'subject_%' AND relkind IN ('r', 'i')"
        ).fetchall()
    return b"".join(bytes(row[0]) for row in found)  # type: ignore[call-overload]


def test_the_database_of_the_records_is_refused(store: SqlStore, tmp_path: Path) -> None:
    """A key in the records' backups is never destroyed; so nothing is made there."""
    url, places = places_in(tmp_path)
    with pytest.raises(StorageError, match="the database of the records") as raised:
        SqlStore.open(url, KeyPlaces(places.master, url, places.ledger))
    assert raised.value.code == "keys_with_records"
    with store._database.read() as connection:
        assert connection.exec_driver_sql("SELECT to_regclass('subject_keys')").scalar() is None


def test_a_destroyed_key_is_on_no_page(
    store: SqlStore, postgres: TestServer, tmp_path: Path
) -> None:
    """Nor is what the person was found by; those of others still open."""
    stays = [write_person(store, f"I cook {number}").record for number in range(40)]
    person = write_person(store, "I cook", Contact(NAME, PHONE)).record
    wrapped = _key_of(store, person.id)
    marks = store._subjects.keys.marks([person.id])[person.id]
    assert wrapped[20:] in _pages(postgres, tmp_path)
    assert all(mark in _pages(postgres, tmp_path) for mark in marks)
    # A key that was written twice has lain in two places.
    store._subjects.keys.settle([person.id])
    store.delete_person(person, if_version=None)
    pages = _pages(postgres, tmp_path)
    assert wrapped[20:] not in pages
    assert not [mark for mark in marks if mark in pages]
    with postgres_store(tmp_path) as again:
        assert [again.person(HOME.id, one.id).profile.text for one in stays]


def test_who_was_erased_by_one_process_is_so_for_all(store: SqlStore, tmp_path: Path) -> None:
    """Another that had her key at hand opens nothing of her any more, and knows why."""
    with postgres_store(tmp_path) as other:
        person = write_person(store, "I cook").record
        assert other.person(HOME.id, person.id) == person
        with other._database.read() as connection:
            row = connection.execute(sa.text("SELECT * FROM people")).one()
        store.delete_person(person, if_version=None)
        with pytest.raises(NotFoundError):
            other.person(HOME.id, person.id)
        # Everybody follows the feed, which says it within half a second.
        assert [present for *_, present in other.person_changes(0, 9)] == [False]
        with pytest.raises(NotFoundError):
            other.record(row)


def test_a_reader_in_the_way_of_an_erasure_is_told_and_made_up_for(
    store: SqlStore, postgres: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup that began before keeps the key: a code says so, and the next start erases it."""
    monkeypatch.setattr(module, "_ERASING_S", 0.1)
    person = write_person(store, "I cook").record
    wrapped = _key_of(store, person.id)
    keys = store._subjects.keys._db
    with keys.read() as backup:
        assert (
            backup.execute(sa.select(sa.func.count()).select_from(sa.text("erased"))).scalar() == 0
        )
        with pytest.raises(StorageError) as raised:
            store.delete_person(person, if_version=None)
        with postgres_store(tmp_path) as meanwhile:
            assert meanwhile.count_people(HOME.id) == 0
    assert raised.value.code == "erasure_incomplete"
    assert wrapped[20:] in _pages(postgres, tmp_path)
    with postgres_store(tmp_path):
        assert wrapped[20:] not in _pages(postgres, tmp_path)


def test_a_missing_key_is_no_erasure(store: SqlStore, tmp_path: Path) -> None:
    """Nobody opens the store without the keys its people need, and nothing is removed."""
    person = write_person(store, "I cook").record
    with store._subjects.keys._db.write() as connection:
        connection.execute(sa.delete(subject_keys))
    with pytest.raises(StorageError) as raised, postgres_store(tmp_path):
        pass
    assert raised.value.code == "person_keys_lost"
    assert store.count_people(HOME.id) == 1
    assert person.id


def test_a_ledger_beside_the_key_file_is_taken_in(store: SqlStore, tmp_path: Path) -> None:
    """Who stands in the file a backup has left is erased again."""
    person = write_person(store, "I cook").record
    Ledger(tmp_path / "keys-erased.jsonl").add([forgotten_name(person.id)])
    with postgres_store(tmp_path) as again:
        with pytest.raises(NotFoundError):
            again.person(HOME.id, person.id)
        assert forgotten_name(person.id) in again._subjects.ledger
        copies = again._subjects.ledger.copies()
        copies["keys-erased.jsonl"](tmp_path / "copy.jsonl")
    assert forgotten_name(person.id) in Ledger(tmp_path / "copy.jsonl")


def test_master_keys_are_changed_by_one_process_alone(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another has the store open, and would seal with the old key, nothing begins."""
    person = write_person(store, "I cook").record
    url, places = places_in(tmp_path)
    with ExitStack() as stack:
        parts = open_parts(url, places, stack, writable=True)
        stack.enter_context(parts[0].alone())
        rotation = Rotation(*parts, places.master).begin()
        rotation.run(lambda _: None)
        assert rotation.left() == 0
        assert rotation.retire() == 1
    with postgres_store(tmp_path) as again:
        assert again.person(HOME.id, person.id).profile.text == "I cook"
        monkeypatch.setattr(postgres_module, "_ME", "homeward 1 of-another")
        with pytest.raises(StorageError) as raised, again._database.alone():
            pass
    assert raised.value.code == "in_use"
