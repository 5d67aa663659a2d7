"""Imports of people at rest: what was sent, and what was refused, goes when the person goes."""

import mmap
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.keystore import KeyStore, holds_any, subject_marks
from service.adapters.store.rows import own_subject
from service.adapters.store.sql import SqlStore
from service.adapters.store.subjects import OWN_KEY
from service.domain.batch import Batch, BatchState, Progress, RowEffect, RowResult
from service.domain.errors import NotFoundError
from service.domain.imported import FileFormat, ImportKind, RowProblem
from service.domain.person import Contact, forgotten_name
from service.domain.records import TakenRow
from service.domain.retention import Kept
from tests.contracts.examples import HOME, person_put, reading, sqlite_store, write_person

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PHONE = "+8801711223344"
WORDS = "I sewed collars for nine years in Jordan"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store with one organisation."""
    with sqlite_store(tmp_path) as opened:
        opened.add_organisation(HOME)
        yield opened


def _batch(
    store: SqlStore, name: str, *, dry_run: bool = False, held: bool = False, at: datetime = NOW
) -> Batch:
    batch = Batch(
        id=name,
        organisation_id=HOME.id,
        key_id="key",
        kind=ImportKind.RETURNEES,
        source="register",
        file_name=None,
        format=FileFormat.CSV,
        dry_run=dry_run,
    )
    store.add_batch(batch, b"what was sent", at, held=held)
    return batch


def _refused(place: int, name: str | None, **cells: str) -> TakenRow:
    problems = (RowProblem("birth_year", "This is no year."),)
    return TakenRow(
        RowResult(place, place + 2, RowEffect.REFUSED, name, problems=problems, cells=cells)
    )


def refused_row(store: SqlStore) -> None:
    """Leave an import behind that waits, and one that has ended with a refused row."""
    _batch(store, "imp_waits")
    batch = _batch(store, "imp_ended")
    store.take_rows(batch, [_refused(0, None, who="me")], Progress(state=BatchState.RUNNING))
    store.note_progress(batch.id, Progress(state=BatchState.DONE), NOW)


def _cells(store: SqlStore, batch: Batch) -> list[dict[str, str]]:
    page = store.page_of_rows(batch.id, after=0, limit=50, effect=None)
    return [dict(one.cells) for one in page.items]


def test_refused_rows_go_with_the_person_they_are_about(store: SqlStore) -> None:
    """By her id, her telephone in any writing, or her words; what is others' stays."""
    batch = _batch(store, "imp_1")
    rows = [
        _refused(0, "case-7", note="by id"),
        _refused(1, None, mobile="01711-223344", note="by telephone"),
        _refused(2, None, said=f"  {WORDS.upper()} "),
        _refused(3, "case-8", mobile="01811-223344", note="another's", who="Rokeya"),
        _refused(4, None, list="seven"),
    ]
    store.take_rows(batch, rows, Progress(state=BatchState.RUNNING))
    person = write_person(
        store, WORDS, Contact("Rokeya", PHONE), source="register", external_id="case-7"
    ).record
    assert [bool(one) for one in _cells(store, batch)] == [True] * 5
    store.delete_person(person, if_version=None)
    assert [bool(one) for one in _cells(store, batch)] == [False, False, False, True, True]
    left = {one for one in store._subjects.keys.subjects() if "/" in one}
    assert left == {own_subject("imp_1", 3), own_subject("imp_1", 4)}


def test_rows_that_became_a_record_are_under_its_key(store: SqlStore) -> None:
    """A row taken is sealed under the person's key; a dry run makes none but the row's own."""
    put = person_put(WORDS, source="register", external_id="case-7")
    row = TakenRow(
        RowResult(0, 2, RowEffect.UNCHANGED, "case-7"),
        person=put,
        contact=Contact("Rokeya", PHONE),
        understood=reading(WORDS),
    )
    dry, wet = _batch(store, "imp_dry", dry_run=True), _batch(store, "imp_wet")
    store.take_rows(dry, [row], Progress(state=BatchState.RUNNING))
    before = {"imp_dry", "imp_wet", own_subject("imp_dry", 0)}
    assert store._subjects.keys.subjects() == before
    store.take_rows(wet, [row], Progress(state=BatchState.RUNNING))
    with store._database.read() as connection:
        rows = t.import_rows
        kept = connection.execute(sa.select(rows).where(rows.c.batch_id == "imp_wet")).one()
    assert kept.sealed.startswith(OWN_KEY)
    assert store._subjects.keys.subjects() == before | {kept.record_id}


def test_rows_refused_by_an_earlier_release_get_keys_of_their_own(
    store: SqlStore, tmp_path: Path
) -> None:
    """What lies under the master key is sealed anew at the next start, and found by its marks."""
    batch = _batch(store, "imp_1")
    rows = [_refused(0, "case-7", note="by id"), _refused(1, "case-8", note="another's")]
    store.take_rows(batch, rows, Progress(state=BatchState.RUNNING))
    with store._database.write() as connection:
        for place in (0, 1):
            old = sa.select(t.import_rows.c.sealed).where(t.import_rows.c.place == place)
            where, name = own_subject("imp_1", place), f"import_rows/imp_1/{place}"
            plain = store._subjects.open(where, connection.execute(old).scalar_one(), name)
            connection.execute(
                sa.update(t.import_rows)
                .where(t.import_rows.c.place == place)
                .values(sealed=store._subjects.master.seal(plain, name))
            )
    store._subjects.keys.destroy([own_subject("imp_1", 0), own_subject("imp_1", 1)], {})
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path, copy, ignore=shutil.ignore_patterns("copy", "writer.lock"))
    with sqlite_store(copy) as again:
        assert [one["note"] for one in _cells(again, batch)] == ["by id", "another's"]
        person = write_person(again, "words", source="register", external_id="case-7").record
        again.delete_person(person, if_version=None)
        assert [bool(one) for one in _cells(again, batch)] == [False, True]


def test_an_older_copy_takes_no_ended_file_in_again(store: SqlStore, tmp_path: Path) -> None:
    """A file that waits in yesterday's copy and has ended since cannot be read there any more."""
    batch = _batch(store, "imp_1")
    assert store.batch_content(batch.id) == b"what was sent"
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "data", copy / "data", ignore=lambda *_: ["writer.lock"])
    store.note_progress(batch.id, Progress(state=BatchState.DONE), NOW)
    assert batch.id not in store._subjects.keys.subjects()
    for path in tmp_path.glob("keys*"):
        shutil.copy(path, copy)
    with sqlite_store(copy) as restored:
        assert restored.next_batch() is not None
        with pytest.raises(NotFoundError, match="no longer kept"):
            restored.batch_content(batch.id)
        assert restored._subjects.keys.subjects() == set()


def test_a_file_whose_end_a_crash_cut_short_loses_its_key_at_the_next_start(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import that is noted as ended keeps no key past the next opening."""
    batch = _batch(store, "imp_1")
    monkeypatch.setattr(store._subjects, "note_erased", lambda _: None)
    monkeypatch.setattr(store._subjects, "destroy", lambda _: None)
    store.note_progress(batch.id, Progress(state=BatchState.DONE), NOW)
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path, copy, ignore=shutil.ignore_patterns("copy", "writer.lock"))
    with sqlite_store(copy) as again:
        assert again._subjects.keys.subjects() == set()


def test_a_held_file_outlives_a_start(store: SqlStore, tmp_path: Path) -> None:
    """It waits for somebody to say how to read it, whatever is opened and closed meanwhile."""
    held = _batch(store, "imp_held", held=True)
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path, copy, ignore=shutil.ignore_patterns("copy", "writer.lock"))
    for _ in range(2):
        with sqlite_store(copy) as again:
            assert again.batch_content(held.id) == b"what was sent"


def test_a_held_file_that_is_let_go_is_erased(store: SqlStore) -> None:
    """Its key goes with it, given up or left lying, and no backup opens it any more."""
    given_up, old, kept = (
        _batch(store, name, held=True, at=at)
        for name, at in (
            ("imp_given_up", NOW),
            ("imp_old", NOW - timedelta(days=2)),
            ("imp_kept", NOW),
        )
    )
    store.let_go(given_up.id)
    assert store.forget_old(Kept.HELD_FILES, NOW - timedelta(days=1), 9) == 1
    store.wipe()
    assert store._subjects.keys.subjects() == {kept.id}
    assert {
        forgotten_name(one.id) for one in (given_up, old)
    } <= store._subjects.ledger.names.keys()
    assert store.batch_content(kept.id) == b"what was sent"


def test_keys_of_rows_go_when_the_rows_are_old(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of refused rows with their words, of a dry run's with the import; erasing her still works."""
    searched = 0
    stays = KeyStore._stays

    def counted(self: KeyStore, values: Sequence[bytes]) -> bool:
        nonlocal searched
        searched += 1
        return stays(self, values)

    monkeypatch.setattr(KeyStore, "_stays", counted)
    wet, dry = _batch(store, "imp_wet"), _batch(store, "imp_dry", dry_run=True)
    put = person_put(WORDS, source="register", external_id="case-7")
    new = TakenRow(RowResult(200, 202, RowEffect.UNCHANGED, "case-7"), person=put)
    refused = [_refused(place, "case-7", mobile="01711-223344") for place in range(150)]
    for batch, rows in ((wet, refused), (dry, [*refused, new])):
        store.take_rows(batch, rows, Progress(state=BatchState.RUNNING))
        store.note_progress(batch.id, Progress(state=BatchState.DONE), NOW)
    person = write_person(
        store, WORDS, Contact("Rokeya", PHONE), source="register", external_id="case-7"
    ).record
    later, searched = NOW + timedelta(days=1), 0
    for what, left in (
        (Kept.REFUSED_ROWS, {person.id, own_subject("imp_dry", 200)}),
        (Kept.IMPORTS, {person.id}),
    ):
        while store.forget_old(what, later, 40):
            pass
        store.wipe()
        assert store._subjects.keys.subjects() == left
        with store._subjects.keys._db.read() as connection:
            marked = connection.execute(sa.select(subject_marks.c.subject)).scalars()
            assert set(marked) <= left
    assert searched == 2
    store.delete_person(person, if_version=None)
    assert store._subjects.keys.subjects() == set()


def test_many_keys_are_looked_for_in_one_pass(tmp_path: Path) -> None:
    """Wherever they stand, across what is read at a time too; and none that is not there."""
    values = [bytes([place, 255 - place]) * 20 for place in range(100)]
    path = tmp_path / "file"
    for place in (*range(9), (1 << 20) - 7, (1 << 20) + 3, (1 << 21) - 40):
        content = bytearray(1 << 21)
        content[place : place + 40] = values[place % 100]
        path.write_bytes(content)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as read:
            assert holds_any(read, values)
            assert not holds_any(read, [value[::-1][:39] + b"x" for value in values])
