"""Another master key: everything opens before, during and after, and the old one can go."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.adapters.mail.links import SignedLinks
from service.adapters.store import tables as t
from service.adapters.store.rotation import SEALED, Rotation
from service.adapters.store.sql import KeyPlaces, SqlStore, open_parts
from service.adapters.store.subjects import OWN_KEY
from service.domain.errors import ConflictError
from service.domain.letter import Link, LinkPurpose
from service.domain.person import Contact, StoredPerson
from service.usecases.verify_log import verify_log
from tests.contracts.examples import HOME, MODEL, sqlite_store, write_person
from tests.contracts.test_audit_store import NoBar, line
from tests.unit.adapters.test_batches_at_rest import refused_row

OWN = {"people", "person_readings", "outcomes"}
"""Tables whose sealed columns are under people's own keys."""
PHONE = "+8801711223344"


@contextmanager
def rotation_in(folder: Path) -> Iterator[Rotation]:
    """Open what `homeward keys rotate` works on."""
    with ExitStack() as stack:
        places = KeyPlaces.beside(folder / "keys.json")
        parts = open_parts(folder / "data", places, stack, writable=True)
        yield Rotation(*parts, folder / "keys.json")


def rotate(folder: Path) -> int:
    """Rotate to the end; return how many values were sealed anew."""
    counts: list[int] = []
    with rotation_in(folder) as opened:
        rotation = opened.begin()
        rotation.run(counts.append)
        assert rotation.left() == 0
    return sum(counts)


def test_every_sealed_column_is_one_that_rotation_knows() -> None:
    """A table with bytes in it is in `SEALED`, is under people's keys, or holds no secret."""
    bytes_in = {
        (table.name, column.name)
        for table in t.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary)
    }
    known = {(one.table.name, one.column) for one in SEALED}
    plain = {
        ("api_keys", "secret_hash"),
        ("former_secrets", "secret_hash"),
        ("officer_attempts", "place"),
        ("officer_sessions", "token_hash"),
        ("officer_browsers", "token_hash"),
        ("officer_submissions", "token_hash"),
        ("principals", "name_hash"),
        ("replies", "name"),
        ("replies", "request"),
        ("listing_vectors", "vectors"),
        ("access_log", "mac"),
    }
    assert {one for one in bytes_in - known - plain if one[0] not in OWN} == set()
    assert known <= bytes_in
    assert not known & plain


@pytest.fixture
def filled(tmp_path: Path) -> tuple[Path, list[StoredPerson]]:
    """A folder with people, imports and an access log, and its people."""
    with sqlite_store(tmp_path) as store:
        store.add_organisation(HOME)
        people = [
            write_person(store, f"words {number}", Contact("Name", PHONE)).record
            for number in range(7)
        ]
        refused_row(store)
        store.log_accesses([line(1), line(2)])
    return tmp_path, people


def _all_there(store: SqlStore, people: list[StoredPerson]) -> None:
    names = [one.id for one in people]
    assert store.people(names) == {one.id: one for one in people}
    assert set(store.readings(names, MODEL)) == set(names)
    assert verify_log(store, NoBar()).broken is None


def test_after_a_rotation_nothing_names_the_old_key(
    filled: tuple[Path, list[StoredPerson]],
) -> None:
    """Everything opens, the old key stands in no file but the key file, and can be retired."""
    folder, people = filled
    old = json.loads((folder / "keys.json").read_text())
    assert rotate(folder) >= len(people) + 3
    held = json.loads((folder / "keys.json").read_text())
    assert next(iter(held["keys"])) == old["active"] != held["active"]
    with rotation_in(folder) as opened:
        assert opened.retire() == 1
    with rotation_in(folder) as opened:
        assert opened.retire() == 0
    key_file = (folder / "keys.json").read_text()
    assert old["keys"][old["active"]] not in key_file
    assert (folder / "keys.json").stat().st_mode & 0o777 == 0o600
    with sqlite_store(folder) as store:
        _all_there(store, people)
        store.log_accesses([line(3)])
        assert verify_log(store, NoBar()).broken is None
        # The same telephone is still the same: its hash outlives the key it came of.
        mine = write_person(store, "other words", Contact("Name", PHONE)).record
        with store._database.read() as connection:
            assert len(store.with_same_phone(connection, [mine])[0]) == 5
        values = [
            value
            for one in SEALED
            for value in _values(store, one.table.c[one.column])
            if not value.startswith(OWN_KEY)
        ]
        assert not [one for one in values if one.startswith(old["active"].encode())]


def test_what_has_left_outlives_the_key_it_was_signed_with(
    filled: tuple[Path, list[StoredPerson]],
) -> None:
    """An old mail's link still ends a subscription, and a walk through a list goes on."""
    folder, _ = filled
    link = Link(LinkPurpose.UNSUBSCRIBE, "sub_1", "mailbox")
    with sqlite_store(folder) as store:
        token = SignedLinks(list(store.link_keys().values())).token(link)
        cursor = store.cursors.write(417, "north", "returnees")
    rotate(folder)
    with rotation_in(folder) as opened:
        assert opened.retire() == 1
    with sqlite_store(folder) as store:
        links = SignedLinks(list(store.link_keys().values()))
        assert links.link(token) == link
        assert links.token(link) != token
        assert store.cursors.read(cursor, "north", "returnees") == 417


def _values(store: SqlStore, column: "sa.Column[bytes]") -> list[bytes]:
    with store._database.read() as connection:
        found = connection.execute(sa.select(column).where(column.is_not(None))).scalars().all()
    return list(found)


def test_a_second_rotation_goes_to_a_third_key(
    filled: tuple[Path, list[StoredPerson]],
) -> None:
    """Rotating again makes another key, and leaves those before in the file until retired."""
    folder, people = filled
    rotate(folder)
    rotate(folder)
    assert len(json.loads((folder / "keys.json").read_text())["keys"]) == 3
    with rotation_in(folder) as opened:
        assert opened.retire() == 2
    with sqlite_store(folder) as store:
        _all_there(store, people)


def test_a_key_in_use_is_not_retired(filled: tuple[Path, list[StoredPerson]]) -> None:
    """A rotation that was cut off goes on with the same key, and retires nothing before its end."""
    folder, people = filled
    with rotation_in(folder) as opened:
        begun = opened.begin()
        active = begun.active
        with pytest.raises(ConflictError, match="still name an old key") as raised:
            begun.retire()
        assert raised.value.code == "keys_in_use"
    with sqlite_store(folder) as store:
        _all_there(store, people)
    with rotation_in(folder) as opened:
        again = opened.begin()
        assert again.active == active
        again.run(lambda _: None)
        assert again.retire() == 1
    with sqlite_store(folder) as store:
        _all_there(store, people)


def test_a_copy_of_the_keys_opens_the_records(
    filled: tuple[Path, list[StoredPerson]],
) -> None:
    """Key file, people's keys and ledger are copied whole beside a running service."""
    folder, people = filled
    with sqlite_store(folder) as store, ExitStack() as stack:
        store.delete_person(people[0], if_version=None)
        late = write_person(store, "late").record
        places = KeyPlaces.beside(folder / "keys.json")
        parts = open_parts(folder / "data", places, stack, writable=False)
        copier = Rotation(*parts, folder / "keys.json")
        copied = copier.copy_keys(folder / "copy")
        with pytest.raises(ConflictError, match="is there already"):
            copier.copy_keys(folder / "copy")
    assert {path.name for path in copied} == {path.name for path in folder.glob("keys*.*")}
    assert {path.stat().st_mode & 0o777 for path in copied} == {0o600}
    (folder / "data").rename(folder / "copy" / "data")
    with sqlite_store(folder / "copy") as store:
        _all_there(store, [*people[1:], late])
