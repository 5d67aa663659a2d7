"""What every store promises about listings, their vectors and the feed of their changes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from service.domain.errors import NotFoundError, PreconditionFailedError
from service.domain.listing import Kind, ListingSearch, StoredListing
from service.domain.records import Effect
from service.ports import Store
from tests.contracts.examples import (
    FULL_LISTING,
    HOME,
    MODEL,
    NEXT_MODEL,
    OTHER,
    job,
    listing_put,
    vectors_for,
    write_listing,
)


def _feed(store: Store, after: int = 0) -> list[tuple[str, bool]]:
    return [(listing_id, present) for _, listing_id, present in store.listing_changes(after, 1000)]


def _last(store: Store) -> int:
    return max((number for number, _, _ in store.listing_changes(0, 10_000)), default=0)


def _names(store: Store, limit: int, where: dict[str, str]) -> list[str]:
    names: list[str] = []
    after: int | None = 0
    while after is not None:
        page = store.page_of_listings(after=after, limit=limit, where=where)
        assert len(page.items) <= limit
        names += [item.external_id for item in page.items]
        after = page.next_after
    return names


def test_a_new_listing_is_created_at_version_one(store: Store) -> None:
    """The first write of a name makes a record with both of its dates set to now."""
    before = datetime.now(UTC)
    written = write_listing(store, "a")
    assert written.effect is Effect.CREATED
    record = written.record
    assert (record.organisation_id, record.source, record.external_id) == (HOME.id, "board", "a")
    assert record.version == 1
    assert before <= record.created_at == record.updated_at <= datetime.now(UTC)


def test_every_field_comes_back_as_it_went_in(store: Store) -> None:
    """Nothing of a listing is lost or rounded: zero stays zero, unknown stays unknown."""
    full = write_listing(store, "full", FULL_LISTING).record
    bare = write_listing(store, "bare").record
    assert store.listing(full.id).content == FULL_LISTING
    assert store.listing(bare.id).content == job("bare")
    assert store.listing(full.id) == full


def test_a_change_counts_up_and_keeps_the_identity(store: Store) -> None:
    """Another content under the same name is the same record, one version on."""
    first = write_listing(store, "a").record
    written = write_listing(store, "a", job("b"))
    assert written.effect is Effect.CHANGED
    assert written.record.id == first.id
    assert written.record.version == 2
    assert written.record.created_at == first.created_at
    assert written.record.updated_at >= first.updated_at
    assert written.record.content == job("b")


def test_the_same_content_again_changes_nothing(store: Store) -> None:
    """A repeated write leaves version, dates and feed alone."""
    first = write_listing(store, "a").record
    position = _last(store)
    written = write_listing(store, "a")
    assert written.effect is Effect.UNCHANGED
    assert written.record == first
    assert _feed(store, position) == []


def test_what_two_writes_name_alike_is_one_listing(store: Store) -> None:
    """Within one batch the last write of a name stands."""
    written = store.put_listings([listing_put("a"), listing_put("a", job("b"))])
    assert [one.effect for one in written] == [Effect.CREATED, Effect.CHANGED]
    assert store.count_listings() == 1
    assert store.listing(written[0].record.id).content.title == "b"


def test_organisations_and_sources_have_names_of_their_own(store: Store) -> None:
    """The same external id of another owner or source is another listing."""
    ids = {
        write_listing(store, "a").record.id,
        write_listing(store, "a", organisation_id=OTHER.id).record.id,
        write_listing(store, "a", source="second board").record.id,
    }
    assert len(ids) == 3
    found = store.listing_by_source(OTHER.id, "board", "a")
    assert found.organisation_id == OTHER.id
    with pytest.raises(NotFoundError):
        store.listing_by_source(OTHER.id, "second board", "a")


@pytest.mark.parametrize(("existing", "expected"), [(False, 1), (True, 0), (True, 2)])
def test_a_wrong_version_is_refused(store: Store, existing: bool, expected: int) -> None:  # noqa: FBT001
    """A writer who read another version, or expected none, changes nothing."""
    if existing:
        write_listing(store, "a")
    position = _last(store)
    with pytest.raises(PreconditionFailedError):
        write_listing(store, "a", job("b"), if_version=expected)
    assert store.count_listings() == int(existing)
    assert _feed(store, position) == []


def test_the_right_version_is_accepted(store: Store) -> None:
    """Version 0 creates, and the version that was read changes."""
    assert write_listing(store, "a", if_version=0).effect is Effect.CREATED
    assert write_listing(store, "a", job("b"), if_version=1).effect is Effect.CHANGED
    assert write_listing(store, "a", job("c"), if_version=2).record.version == 3


def test_a_batch_is_one_transaction(store: Store) -> None:
    """One refused write takes the whole batch with it, its feed entries included."""
    with pytest.raises(PreconditionFailedError):
        store.put_listings([listing_put("a"), listing_put("b", if_version=7)])
    assert store.count_listings() == 0
    assert _feed(store) == []


def test_only_one_of_many_racing_writers_wins(store: Store) -> None:
    """Eight threads that read version 1 and write at once: one change, seven refusals."""
    write_listing(store, "a")

    def change(number: int) -> bool:
        try:
            write_listing(store, "a", job(f"by {number}"), if_version=1)
        except PreconditionFailedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(change, range(8))) == 1
    assert store.listing_by_source(HOME.id, "board", "a").version == 2


def test_what_is_not_there_is_not_found(store: Store) -> None:
    """Reading by an unknown id or name raises; reading many leaves the unknown out."""
    known = write_listing(store, "a").record
    with pytest.raises(NotFoundError):
        store.listing("lst_unknown")
    with pytest.raises(NotFoundError):
        store.listing_by_source(HOME.id, "board", "b")
    assert store.listings([known.id, "lst_unknown"]) == {known.id: known}
    assert store.listings([]) == {}


def test_long_lists_of_ids_are_served(store: Store) -> None:
    """Asking for more ids than one statement takes gives them all."""
    written = store.put_listings([listing_put(f"{n}") for n in range(501)])
    ids = [one.record.id for one in written]
    assert set(store.listings(ids)) == set(ids)
    assert set(store.listing_vectors(ids, MODEL)) == set(ids)


def test_it_is_told_whether_listings_are_as_they_were(store: Store) -> None:
    """Not once one of them has changed or is gone; more of them than one statement takes."""
    one, two = (write_listing(store, name).record for name in "ab")
    assert store.listings_stand({})
    assert store.listings_stand({one.id: 1, two.id: 1})
    write_listing(store, "a", job("a changed"))
    assert not store.listings_stand({one.id: 1, two.id: 1})
    assert store.listings_stand({one.id: 2, two.id: 1})
    assert not store.listings_stand({one.id: 2, "lst_nowhere": 1})
    written = store.put_listings([listing_put(f"{n}") for n in range(501)])
    many = {each.record.id: 1 for each in written}
    assert store.listings_stand(many)
    assert not store.listings_stand(many | {written[-1].record.id: 2})


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_hold_everything_once_in_order(store: Store, limit: int) -> None:
    """Whatever the page size, paging gives each listing once in order of creation."""
    names = [f"{n}" for n in range(6)]
    store.put_listings([listing_put(name) for name in names])
    write_listing(store, "2", job("changed since"))
    assert _names(store, limit, {}) == names


def test_pages_hold_still_while_listings_come_and_go(store: Store) -> None:
    """Between pages others write: nothing is skipped or seen twice, what is new comes last."""
    store.put_listings([listing_put(f"{n}") for n in range(6)])
    first = store.page_of_listings(after=0, limit=3, where={})
    assert first.next_after is not None
    store.delete_listing(first.items[0], if_version=None)
    store.delete_listing(first.items[2], if_version=None)
    write_listing(store, "1", job("changed"))
    write_listing(store, "new")
    rest = store.page_of_listings(after=first.next_after, limit=10, where={})
    assert [item.external_id for item in rest.items] == ["3", "4", "5", "new"]
    assert rest.next_after is None


def test_pages_can_be_narrowed(store: Store) -> None:
    """Only listings of that kind, country, source and owner are listed."""
    store.put_listings(
        [
            listing_put("a"),
            listing_put("b", job("b", country="QA")),
            listing_put("c", job("c", kind=Kind.TRAINING)),
            listing_put("d", source="second board"),
            listing_put("e", organisation_id=OTHER.id),
        ]
    )
    assert _names(store, 1, {"country": "QA"}) == ["b"]
    assert _names(store, 1, {"kind": "training"}) == ["c"]
    assert _names(store, 1, {"source": "second board"}) == ["d"]
    assert _names(store, 1, {"organisation_id": OTHER.id}) == ["e"]
    assert _names(store, 1, {"country": "QA", "kind": "training"}) == []


def test_a_deleted_listing_is_gone(store: Store) -> None:
    """Neither the record nor its vectors can be read, and its name is free again."""
    record = write_listing(store, "a").record
    store.delete_listing(record, if_version=None)
    with pytest.raises(NotFoundError):
        store.listing(record.id)
    assert store.listing_vectors([record.id], MODEL) == {}
    assert store.count_listings() == 0
    with pytest.raises(NotFoundError):
        store.delete_listing(record, if_version=None)
    again = write_listing(store, "a")
    assert again.effect is Effect.CREATED
    assert again.record.id != record.id


def test_deleting_another_version_is_refused(store: Store) -> None:
    """A listing that changed since it was read stays, and the feed tells of nothing."""
    record = write_listing(store, "a").record
    write_listing(store, "a", job("b"))
    position = _last(store)
    with pytest.raises(PreconditionFailedError):
        store.delete_listing(record, if_version=record.version)
    assert store.listing(record.id).version == 2
    assert _feed(store, position) == []
    store.delete_listing(record, if_version=2)
    assert store.count_listings() == 0


def test_the_feed_tells_each_listing_once_in_order_of_its_last_change(store: Store) -> None:
    """A changed listing moves to the end, a deleted one leaves a tombstone there."""
    a, b, c = (one.record for one in store.put_listings([listing_put(n) for n in "abc"]))
    assert _feed(store) == [(a.id, True), (b.id, True), (c.id, True)]
    write_listing(store, "a", job("changed"))
    store.delete_listing(b, if_version=None)
    assert _feed(store) == [(c.id, True), (a.id, True), (b.id, False)]


def test_a_reader_resumes_where_it_stopped(store: Store) -> None:
    """From any position in the feed, in steps of any size, all later changes arrive in order."""
    store.put_listings([listing_put(f"{n}") for n in range(5)])
    everything = store.listing_changes(0, 100)
    numbers = [number for number, _, _ in everything]
    assert numbers == sorted(set(numbers))
    seen: list[tuple[int, str, bool]] = []
    while step := store.listing_changes(seen[-1][0] if seen else 0, 2):
        assert len(step) <= 2
        seen += step
    assert seen == everything


def test_a_feed_number_is_never_used_twice(
    open_store: Callable[[Path], AbstractContextManager[Store]], tmp_path: Path
) -> None:
    """Numbers go on counting when the newest entry moved, and after a restart."""
    with open_store(tmp_path) as store:
        store.add_organisation(HOME)
        record = write_listing(store, "a").record
        first = _last(store)
        store.delete_listing(record, if_version=None)
        second = _last(store)
    with open_store(tmp_path) as store:
        write_listing(store, "b")
        assert first < second < _last(store)
        page = store.page_of_listings(after=1, limit=10, where={})
        assert [item.external_id for item in page.items] == ["b"]


def _same(stored: StoredListing, text: str, store: Store) -> bool:
    found = store.listing_vectors([stored.id], MODEL)[stored.id]
    wanted = vectors_for(text)
    return bool(
        np.allclose(found.whole, wanted.whole, atol=1e-3)
        and np.allclose(found.requirements, wanted.requirements, atol=1e-3)
    )


def test_vectors_come_back_nearly_as_they_went_in(store: Store) -> None:
    """Vectors keep their shape and their values to half precision, as float32."""
    record = write_listing(store, "a", vectors=vectors_for("a", requirements=5)).record
    found = store.listing_vectors([record.id], MODEL)[record.id]
    wanted = vectors_for("a", requirements=5)
    assert found.whole.dtype == found.requirements.dtype == np.float32
    assert found.whole == pytest.approx(wanted.whole, abs=1e-3)
    assert found.requirements == pytest.approx(wanted.requirements, abs=1e-3)


def test_vectors_of_another_revision_are_not_given_out(store: Store) -> None:
    """Only vectors of the very model that asks are read; both revisions live side by side."""
    record = write_listing(store, "a").record
    assert store.listing_vectors([record.id], NEXT_MODEL) == {}
    store.put_listing_vectors(NEXT_MODEL, {record.id: vectors_for("a next")})
    found = store.listing_vectors([record.id], NEXT_MODEL)[record.id]
    assert found.whole == pytest.approx(vectors_for("a next").whole, abs=1e-3)
    assert _same(record, "a", store)


def test_a_changed_listing_loses_the_vectors_of_its_old_words(store: Store) -> None:
    """After a change only vectors of the new content remain, whatever model made the old."""
    record = write_listing(store, "a").record
    store.put_listing_vectors(NEXT_MODEL, {record.id: vectors_for("a next")})
    write_listing(store, "a", job("b"))
    assert _same(record, "b", store)
    assert store.listing_vectors([record.id], NEXT_MODEL) == {}
    write_listing(store, "a", job("c"), vectors=None, model=None)
    assert store.listing_vectors([record.id], MODEL) == {}


def test_an_unchanged_listing_keeps_its_vectors(store: Store) -> None:
    """A repeated write without vectors takes none away."""
    record = write_listing(store, "a").record
    write_listing(store, "a", vectors=None, model=None)
    assert _same(record, "a", store)


def test_an_unchanged_listing_takes_the_vectors_of_a_new_model(store: Store) -> None:
    """Sent again after the model changed, a listing can be found again, and the feed says so."""
    record = write_listing(store, "a").record
    position = _last(store)
    written = write_listing(store, "a", model=NEXT_MODEL)
    assert written.effect is Effect.UNCHANGED
    assert record.id in store.listing_vectors([record.id], NEXT_MODEL)
    assert _feed(store, position) == [(record.id, True)]


def test_listings_that_lack_vectors_are_named_until_they_have_them(store: Store) -> None:
    """What a model has not encoded yet is listed, and encoding it tells the feed."""
    a, b = (one.record for one in store.put_listings([listing_put("a"), listing_put("b")]))
    c = write_listing(store, "c", vectors=None, model=None).record
    assert store.listings_without_vectors(MODEL, 10) == [c]
    assert len(store.listings_without_vectors(NEXT_MODEL, 2)) == 2
    position = _last(store)
    store.put_listing_vectors(NEXT_MODEL, {x.id: vectors_for("x") for x in (a, b, c)})
    assert store.listings_without_vectors(NEXT_MODEL, 10) == []
    assert {listing_id for listing_id, _ in _feed(store, position)} == {a.id, b.id, c.id}


def test_vectors_for_a_deleted_listing_are_left_out(store: Store) -> None:
    """A listing deleted while it was being encoded stays deleted; the others get theirs."""
    a, b = (one.record for one in store.put_listings([listing_put("a"), listing_put("b")]))
    store.delete_listing(a, if_version=None)
    store.put_listing_vectors(NEXT_MODEL, {x.id: vectors_for("x") for x in (a, b)})
    assert set(store.listing_vectors([a.id, b.id], NEXT_MODEL)) == {b.id}
    assert dict(_feed(store)) == {a.id: False, b.id: True}


def test_records_outlive_the_process(
    open_store: Callable[[Path], AbstractContextManager[Store]], tmp_path: Path
) -> None:
    """Closing and opening again finds records, vectors and feed as they were."""
    with open_store(tmp_path) as store:
        store.add_organisation(HOME)
        record = write_listing(store, "full", FULL_LISTING).record
        feed = store.listing_changes(0, 10)
    with open_store(tmp_path) as store:
        assert store.listing(record.id) == record
        assert _same(record, FULL_LISTING.title, store)
        assert store.listing_changes(0, 10) == feed
        assert store.healthy()


def test_a_listing_is_deleted_only_for_its_owner(store: Store) -> None:
    """A record that claims another owner deletes nothing."""
    record = write_listing(store, "a").record
    with pytest.raises(NotFoundError):
        store.delete_listing(replace(record, organisation_id=OTHER.id), if_version=None)
    assert store.listing(record.id) == record


def test_listings_are_searched_with_counts_of_every_choice(store: Store) -> None:
    """By words of title, employer or place; signs mean nothing; closed ones only if asked for."""
    open_one = replace(job("Pipe welder"), region="Khulna")
    closed = replace(job("Welder 100%"), country="QA", valid_through=date(2026, 1, 31))
    course = replace(job("Welding course"), kind=Kind.TRAINING)
    for at, content in enumerate((open_one, closed, course)):
        store.put_listings([listing_put(f"{at}", content)])

    def found(**asked: object) -> list[str]:
        search = ListingSearch(**asked)  # type: ignore[arg-type]
        return [one.external_id for one in store.search_listings(search, skip=0, limit=9).items]

    assert found(words=("WELD",)) == ["2", "1", "0"]
    assert found(words=("weld", "khulna")) == ["0"]
    assert found(words=("100%",)) == ["1"]
    assert found(words=("%",)) == ["1"]
    assert found(words=("weld",), open_on=date(2026, 1, 31)) == ["2", "1", "0"]
    assert found(words=("weld",), open_on=date(2026, 2, 1)) == ["2", "0"]
    assert found(organisation_id=OTHER.id) == []
    page = store.search_listings(ListingSearch(kind=Kind.JOB), skip=1, limit=1)
    assert (page.total, len(page.items)) == (2, 1)
    assert page.kinds == {"job": 2, "training": 1}
    assert page.countries == {open_one.country: 1, "QA": 1}
