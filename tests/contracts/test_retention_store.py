"""What every store promises about what is kept for a time only."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from service.domain.access import ApiKey, Scope
from service.domain.alert import (
    AlertType,
    Attempt,
    DeliveryState,
    Hit,
    Seen,
    Subscription,
    Told,
    Watch,
)
from service.domain.audit import Access, Action
from service.domain.batch import Batch, BatchState, Progress, RowEffect, RowResult
from service.domain.imported import FileFormat, ImportKind, RowProblem
from service.domain.match import Tier
from service.domain.person import forgotten_name
from service.domain.records import TakenRow
from service.domain.retention import Kept
from service.ports import Store
from tests.contracts.examples import HOME, job, listing_put, write_listing, write_person

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SOON = NOW - timedelta(days=1)


def _forget(store: Store, what: Kept, before: datetime, at_once: int = 2) -> int:
    """Forget in small chunks; return how much was counted as old before."""
    old, rounds = store.count_old(what, before), 0
    while store.forget_old(what, before, at_once):
        rounds += 1
    assert store.count_old(what, before) == 0
    assert rounds >= old / at_once / 2
    return old


def _import(store: Store, name: str, *, ended: bool) -> None:
    batch = Batch(
        id=name,
        organisation_id=HOME.id,
        key_id="key_1",
        kind=ImportKind.LISTINGS,
        source="board",
        file_name=None,
        format=FileFormat.CSV,
        dry_run=False,
    )
    store.add_batch(batch, b"x", NOW)
    wrong = (RowProblem("Title", "This field is required."),)
    rows = [
        TakenRow(RowResult(at, at + 2, RowEffect.REFUSED, None, None, wrong, {"Pay": "12"}))
        for at in range(3)
    ]
    taken = TakenRow(
        RowResult(3, 5, RowEffect.UNCHANGED, name), listing=listing_put(name, job("Mason"))
    )
    progress = store.take_rows(batch, [*rows, taken], Progress(state=BatchState.RUNNING))
    state = BatchState.DONE if ended else BatchState.RUNNING
    store.note_progress(name, replace(progress, state=state), NOW)


def test_words_of_refused_rows_go_before_the_import(store: Store) -> None:
    """Of imports that have ended; then the whole import, its rows first, and no record with it."""
    _import(store, "imp_1", ended=True)
    _import(store, "imp_2", ended=False)
    assert store.count_old(Kept.REFUSED_ROWS, SOON) == 0
    assert _forget(store, Kept.REFUSED_ROWS, LATER) == 3
    rows = store.page_of_rows("imp_1", after=0, limit=9, effect=None).items
    assert [(one.problems, one.cells) for one in rows] == [((), {})] * 4
    assert rows[3].external_id == "imp_1"
    kept = store.page_of_rows("imp_2", after=0, limit=9, effect=RowEffect.REFUSED).items
    assert all(one.problems for one in kept)
    assert store.count_old(Kept.IMPORTS, SOON) == 0
    assert _forget(store, Kept.IMPORTS, LATER) == 1
    (left,) = store.page_of_batches(HOME.id, after=0, limit=9).items
    assert left.batch.id == "imp_2"
    assert store.page_of_rows("imp_1", after=0, limit=9, effect=None).items == ()
    assert store.count_listings() == 2


def test_messages_and_what_was_told_go_once_they_mean_nothing(store: Store) -> None:
    """A message that waits stays; that a match was told stays as long as its listing is open."""
    key = ApiKey("key_1", HOME.id, "alerts", frozenset({Scope.SUBSCRIPTIONS}), NOW)
    store.add_key(key, b"hash")
    content = Subscription(watch=Watch.CANDIDATES, url="https://partner.example/people")
    one = store.add_subscription(HOME.id, key.id, content, "whsec_1", NOW)
    closed = replace(job("Mason"), valid_through=date(2026, 11, 1))
    names = [
        write_listing(store, "closed", closed).record.id,
        write_listing(store, "open", replace(closed, valid_through=date(2026, 12, 1))).record.id,
        write_listing(store, "endless", job("Mason")).record.id,
    ]
    hits = tuple(Hit(name, None, Tier.GOOD) for name in names)
    told = [Told(one.id, AlertType.LISTING, hits, Seen(0, 0))]
    assert store.tell(told, NOW) == 3
    (due,) = store.claim_deliveries(NOW, LATER, 9)
    store.note_attempt(due.delivery, Attempt(DeliveryState.DELIVERED, NOW, status=204))
    assert store.count_old(Kept.DELIVERIES, SOON) == 0
    assert _forget(store, Kept.DELIVERIES, LATER) == 1
    left = store.page_of_deliveries(one.id, after=0, limit=9).items
    assert [x.state for x in left] == [DeliveryState.PENDING] * 2
    assert _forget(store, Kept.TOLD, NOW) == 1
    # The open ones are not told again; whoever opens the closed one anew has news to tell.
    assert store.tell(told, NOW) == 1


def test_removals_go_once_all_must_have_seen_them(store: Store) -> None:
    """Those before a mark that is old enough; who is still there stays, and so does the end."""
    gone, stays = (write_listing(store, name).record for name in ("gone", "stays"))
    person, other = (write_person(store, name).record for name in ("gone", "stays"))
    store.delete_listing(gone, if_version=None)
    store.delete_person(person, if_version=None)
    assert store.count_old(Kept.CHANGES, LATER) == 0
    store.mark_feeds(NOW, NOW - timedelta(days=30))
    last = write_listing(store, "last").record
    store.delete_listing(last, if_version=None)
    assert store.count_old(Kept.CHANGES, SOON) == 0
    assert _forget(store, Kept.CHANGES, LATER) == 2
    assert [name for _, name, _ in store.listing_changes(0, 9)] == [stays.id, last.id]
    assert [name for _, name, _ in store.person_changes(0, 9)] == [other.id]
    assert forgotten_name(person.id) not in str(store.person_changes(0, 9))
    assert store.listing_changes_known_from() == 0
    store.mark_feeds(LATER, LATER)
    # What was saved before this must not be believed any more.
    assert store.listing_changes_known_from() == 3
    # The very end stays: what was saved is held against it.
    assert _forget(store, Kept.CHANGES, LATER + timedelta(days=1)) == 0


def test_only_ended_keys_that_nothing_names_go(store: Store) -> None:
    """Who reads the access log has to be able to tell whose key a line names."""
    scopes = frozenset({Scope.MATCH})
    for name, ends in (("used", NOW), ("unused", NOW), ("valid", None), ("revoked", None)):
        store.add_key(ApiKey(f"key_{name}", HOME.id, name, scopes, NOW, ends), name.encode())
    store.revoke_key("key_revoked", NOW)
    line = Access(
        at=NOW,
        organisation_id=HOME.id,
        key_id="key_used",
        action=Action.RETURNEE_LIST,
        request_id="r",
    )
    store.log_accesses([line])
    assert store.count_old(Kept.KEYS, SOON) == 0
    assert _forget(store, Kept.KEYS, LATER) == 2
    assert {one.id for one in store.keys(None)} == {"key_used", "key_valid"}
