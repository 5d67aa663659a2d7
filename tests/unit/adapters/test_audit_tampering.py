"""What somebody who can write to the database file, and lacks the key file, cannot do unnoticed."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest

from service.adapters.store.sql import DATABASE_NAME, SqlStore
from service.domain.audit import Broken, Fault, LogHead
from service.usecases.verify_log import verify_log
from tests.contracts.examples import sqlite_store
from tests.contracts.test_audit_store import NoBar, line

HEAD = "SELECT value FROM facts WHERE name = 'access_log_head'"
Tamper = Callable[..., None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store whose log has ten entries, written two at a time."""
    with sqlite_store(tmp_path) as opened:
        for number in range(1, 11, 2):
            opened.log_accesses([line(number), line(number + 1)])
        yield opened


@pytest.fixture
def tamper(store: SqlStore, tmp_path: Path) -> Iterator[Tamper]:
    """Run statements on the file itself, as any other program could."""
    connection = sqlite.connect(tmp_path / "data" / DATABASE_NAME, isolation_level=None)

    def run(*statements: str, **values: object) -> None:
        assert verify_log(store, NoBar()).broken is None
        for statement in statements:
            connection.execute(statement, values)

    yield run
    connection.close()


def _broken(store: SqlStore, seen: LogHead | None = None) -> Broken:
    broken = verify_log(store, NoBar(), seen).broken
    assert broken is not None
    return broken


def _found(store: SqlStore) -> tuple[int, Fault]:
    broken = _broken(store)
    return broken.sequence, broken.fault


def _swap(first: int, second: int) -> tuple[str, ...]:
    change = "UPDATE access_log SET sequence = {} WHERE sequence = {}"
    moves = ((-1, first), (first, second), (second, -1))
    return tuple(change.format(*move) for move in moves)


@pytest.mark.parametrize(
    "change",
    [
        "at = '2026-11-22T12:00:09.000000+00:00'",
        "organisation_id = 'other'",
        "key_id = 'key_2'",
        "action = 'returnee.list'",
        "subjects = '[]'",
        "outcome = 'refused:not_found'",
        "request_id = 'r6'",
        "mac = zeroblob(40)",
        "mac = (SELECT mac FROM access_log WHERE sequence = 4)",
        "mac = 'text'",
        "at = x'00ff'",
        "subjects = 7",
    ],
)
def test_a_changed_field_is_found_where_it_is(store: SqlStore, tamper: Tamper, change: str) -> None:
    """Whichever field, and whatever is put there."""
    tamper("UPDATE access_log SET " + change + " WHERE sequence = 5")  # noqa: S608 - ours
    assert _found(store) == (5, Fault.CHANGED)


def test_a_removed_line_is_missing(store: SqlStore, tamper: Tamper) -> None:
    """From the middle or from the beginning, one or several."""
    tamper("DELETE FROM access_log WHERE sequence IN (4, 5, 8)")
    assert _broken(store) == Broken(4, Fault.MISSING, "Missing: 4 to 5.")


def test_a_removed_line_is_missed_though_the_rest_moves_up(store: SqlStore, tamper: Tamper) -> None:
    """Numbers that close the gap do not fit their seals."""
    change = "UPDATE access_log SET sequence = {} WHERE sequence = {}"
    moves = (change.format(number, number + 1) for number in range(1, 10))
    tamper("DELETE FROM access_log WHERE sequence = 1", *moves)
    assert _found(store) == (1, Fault.CHANGED)


@pytest.mark.parametrize(("first", "second"), [(1, 2), (4, 5), (3, 9), (1, 10), (9, 10)])
def test_lines_that_changed_places_are_told(
    store: SqlStore, tamper: Tamper, first: int, second: int
) -> None:
    """With the number under which the first of them was written."""
    tamper(*_swap(first, second))
    assert _found(store) == (first, Fault.REORDERED)
    assert _broken(store).detail == f"This entry was written as number {second}."


@pytest.mark.parametrize("left", [7, 1, 0])
def test_a_cut_tail_is_missed(store: SqlStore, tamper: Tamper, left: int) -> None:
    """The sealed head knows how many there were, even where none is left."""
    tamper("DELETE FROM access_log WHERE sequence > :left", left=left)
    assert _found(store) == (left + 1, Fault.TAIL_CUT)


def test_a_cut_stays_visible_after_more_lines(store: SqlStore, tamper: Tamper) -> None:
    """The service goes on from the head, not from what is left."""
    tamper("DELETE FROM access_log WHERE sequence > 8")
    store.log_accesses([line(11)])
    assert _broken(store) == Broken(9, Fault.MISSING, "Missing: 9 to 10.")


def test_a_forged_line_is_found(store: SqlStore, tamper: Tamper) -> None:
    """At the end, as a copy of another with the seal of another."""
    tamper(
        "INSERT INTO access_log SELECT 11, at, organisation_id, key_id, action, '[]', outcome, "
        "request_id, mac FROM access_log WHERE sequence = 10"
    )
    assert _found(store) == (11, Fault.CHANGED)


def test_an_older_head_is_found(store: SqlStore, tamper: Tamper) -> None:
    """It says fewer than there are; and what is written after it does not fit."""
    with store._database.read() as connection:
        older = connection.exec_driver_sql(HEAD).scalar_one()
    store.log_accesses([line(11)])
    tamper("UPDATE facts SET value = :older WHERE name = 'access_log_head'", older=older)
    assert _found(store) == (11, Fault.HEAD)
    store.log_accesses([line(12)])
    assert _found(store) == (12, Fault.CHANGED)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM facts WHERE name = 'access_log_head'",
        "UPDATE facts SET value = zeroblob(80) WHERE name = 'access_log_head'",
        "REPLACE INTO facts SELECT 'access_log_head', value FROM facts WHERE name = 'canary'",
    ],
)
def test_a_head_that_is_gone_or_false_is_found(
    store: SqlStore, tamper: Tamper, change: str
) -> None:
    """The service goes on writing, and the break stays where it was made."""
    tamper(change)
    assert _broken(store).fault is Fault.HEAD
    store.log_accesses([line(11)])
    assert _found(store) == (11, Fault.CHANGED)


def test_emptying_the_log_with_its_head_is_found(
    store: SqlStore, tamper: Tamper, tmp_path: Path
) -> None:
    """Neither now nor after the next start is it a new log."""
    tamper("DELETE FROM facts WHERE name = 'access_log_head'", "DELETE FROM access_log")
    assert _broken(store).fault is Fault.HEAD
    store.close()
    with sqlite_store(tmp_path) as again:
        assert _broken(again).fault is Fault.HEAD
        again.log_accesses([line(1)])
        assert _found(again) == (1, Fault.CHANGED)


def test_a_log_that_was_put_back_whole_is_told_by_what_was_seen(
    store: SqlStore, tamper: Tamper
) -> None:
    """Head and all: then nothing in the database tells, but a number noted elsewhere does."""
    with store._database.read() as connection:
        older = connection.exec_driver_sql(HEAD).scalar_one()
    store.log_accesses([line(11)])
    noted = store.access_head()
    assert noted is not None
    seen = LogHead(noted.count, noted.seal[-16:])
    assert verify_log(store, NoBar(), seen).broken is None
    tamper(
        "DELETE FROM access_log WHERE sequence = 11",
        "UPDATE facts SET value = :older WHERE name = 'access_log_head'",
        older=older,
    )
    assert verify_log(store, NoBar()).broken is None
    assert _broken(store, seen).fault is Fault.NOT_AS_SEEN
    store.log_accesses([line(12)])
    assert (_broken(store, seen).sequence, _broken(store, seen).fault) == (11, Fault.NOT_AS_SEEN)


def test_entries_stay_good_when_the_key_changes(tmp_path: Path) -> None:
    """Each names its key; a key that is taken out of the file makes its entries unverifiable."""
    for number, active in ((1, "aaaaaaaa"), (2, "bbbbbbbb"), (3, "bbbbbbbb")):
        keys = {name: b64encode(name.encode() * 4).decode() for name in ("aaaaaaaa", "bbbbbbbb")}
        path = tmp_path / "keys.json"
        path.write_text(json.dumps({"keys": keys, "active": active}))
        path.chmod(0o600)
        with sqlite_store(tmp_path) as store:
            store.log_accesses([line(number)])
            assert verify_log(store, NoBar()).broken is None
            assert store.access_links(0, 9)[-1].seal.startswith(active.encode().hex())
            if number == 3:
                del store._log_keys["aaaaaaaa"]
                assert _found(store) == (1, Fault.KEY_UNKNOWN)
