"""What every store promises about imports."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.batch import Batch, BatchState, ColumnUse, Progress, RowEffect, RowResult
from service.domain.errors import NotFoundError
from service.domain.imported import FileFormat, ImportKind, RowProblem
from service.domain.person import Contact, ReturnCategory
from service.domain.records import TakenRow
from service.domain.retention import Kept
from service.ports import Store
from tests.contracts.examples import HOME, OTHER, job, listing_put, person_put, reading

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RUNNING = Progress(state=BatchState.RUNNING)


def _batch(name: str = "imp_1", **changes: object) -> Batch:
    plain = Batch(
        id=name,
        organisation_id=HOME.id,
        key_id="key_1",
        kind=ImportKind.LISTINGS,
        source="board",
        file_name="board.csv",
        format=FileFormat.CSV,
        dry_run=False,
        mapping={"Title": "title", "Remarks": None},
        defaults={"country": "BD"},
        size=3,
        sha256="x",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def _row(place: int, title: str | None) -> TakenRow:
    name = f"{place}"
    if title is None:
        wrong = (RowProblem("Title (A3)", "This field is required."),)
        return TakenRow(
            RowResult(place, place + 2, RowEffect.REFUSED, name, None, wrong, {"Pay": "=1"})
        )
    put = listing_put(name, job(title))
    return TakenRow(RowResult(place, place + 2, RowEffect.UNCHANGED, name), listing=put)


def test_what_was_sent_waits_in_line(store: Store) -> None:
    """The oldest unfinished comes first, whole; once it has ended it is forgotten."""
    content = bytes(range(256)) * 3000
    first = store.add_batch(_batch(), content, NOW)
    store.add_batch(_batch("imp_2", organisation_id=OTHER.id), b"later", NOW)
    assert store.next_batch() == first == store.batch(HOME.id, "imp_1")
    assert store.batch_content("imp_1") == content
    column = ColumnUse("Title", "title", 1.0, "As you said.")
    ended = Progress(state=BatchState.DONE, rows=2, total=2, columns=(column,), notes=("n",))
    store.note_progress("imp_1", ended, NOW)
    assert store.batch(HOME.id, "imp_1").progress == ended
    with pytest.raises(NotFoundError):
        store.batch_content("imp_1")
    following = store.next_batch()
    assert following is not None
    assert following.batch.id == "imp_2"
    store.note_progress("imp_2", Progress(state=BatchState.FAILED, code="x", detail="y"), NOW)
    assert store.next_batch() is None
    # Who runs the same one beside, and finds nothing to read any more, changes nothing of its end.
    late = Progress(state=BatchState.FAILED, code="not_found", detail="z")
    store.note_progress("imp_1", late, NOW)
    assert store.batch(HOME.id, "imp_1").progress == ended


def test_a_held_file_waits_apart_and_is_let_go(store: Store) -> None:
    """Nobody's turn, in no list, kept until it is let go or too old; others stay."""
    held = store.add_batch(_batch(), b"held", NOW, held=True)
    store.add_batch(_batch("imp_2"), b"queued", NOW)
    assert held.progress.state is BatchState.HELD
    assert store.batch_content("imp_1") == b"held"
    following = store.next_batch()
    assert following is not None
    assert following.batch.id == "imp_2"
    listed = store.page_of_batches(HOME.id, after=0, limit=9).items
    assert [one.batch.id for one in listed] == ["imp_2"]
    assert [one.batch.id for one in store.last_batches(HOME.id, 9)] == ["imp_2"]
    assert store.forget_old(Kept.HELD_FILES, NOW, 9) == 0
    assert store.forget_old(Kept.HELD_FILES, NOW + timedelta(seconds=1), 9) == 1
    with pytest.raises(NotFoundError):
        store.batch(HOME.id, "imp_1")
    store.let_go("imp_2")
    assert store.batch_content("imp_2") == b"queued"


def test_imports_belong_to_their_organisation(store: Store) -> None:
    """Another's are not found, and not listed."""
    store.add_batch(_batch(), b"x", NOW)
    with pytest.raises(NotFoundError):
        store.batch(OTHER.id, "imp_1")
    assert store.page_of_batches(OTHER.id, after=0, limit=9).items == ()
    assert len(store.page_of_batches(HOME.id, after=0, limit=9).items) == 1


def test_rows_and_their_records_are_written_together(store: Store) -> None:
    """With the effect each had, and how far the import has come."""
    store.add_batch(_batch(), b"x", NOW)
    rows = [_row(0, "Mason"), _row(1, None)]
    progress = store.take_rows(_batch(), rows, RUNNING)
    assert progress.rows == 2
    assert progress.counts == {RowEffect.CREATED: 1, RowEffect.REFUSED: 1}
    assert store.batch(HOME.id, "imp_1").progress == progress
    listing = store.listing_by_source(HOME.id, "board", "0")
    created, refused = store.page_of_rows("imp_1", after=0, limit=9, effect=None).items
    assert (created.effect, created.record_id) == (RowEffect.CREATED, listing.id)
    assert refused == rows[1].result
    later = [replace(_row(0, "Head mason"), result=replace(rows[0].result, place=2))]
    assert store.take_rows(_batch(), later, progress).counts[RowEffect.CHANGED] == 1
    (only,) = store.page_of_rows("imp_1", after=0, limit=9, effect=RowEffect.REFUSED).items
    assert only.place == 1
    page = store.page_of_rows("imp_1", after=0, limit=2, effect=None)
    assert page.next_after == 2
    assert [x.place for x in store.page_of_rows("imp_1", after=2, limit=2, effect=None).items] == [
        2
    ]


def test_a_row_that_fails_takes_its_whole_chunk_back(store: Store) -> None:
    """Nothing of it is stored, and the import has not moved."""
    store.add_batch(_batch(), b"x", NOW)
    nowhere = replace(listing_put("1"), organisation_id="nobody")
    broken = TakenRow(RowResult(1, 3, RowEffect.UNCHANGED, "1"), listing=nowhere)
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.take_rows(_batch(), [_row(0, "Mason"), broken], RUNNING)
    assert store.count_listings() == 0
    assert store.batch(HOME.id, "imp_1").progress.rows == 0


def test_a_dry_run_writes_no_record(store: Store) -> None:
    """It tells what would happen, and the feeds stay as they were."""
    batch = _batch(dry_run=True)
    store.add_batch(batch, b"x", NOW)
    store.put_listings([listing_put("0", job("Mason"))])
    before = store.listing_changes(0, 9)
    rows = [_row(0, "Mason"), _row(1, "Welder")]
    changed = replace(_row(2, "Head mason"), listing=listing_put("0", job("Head mason")))
    progress = store.take_rows(batch, [*rows, changed], RUNNING)
    effects = (RowEffect.UNCHANGED, RowEffect.CREATED, RowEffect.CHANGED)
    assert progress.counts == dict.fromkeys(effects, 1)
    assert store.listing_changes(0, 9) == before
    assert store.listing_by_source(HOME.id, "board", "0").content.title == "Mason"
    found = store.page_of_rows("imp_1", after=0, limit=9, effect=None).items
    assert [one.record_id is None for one in found] == [False, True, False]


def test_rows_that_say_the_same_are_told_before_they_are_read(store: Store) -> None:
    """Of listings and of people, so that nothing is encoded twice."""
    store.put_listings([listing_put("0", job("Mason"))])
    assert store.unchanged_rows(_batch(), [_row(0, "Mason"), _row(1, "Mason")]) == {0}
    assert store.unchanged_rows(_batch(), [_row(0, "Welder")]) == set()
    named = {"source": "board", "external_id": "7"}
    contact = Contact("Rokeya", "017")
    store.put_person(person_put("bricks", **named), contact, reading("bricks"))
    people = _batch(kind=ImportKind.RETURNEES)
    row = TakenRow(
        RowResult(0, 2, RowEffect.UNCHANGED, "7"),
        person=person_put("bricks", **named),
        contact=contact,
    )
    assert store.unchanged_rows(people, [row]) == {0}
    assert store.unchanged_rows(people, [replace(row, contact=Contact("Rokeya", "018"))]) == set()
    said = person_put("bricks").content
    known = replace(said, return_category=ReturnCategory.SUCCESS)
    store.put_person(person_put("", content=known, **named), contact, reading("bricks"))
    assert store.unchanged_rows(people, [row]) == set()
    keeping = replace(person_put("bricks", **named), keeps_category=True)
    assert store.unchanged_rows(people, [replace(row, person=keeping)]) == {0}


def test_people_are_taken_with_their_reading(store: Store) -> None:
    """As if each had been put alone."""
    batch = _batch(kind=ImportKind.RETURNEES)
    store.add_batch(batch, b"x", NOW)
    row = TakenRow(
        RowResult(0, 2, RowEffect.UNCHANGED, "7"),
        person=person_put("bricks", source="board", external_id="7"),
        contact=Contact("Rokeya"),
        understood=reading("bricks"),
    )
    store.take_rows(batch, [row], RUNNING)
    person = store.person_by_source(HOME.id, "board", "7")
    assert person.contact.name == "Rokeya"
    assert store.understanding(person, reading("x").model) is not None


def test_of_one_chunk_those_before_are_found_by_their_telephone(store: Store) -> None:
    """As if each had been put alone; and nobody whom a dry run has made up."""
    store.put_person(person_put("bricks"), Contact(phone="+8801711223344"), reading("bricks"))
    rows = [
        TakenRow(
            RowResult(place, place, RowEffect.UNCHANGED, name),
            person=person_put("bricks", source="board", external_id=name),
            contact=Contact(phone="01711 223344"),
            understood=reading("bricks"),
        )
        for place, name in enumerate("abc")
    ]
    for name, dry_run, found in (("imp_1", True, [1, 1, 1]), ("imp_2", False, [1, 2, 3])):
        batch = _batch(name, kind=ImportKind.RETURNEES, dry_run=dry_run)
        store.add_batch(batch, b"x", NOW)
        store.take_rows(batch, rows, RUNNING)
        taken = store.page_of_rows(name, after=0, limit=9, effect=None).items
        assert [len(one.alike) for one in taken] == found
    assert taken[2].alike[1:] == (taken[0].record_id, taken[1].record_id)


def test_a_mapping_is_kept_by_organisation_kind_and_source(store: Store) -> None:
    """The last one counts."""
    assert store.mapping(HOME.id, ImportKind.LISTINGS, "board") is None
    store.keep_mapping(_batch(), {"A": "title"}, NOW)
    store.keep_mapping(_batch(), {"A": None}, NOW)
    assert store.mapping(HOME.id, ImportKind.LISTINGS, "board") == {"A": None}
    assert store.mapping(HOME.id, ImportKind.RETURNEES, "board") is None
    assert store.mapping(OTHER.id, ImportKind.LISTINGS, "board") is None
