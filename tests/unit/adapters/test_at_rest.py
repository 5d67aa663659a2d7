"""What stands in the data directory: nothing of a person in clear, and nothing once erased."""

import json
import shutil
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest

from service.adapters.store import database as module
from service.adapters.store.sql import DATABASE_NAME, SqlStore
from service.domain.errors import StorageError
from service.domain.person import Contact, Experience, Profile, Skill, StoredPerson
from service.domain.reply import Claim, Reply
from tests.contracts.examples import HOME, person_put, reading, sqlite_store, write_listing

NAME, PHONE = "Rokeya Khatun", "+8801711223344"
WORDS = "Zarigarwork in Jeddah"
OUR_NAMES = ("ngo-register", "case-000417", "post-0001", "body-0001")
SECRETS = (NAME, PHONE, WORDS, "Zarigarwork", "Ornamentsmith", "Goldleafing", "Shariatpur")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store with one organisation."""
    with sqlite_store(tmp_path) as opened:
        opened.add_organisation(HOME)
        yield opened


def _register(store: SqlStore, text: str = WORDS, **changes: str) -> StoredPerson:
    profile = Profile(
        text=text,
        region="Shariatpur",
        home_country="BD",
        skills=(Skill("Goldleafing"),),
        experiences=(Experience("Ornamentsmith"),),
    )
    put = person_put(text, content=profile, **changes)
    return store.put_person(put, Contact(NAME, PHONE), reading(text)).record


def _files(folder: Path) -> bytes:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == DATABASE_NAME for path in files)
    return b"\n".join(path.read_bytes() for path in files)


def _spelled(text: str) -> set[bytes]:
    return {
        text.encode(),
        text.encode("utf-16-le"),
        json.dumps(text).encode(),
        b64encode(text.encode()).rstrip(b"=")[:-1],
        text.encode().hex().encode(),
    }


def _sealed(store: SqlStore) -> list[bytes]:
    with store._database.read() as connection:
        rows = connection.exec_driver_sql("SELECT sealed FROM people").scalars().all()
        return [*rows, *connection.exec_driver_sql("SELECT sealed FROM person_readings").scalars()]


def test_nothing_of_a_person_stands_in_clear(store: SqlStore, tmp_path: Path) -> None:
    """Words, name, phone, skills and place are in no file while the person is stored."""
    _register(store)
    everything = _files(tmp_path / "data")
    for secret in SECRETS:
        assert not [one for one in _spelled(secret) if one in everything]
    # The search would have found it: a listing does stand there in clear.
    write_listing(store, WORDS)
    assert WORDS.encode() in _files(tmp_path / "data")


def test_an_erased_person_leaves_no_byte(store: SqlStore, tmp_path: Path) -> None:
    """After deletion no file holds the person, their names or any of their sealed values.

    Sealed values count too: whoever holds the key and an old file could open them.
    """
    stays = _register(store, "stays").id
    for number in range(30):
        _register(store, f"filler {number}")
    names = dict(zip(("source", "external_id"), OUR_NAMES, strict=False))
    person = _register(store, **names)
    sealed = _sealed(store)
    _register(store, f"{WORDS} and Riyadh", **names)
    _register(store, f"{WORDS} and Riyadh", record_id=person.id)
    sealed += _sealed(store)
    mine = [one for one in sealed if one not in _sealed_of_others(store, person.id)]
    assert len(mine) >= 4
    assert all(one[8:40] in _files(tmp_path / "data") for one in mine[-2:])
    store.delete_person(store.person(HOME.id, person.id), if_version=None)
    everything = _files(tmp_path / "data")
    for secret in (*SECRETS, *names.values(), person.id):
        assert not [one for one in _spelled(secret) if one in everything]
    for value in mine:
        # Any stretch of it: a page may break a value in two.
        assert not any(value[at : at + 16] in everything for at in range(8, len(value) - 16, 16))
    assert store.person(HOME.id, stays).contact == Contact(NAME, PHONE)


def _sealed_of_others(store: SqlStore, person_id: str) -> set[bytes]:
    with store._database.read() as connection:
        people = "SELECT sealed FROM people WHERE id != ?"
        readings = "SELECT sealed FROM person_readings WHERE person_id != ?"
        return {
            *connection.exec_driver_sql(people, (person_id,)).scalars(),
            *connection.exec_driver_sql(readings, (person_id,)).scalars(),
        }


def test_a_kept_reply_goes_with_the_person(store: SqlStore, tmp_path: Path) -> None:
    """What a POST was answered, and its key, never stand in clear, and go when the person does."""
    person = _register(store)
    claim = Claim(
        organisation_id=HOME.id,
        key_id="key_1",
        name=OUR_NAMES[2],
        request=OUR_NAMES[3],
        attempt="a",
    )
    now = datetime.now(UTC)
    day = now + timedelta(days=1)
    assert store.claim_reply(claim, now, until=day, ends=day) is None
    body = json.dumps({"text": WORDS, "name": NAME}).encode()
    store.keep_reply(claim, Reply(status=201, headers=(), body=body, person_id=person.id))
    everything = _files(tmp_path / "data")
    for text in (WORDS, NAME, *OUR_NAMES[2:]):
        assert not [one for one in _spelled(text) if one in everything]
    with store._database.read() as connection:
        row = connection.exec_driver_sql("SELECT name, request, sealed FROM replies").one()
    assert all(value[8:40] in everything for value in row)
    store.delete_person(person, if_version=None)
    with store._database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM replies").scalar() == 0
    everything = _files(tmp_path / "data")
    assert not any(value[8:40] in everything for value in row)


def test_erasing_beside_readers_is_finished_when_they_are(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone reading at that moment cannot keep the erased bytes in the log for good."""
    person = _register(store)
    mine = _sealed(store)
    database = sqlite.connect(tmp_path / "data" / DATABASE_NAME, isolation_level=None)
    monkeypatch.setattr(module, "_ERASING_MS", 0)
    try:
        database.execute("BEGIN")
        database.execute("SELECT count(*) FROM people").fetchall()
        store.delete_person(person, if_version=None)
        assert [one for one in mine if one[8:40] in _files(tmp_path / "data")]
    finally:
        database.close()
    write_listing(store, "the next write")
    everything = _files(tmp_path / "data")
    assert not [one for one in mine if one[8:40] in everything]


def test_a_stolen_data_directory_does_not_open(store: SqlStore, tmp_path: Path) -> None:
    """Without the key file neither a writer nor a reader gets in, and no new key is made."""
    _register(store)
    stolen = tmp_path / "stolen"
    shutil.copytree(tmp_path / "data", stolen)
    assert not list(stolen.rglob("keys.json"))
    for writable in (True, False):
        with pytest.raises(StorageError, match="missing"):
            SqlStore.open(stolen, tmp_path / "none.json", writable=writable)
    assert not (tmp_path / "none.json").exists()


def test_the_key_of_another_installation_does_not_open(store: SqlStore, tmp_path: Path) -> None:
    """A wrong key is refused at the door, before anything is written with it."""
    _register(store)
    shutil.copytree(tmp_path / "data", tmp_path / "stolen")
    own = json.loads((tmp_path / "keys.json").read_text())
    with sqlite_store(tmp_path / "another"):
        other = tmp_path / "another" / "keys.json"
    with pytest.raises(StorageError, match="not in the key file"):
        SqlStore.open(tmp_path / "stolen", other)
    forged = replace_key(own, b64encode(bytes(32)).decode())
    other.write_text(json.dumps(forged))
    with pytest.raises(StorageError, match="belongs to another data directory"):
        SqlStore.open(tmp_path / "stolen", other)
    SqlStore.open(tmp_path / "stolen", tmp_path / "keys.json").close()


def replace_key(content: dict[str, object], key: str) -> dict[str, object]:
    """Return a key file of the same key id with another key."""
    return {**content, "keys": {str(content["active"]): key}}


def test_records_swapped_on_disk_do_not_open(store: SqlStore) -> None:
    """Nobody can read one person's words by copying them onto another's record."""
    first, second = _register(store), _register(store, "other words")
    with store._database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE people SET sealed = (SELECT sealed FROM people WHERE id = ?) WHERE id = ?",
            (first.id, second.id),
        )
    with pytest.raises(StorageError):
        store.person(HOME.id, second.id)
    assert store.person(HOME.id, first.id) == replace(first)
