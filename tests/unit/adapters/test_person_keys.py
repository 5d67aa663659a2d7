"""A key for each person: what dies with it, what a lost one is told apart from."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest
import sqlalchemy as sa

from service.adapters.store import reconcile
from service.adapters.store import tables as t
from service.adapters.store.keystore import subject_keys
from service.adapters.store.ledger import Ledger
from service.adapters.store.marks import marks_of
from service.adapters.store.sql import DATABASE_NAME, KeyPlaces, SqlStore, open_parts
from service.adapters.store.subjects import OWN_KEY
from service.domain.errors import NotFoundError, StorageError
from service.domain.officer import Officer, Role
from service.domain.outcome import Outcome, OutcomeKind
from service.domain.person import Contact, StoredPerson, forgotten_name
from tests.contracts.examples import HOME, MODEL, sqlite_store, write_listing, write_person

PHONE = "+8801711223344"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store with one organisation."""
    with sqlite_store(tmp_path) as opened:
        opened.add_organisation(HOME)
        yield opened


def _register(store: SqlStore, text: str) -> StoredPerson:
    return write_person(store, text, Contact(text, PHONE)).record


def _erase(store: SqlStore, person: StoredPerson) -> None:
    store.delete_person(person, if_version=None)


def _referred(person: StoredPerson, listing_id: str) -> Outcome:
    return Outcome(
        returnee_id=person.id,
        listing_id=listing_id,
        kind=OutcomeKind.REFERRED,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        note="note",
    )


def _keys(store: SqlStore) -> set[str]:
    return store._subjects.keys.subjects()


def _copy(tmp_path: Path) -> Path:
    """Copy data and keys as they are, to be opened as what a crash or a backup has left."""
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path, copy, ignore=shutil.ignore_patterns("copy", "writer.lock"))
    return copy


def test_everything_of_a_person_is_under_their_key(store: SqlStore) -> None:
    """Record, reading and outcome of a person open with no master key alone."""
    written = write_person(store, "words").record
    listing = write_listing(store, "job").record
    store.put_outcome(HOME.id, written, _referred(written, listing.id))
    with store._database.read() as connection:
        values = [
            *connection.execute(sa.select(t.people.c.sealed)).scalars(),
            *connection.execute(sa.select(t.person_readings.c.sealed)).scalars(),
            *connection.execute(sa.select(t.person_readings.c.said)).scalars(),
            *connection.execute(sa.select(t.outcomes.c.sealed)).scalars(),
        ]
    assert len(values) == 4
    assert all(value.startswith(OWN_KEY) for value in values)


def test_an_erased_key_leaves_no_byte(store: SqlStore, tmp_path: Path) -> None:
    """After erasing, the wrapped key stands in no file, though pages were moved about before."""
    people = [_register(store, f"person {number}") for number in range(120)]
    wrapped = store._subjects.keys.wrapped([one.id for one in people])
    for one in people[::10]:
        _erase(store, one)
        everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert wrapped[one.id][20:] not in everything
        assert one.id.encode() not in everything
    assert _keys(store) == {one.id for number, one in enumerate(people) if number % 10}


def test_what_an_older_copy_brings_back_is_erased_again(store: SqlStore, tmp_path: Path) -> None:
    """Yesterday's data with today's keys and ledger: who was erased since is gone again."""
    gone, stays = _register(store, "goes"), _register(store, "stays")
    yesterday = _copy(tmp_path) / "data"
    _erase(store, gone)
    for path in tmp_path.glob("keys*"):
        shutil.copy(path, yesterday.parent)
    with sqlite_store(yesterday.parent) as restored:
        assert list(restored.people([gone.id, stays.id])) == [stays.id]
        assert restored.person(HOME.id, stays.id).contact.name == "stays"
        with pytest.raises(NotFoundError):
            restored.person(HOME.id, gone.id)
    assert gone.id.encode() not in (yesterday / DATABASE_NAME).read_bytes()


def test_an_older_copy_of_the_keys_does_not_undo_an_erasure(
    store: SqlStore, tmp_path: Path
) -> None:
    """The ledger alone destroys again what a copy of data and keys of before brings back."""
    gone, stays = _register(store, "goes"), _register(store, "stays")
    yesterday = _copy(tmp_path)
    _erase(store, gone)
    shutil.copy(tmp_path / "keys-erased.jsonl", yesterday)
    with sqlite_store(yesterday) as restored:
        assert list(restored.people([gone.id, stays.id])) == [stays.id]
        assert _keys(restored) == {stays.id}


def test_a_lost_ledger_is_made_again_from_beside_the_keys(store: SqlStore, tmp_path: Path) -> None:
    """Either copy of the ledger is enough, and brings the other level."""
    gone = _register(store, "goes")
    yesterday = _copy(tmp_path)
    _erase(store, gone)
    for path in (*yesterday.glob("keys-people*"), *tmp_path.glob("keys-people*")):
        path.unlink() if path.parent == yesterday else shutil.copy(path, yesterday)
    assert not (yesterday / "keys-erased.jsonl").exists()
    with sqlite_store(yesterday) as restored:
        assert restored.people([gone.id]) == {}
    assert forgotten_name(gone.id) in (yesterday / "keys-erased.jsonl").read_text()


def test_a_missing_file_of_keys_is_no_erasure(store: SqlStore, tmp_path: Path) -> None:
    """Nobody is removed, no new file is made, and the message names it, for writer and reader."""
    person = _register(store, "words")
    copy = _copy(tmp_path)
    keys = copy / "keys-people.sqlite3"
    kept = keys.rename(copy / "elsewhere")
    for path in copy.glob("keys-people.sqlite3-*"):
        path.rename(copy / path.name.replace("keys-people.sqlite3", "elsewhere"))
    for writable in (True, False):
        with pytest.raises(StorageError, match="Nothing was removed") as raised:
            SqlStore.open(copy / "data", copy / "keys.json", writable=writable)
        assert raised.value.code == "person_keys_lost"
    assert not keys.exists()
    for path in copy.glob("elsewhere*"):
        path.rename(copy / path.name.replace(kept.name, keys.name))
    with sqlite_store(copy) as again:
        assert again.person(HOME.id, person.id) == person


def test_a_single_lost_key_is_no_erasure(store: SqlStore, tmp_path: Path) -> None:
    """A file of keys older than the records is refused, and with the newest all is there."""
    _register(store, "before")
    store._subjects.keys._db.forget_deleted()
    shutil.copy(tmp_path / "keys-people.sqlite3", tmp_path / "older")
    person = _register(store, "after")
    copy = _copy(tmp_path)
    newest = {path.name: path.read_bytes() for path in copy.glob("keys-people*")}
    for name in newest:
        (copy / name).unlink()
    shutil.copy(tmp_path / "older", copy / "keys-people.sqlite3")
    for writable in (True, False):
        with pytest.raises(StorageError, match=r"keys of 1 people.*Nothing was removed"):
            SqlStore.open(copy / "data", copy / "keys.json", writable=writable)
    for path in copy.glob("keys-people*"):
        path.unlink()
    for name, content in newest.items():
        (copy / name).write_bytes(content)
        (copy / name).chmod(0o600)
    with sqlite_store(copy) as again:
        assert again.person(HOME.id, person.id) == person


def test_who_cannot_be_read_any_more_is_given_up_only_when_asked(
    store: SqlStore, tmp_path: Path
) -> None:
    """Without any copy of a key the others are served once somebody says so, and only them."""
    lost, stays = _register(store, "lost"), _register(store, "stays")
    copy = _copy(tmp_path)
    keys = sqlite.connect(copy / "keys-people.sqlite3", isolation_level=None)
    keys.execute("DELETE FROM subject_keys WHERE subject = ?", (lost.id,))
    keys.close()
    with pytest.raises(StorageError, match="forget-lost"):
        SqlStore.open(copy / "data", copy / "keys.json")
    places = KeyPlaces.beside(copy / "keys.json")
    with ExitStack() as stack:
        open_parts(copy / "data", places, stack, writable=True, giving_up=lambda _: [])
    with sqlite_store(copy) as again:
        assert again.people([lost.id, stays.id]) == {stays.id: stays}


@pytest.mark.parametrize("name", ["keys-people.sqlite3", "keys-erased.jsonl"])
def test_files_beside_the_key_file_are_their_owners_alone(
    store: SqlStore, tmp_path: Path, name: str
) -> None:
    """They are born with mode 0600, and refused where others may read them."""
    _erase(store, _register(store, "words"))
    copy = _copy(tmp_path)
    assert (copy / name).stat().st_mode & 0o777 == 0o600
    (copy / name).chmod(0o640)
    with pytest.raises(StorageError, match=f"chmod 600 .*{name}"):
        SqlStore.open(copy / "data", copy / "keys.json")


@pytest.mark.parametrize("at", ["records", "keys"])
def test_an_erasure_cut_off_is_finished_at_the_next_start(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """Once the ledger names somebody they end erased, wherever the process dies."""
    person, stays = _register(store, "goes"), _register(store, "stays")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    if at == "records":
        noting = store._subjects.note_erased

        def note_and_die(gone: list[str]) -> None:
            noting(gone)
            die()

        monkeypatch.setattr(store._subjects, "note_erased", note_and_die)
    else:
        monkeypatch.setattr(store._subjects, "destroy", die)
    with pytest.raises(KeyboardInterrupt):
        _erase(store, person)
    with sqlite_store(_copy(tmp_path)) as again:
        assert list(again.people([person.id, stays.id])) == [stays.id]
        assert _keys(again) == {stays.id}


def test_an_erasure_that_never_reached_the_ledger_never_was(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dying before the ledger's line leaves the person whole."""
    person = _register(store, "stays")
    monkeypatch.setattr(
        store._subjects, "note_erased", lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        _erase(store, person)
    with sqlite_store(_copy(tmp_path)) as again:
        assert again.person(HOME.id, person.id) == person
        assert again.understanding(person, MODEL) is not None


def test_a_key_without_a_record_is_swept_after_its_grace(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between key and record leaves a key of nobody; those of records stay."""
    person = _register(store, "stays")
    with store._subjects.minting():
        store._subjects.mint("ret_nobody")
    copy = _copy(tmp_path)
    with sqlite_store(copy) as again:
        assert _keys(again) == {person.id, "ret_nobody"}
    monkeypatch.setattr(reconcile, "_GRACE", timedelta(seconds=-2))
    with sqlite_store(copy) as again:
        assert _keys(again) == {person.id}
        assert again.person(HOME.id, person.id) == person


def test_two_data_directories_may_share_a_file_of_keys(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening one sweeps no key of the other, whatever its age."""
    person = _register(store, "here")
    monkeypatch.setattr(reconcile, "_GRACE", timedelta(seconds=-2))
    SqlStore.open(tmp_path / "other", tmp_path / "keys.json").close()
    assert _keys(store) == {person.id}
    assert store.person(HOME.id, person.id) == person


def test_no_key_is_made_for_a_write_that_fails(store: SqlStore) -> None:
    """A refused registration leaves nothing among the keys."""
    before = _keys(store)
    with pytest.raises(sa.exc.IntegrityError):
        write_person(store, "words", organisation_id="nobody")
    assert _keys(store) == before


def test_people_sealed_under_the_master_key_get_their_own(store: SqlStore, tmp_path: Path) -> None:
    """A data directory of an earlier release opens, with nothing lost and all of it sealed anew."""
    people = [_register(store, f"person {number}") for number in range(3)]
    listing = write_listing(store, "job").record
    said = _referred(people[0], listing.id)
    outcome = store.put_outcome(HOME.id, people[0], said).record
    copy = _copy(tmp_path)
    _as_before(store, copy)
    with sqlite_store(copy) as again:
        assert again.people([one.id for one in people]) == {one.id: one for one in people}
        assert len(again.readings([one.id for one in people], MODEL)) == 3
        assert again.outcome(HOME.id, outcome.id) == outcome
        assert _keys(again) == {one.id for one in people}
        marks = marks_of(again._subjects.master, HOME.id, PHONE)
        assert again._subjects.marked(marks) == {one.id for one in people}
        with again._database.read() as connection:
            sealed = connection.execute(sa.select(t.people.c.sealed)).scalars().all()
        assert all(one.startswith(OWN_KEY) for one in sealed)
        _erase(again, people[0])
        assert again.page_of_outcomes(HOME.id, after=0, limit=5, where={}).items == ()


def test_last_outcomes_leave_out_who_was_erased_meanwhile(store: SqlStore) -> None:
    """Between the read of a row and that of its key she may go; the others are shown."""
    gone, stays = _register(store, "goes"), _register(store, "stays")
    listing = write_listing(store, "job").record
    for person in (gone, stays):
        store.put_outcome(HOME.id, person, _referred(person, listing.id))
    store._subjects.note_erased([gone.id])
    store._subjects.destroy([gone.id])
    (left,) = store.last_outcomes(HOME.id, 9)
    assert left.content.returnee_id == stays.id


def test_a_sent_form_does_not_name_who_was_erased(store: SqlStore) -> None:
    """It stays sent, so that sending it again makes nobody anew; others' lead where they led."""
    now = datetime.now(UTC)
    officer = Officer(
        id="off_1",
        organisation_id=HOME.id,
        username="shirin",
        name="Shirin",
        role=Role.OFFICER,
        created_at=now,
    )
    store.add_officer(officer, "hash")
    gone, stays = _register(store, "goes"), _register(store, "stays")
    for person in (gone, stays):
        store.claim_submission(person.id.encode(), "off_1", now)
        store.finish_submission(person.id.encode(), f"/console/people/{person.id}/referral")
    _erase(store, gone)
    with store._database.read() as connection:
        kept = connection.exec_driver_sql("SELECT location FROM officer_submissions").scalars()
        assert set(kept) == {None, f"/console/people/{stays.id}/referral"}
    again = store.claim_submission(gone.id.encode(), "off_1", now)
    assert (again.fresh, again.location) == (False, None)


def _as_before(store: SqlStore, copy: Path) -> None:
    """Seal a copied database as releases without people's keys did, and drop these."""
    subjects = store._subjects
    places = {
        "people": ("id", "id", "people/{}"),
        "person_readings": ("person_id", "person_id", "readings/{}"),
        "outcomes": ("returnee_id", "id", "outcomes/{}"),
    }
    database = sqlite.connect(copy / "data" / DATABASE_NAME, isolation_level=None)
    for table, (subject, key, place) in places.items():
        for who, name, sealed in database.execute(f"SELECT {subject}, {key}, sealed FROM {table}"):  # noqa: S608
            plain = subjects.open(who, sealed, place.format(name))
            old = subjects.master.seal(plain, place.format(name))
            database.execute(f"UPDATE {table} SET sealed = ? WHERE {key} = ?", (old, name))  # noqa: S608
    database.execute("UPDATE person_readings SET said = NULL")
    database.close()
    for path in copy.glob("keys-people*"):
        path.unlink()


def test_a_torn_line_of_the_ledger_costs_no_other(tmp_path: Path) -> None:
    """A line that a crash has cut off is passed over, and the next one stands by itself."""
    path = tmp_path / "erased.jsonl"
    ledger = Ledger(path)
    ledger.add(["first"], datetime(2026, 1, 1, tzinfo=UTC))
    with path.open("ab") as file:
        file.write(b'{"erased":"torn')
    assert set(Ledger(path).names) == {"first"}
    other = Ledger(path)
    other.add(["second"])
    ledger.read_on()
    assert set(ledger.names) == set(Ledger(path).names) == {"first", "second"}
    assert all(json.loads(line) for line in path.read_text().splitlines() if "torn" not in line)


def test_keys_pend_only_until_the_next_write(store: SqlStore) -> None:
    """Of many registrations only the last one's key still waits for its record to be known."""
    for number in range(4):
        _register(store, f"person {number}")
    pending = sa.select(subject_keys.c.subject).where(subject_keys.c.pending_since.is_not(None))
    with store._subjects.keys._db.read() as connection:
        assert len(connection.execute(pending).all()) == 1
