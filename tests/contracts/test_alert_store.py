"""What every store promises about subscriptions and their messages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.access import ApiKey, Scope
from service.domain.alert import (
    AlertType,
    Attempt,
    Delivery,
    DeliveryState,
    Hit,
    MailTo,
    Secret,
    Seen,
    StoredSubscription,
    Subscription,
    Told,
    Watch,
)
from service.domain.errors import NotFoundError, PreconditionFailedError
from service.domain.letter import DueLetter, NotedLetter
from service.domain.match import Tier
from service.domain.person import Route
from service.ports import Store
from tests.contracts.examples import HOME, OTHER, write_listing, write_person

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)
CONTENT = Subscription(
    watch=Watch.LISTINGS,
    url="https://partner.example/alerts",
    min_tier=Tier.STRONG,
    text="আমি রাজমিস্ত্রি",
    home_country="BD",
    routes=(Route.LOCAL,),
    countries=("BD",),
    sectors=("construction",),
)
PEOPLE = Subscription(watch=Watch.CANDIDATES, url="https://partner.example/people")


@pytest.fixture
def key(store: Store) -> str:
    """A key of the first organisation."""
    made = ApiKey("key_1", HOME.id, "alerts", frozenset({Scope.SUBSCRIPTIONS}), NOW)
    store.add_key(made, b"hash")
    return made.id


def _add(store: Store, key: str, content: Subscription = CONTENT) -> StoredSubscription:
    return store.add_subscription(HOME.id, key, content, "whsec_1", NOW)


def _tell(store: Store, one: StoredSubscription, *hits: Hit, seen: Seen | None = None) -> int:
    return store.tell([Told(one.id, AlertType.LISTING, hits, seen or Seen(0, 0))], NOW)


def _log(store: Store, one: StoredSubscription) -> tuple[Delivery, ...]:
    return store.page_of_deliveries(one.id, after=0, limit=99).items


def test_a_subscription_is_kept_as_it_was_given(store: Store, key: str) -> None:
    """For its organisation alone, and in order of creation."""
    first, second = _add(store, key), _add(store, key, PEOPLE)
    assert (first.content, first.key_id, first.version) == (CONTENT, key, 1)
    assert store.subscription(HOME.id, first.id) == first
    with pytest.raises(NotFoundError):
        store.subscription(OTHER.id, first.id)
    page = store.page_of_subscriptions(HOME.id, after=0, limit=1)
    assert page.items == (first,)
    assert page.next_after is not None
    rest = store.page_of_subscriptions(HOME.id, after=page.next_after, limit=1)
    assert (rest.items, rest.next_after) == ((second,), None)
    assert store.page_of_subscriptions(OTHER.id, after=0, limit=9).items == ()


def test_a_change_counts_the_version(store: Store, key: str) -> None:
    """The same again changes nothing; an old version is refused."""
    one = _add(store, key)
    assert store.change_subscription(one, CONTENT, LATER, key, 1) == one
    changed = store.change_subscription(one, PEOPLE, LATER, key, 1)
    assert (changed.version, changed.content, changed.updated_at) == (2, PEOPLE, LATER)
    with pytest.raises(PreconditionFailedError):
        store.change_subscription(one, CONTENT, LATER, key, 1)
    with pytest.raises(PreconditionFailedError):
        store.remove_subscription(one, 1)
    store.remove_subscription(one, 2)
    with pytest.raises(NotFoundError):
        store.remove_subscription(one, None)


def test_it_begins_at_the_present_end_of_the_feeds(store: Store, key: str) -> None:
    """And is behind once something changes, until it has looked."""
    write_listing(store, "before")
    write_person(store, "before")
    one = _add(store, key)
    assert store.subscriptions_behind(9) == []
    write_listing(store, "after")
    (behind,) = store.subscriptions_behind(9)
    assert behind.stored == one
    assert behind.end.listings == behind.seen.listings + 1
    assert behind.end.people == behind.seen.people == 1
    _tell(store, one, seen=behind.end)
    assert store.subscriptions_behind(9) == []


def test_a_match_is_told_once(store: Store, key: str) -> None:
    """For a listing and a person together; by each subscription for itself."""
    one, other = _add(store, key), _add(store, key, PEOPLE)
    listing = write_listing(store, "mason").record.id
    person = write_person(store, "bricks").record.id
    hit, about = Hit(listing, None, Tier.GOOD), Hit(listing, person, Tier.STRONG)
    assert _tell(store, one, hit, about, hit) == 2
    assert _tell(store, one, replace(hit, tier=Tier.STRONG), about) == 0
    assert _tell(store, other, about) == 1
    first, second = _log(store, one)
    assert (first.listing_id, first.person_id, first.tier) == (listing, None, Tier.GOOD)
    assert (first.state, first.attempts, first.next_attempt_at) == (DeliveryState.PENDING, 0, NOW)
    assert (second.person_id, second.tier, second.type) == (person, Tier.STRONG, AlertType.LISTING)
    page = store.page_of_deliveries(one.id, after=0, limit=1)
    assert page.next_after is not None
    assert store.page_of_deliveries(one.id, after=page.next_after, limit=1).items == (second,)


def test_what_is_gone_meanwhile_is_not_told(store: Store, key: str) -> None:
    """A listing, a person or the subscription itself, removed while it was looked for."""
    one, other = _add(store, key), _add(store, key)
    listing = write_listing(store, "mason").record
    person = write_person(store, "bricks").record
    hits = (Hit("lst_none", None, Tier.GOOD), Hit(listing.id, "ret_none", Tier.GOOD))
    assert _tell(store, one, *hits) == 0
    store.remove_subscription(other, None)
    assert _tell(store, other, Hit(listing.id, None, Tier.GOOD)) == 0
    assert _tell(store, one, Hit(listing.id, person.id, Tier.GOOD)) == 1
    store.delete_listing(listing, if_version=None)
    assert len(_log(store, one)) == 1


def test_an_erased_person_leaves_no_message(store: Store, key: str) -> None:
    """Nor the subscription about them."""
    person = write_person(store, "bricks").record
    about = Subscription(watch=Watch.RETURNEE, url=CONTENT.url, returnee_id=person.id)
    one, gone = _add(store, key), _add(store, key, about)
    listing = write_listing(store, "mason").record.id
    _tell(store, one, Hit(listing, person.id, Tier.GOOD), Hit(listing, None, Tier.GOOD))
    _tell(store, gone, Hit(listing, person.id, Tier.GOOD))
    store.delete_person(person, if_version=None)
    assert [delivery.person_id for delivery in _log(store, one)] == [None]
    assert _log(store, gone) == ()
    with pytest.raises(NotFoundError):
        store.subscription(HOME.id, gone.id)


def test_one_message_of_each_receiver_is_claimed(store: Store, key: str) -> None:
    """None of a busy one; whoever waited longest comes first; a claim ends by itself."""
    one, other = _add(store, key), _add(store, key)
    names = [store.add_test(owner, NOW).id for owner in (one, one, other)]
    assert store.claim_deliveries(NOW - timedelta(seconds=1), LATER, 9) == []
    claimed = store.claim_deliveries(NOW, LATER, 1)
    assert [due.delivery.id for due in claimed] == names[:1]
    assert claimed[0].secrets == (Secret("whsec_1"),)
    assert claimed[0].subscription == one
    assert [due.delivery.id for due in store.claim_deliveries(NOW, LATER, 9)] == names[2:]
    assert store.claim_deliveries(NOW, LATER, 9) == []
    again = store.claim_deliveries(LATER, LATER + timedelta(minutes=2), 9)
    assert {due.delivery.id for due in again} == {names[0], names[2]}


def test_what_came_of_it_is_noted(store: Store, key: str) -> None:
    """A failure rests the receiver, tests excepted; a success ends it."""
    one = _add(store, key)
    listing = write_listing(store, "mason").record.id
    people = [write_person(store, text).record.id for text in ("bricks", "walls")]
    _tell(store, one, *(Hit(listing, person, Tier.GOOD) for person in people))
    (due,) = store.claim_deliveries(NOW, LATER, 9)
    failed = Attempt(
        DeliveryState.PENDING, NOW, status=500, error="status", again=LATER, rest=LATER
    )
    store.note_attempt(due.delivery, failed)
    noted = _log(store, one)[0]
    assert (noted.attempts, noted.status, noted.error) == (1, 500, "status")
    assert (noted.next_attempt_at, noted.attempted_at) == (LATER, NOW)
    assert store.claim_deliveries(NOW, LATER, 9) == []
    tested = store.add_test(one, NOW)
    (due,) = store.claim_deliveries(NOW, LATER, 9)
    assert (due.delivery.id, due.failures) == (tested.id, 1)
    store.note_attempt(due.delivery, Attempt(DeliveryState.DELIVERED, NOW, status=204))
    (due,) = store.claim_deliveries(NOW, LATER, 9)
    assert (due.delivery.person_id, due.failures) == (people[1], 0)
    dropped = Attempt(DeliveryState.DROPPED, NOW, sent=False, error="consent_ended")
    store.note_attempt(due.delivery, dropped)
    noted = _log(store, one)[1]
    assert (noted.state, noted.attempts, noted.attempted_at) == (DeliveryState.DROPPED, 0, None)
    assert noted.next_attempt_at is None


def test_a_receiver_that_is_gone_ends_the_subscription(store: Store, key: str) -> None:
    """As a change of its own."""
    one = _add(store, key)
    store.add_test(one, NOW)
    (due,) = store.claim_deliveries(NOW, LATER, 9)
    store.note_attempt(due.delivery, Attempt(DeliveryState.FAILED, LATER, status=410, gone=True))
    after = store.subscription(HOME.id, one.id)
    assert (after.content.active, after.version, after.updated_at) == (False, 2, LATER)
    again = store.change_subscription(after, CONTENT, LATER, key, 2)
    assert again.content == CONTENT


def test_a_message_can_be_sent_again(store: Store, key: str) -> None:
    """From the beginning of its attempts; of another's nothing is known."""
    one, other = _add(store, key), _add(store, key)
    name = store.add_test(one, NOW).id
    (due,) = store.claim_deliveries(NOW, LATER, 9)
    store.note_attempt(due.delivery, Attempt(DeliveryState.FAILED, NOW, status=500, rest=LATER))
    replayed = store.replay_delivery(one.id, name, NOW)
    assert (replayed.state, replayed.attempts) == (DeliveryState.PENDING, 0)
    assert [due.delivery.id for due in store.claim_deliveries(NOW, LATER, 9)] == [name]
    with pytest.raises(NotFoundError):
        store.replay_delivery(other.id, name, NOW)


def test_secrets_change_with_an_overlap(store: Store, key: str) -> None:
    """The newest first; one that has ended is forgotten at the next change."""
    one = _add(store, key)
    day = timedelta(days=1)
    store.rotate_secret(one, "whsec_2", NOW, NOW + day)
    store.rotate_secret(one, "whsec_3", NOW + 2 * day, NOW + 3 * day)
    store.add_test(one, NOW)
    (due,) = store.claim_deliveries(NOW, LATER, 9)
    assert due.secrets == (Secret("whsec_3"), Secret("whsec_2", NOW + 3 * day))


def test_sources_are_those_of_the_organisation(store: Store) -> None:
    """Each once."""
    for name, source in (("1", "b"), ("2", "a"), ("3", "b")):
        write_listing(store, name, source=source)
    write_listing(store, "4", source="c", organisation_id=OTHER.id)
    assert store.sources_of(HOME.id) == ["a", "b"]


MAIL = replace(CONTENT, url=None, mail=MailTo(address="Officer@partner.example"))


def _asked(store: Store, one: StoredSubscription) -> list[DueLetter]:
    return [due for due in store.claim_letters(NOW, LATER, 9) if due.subscription.id == one.id]


def test_a_mailbox_is_asked_and_its_answer_kept(store: Store, key: str) -> None:
    """The question waits from the start; who agreed is not asked again, who wants no more is."""
    one = _add(store, key, MAIL)
    assert (one.confirmed_at, one.listens) == (None, False)
    assert store.unconfirmed_to("officer@PARTNER.example") == 1
    (due,) = _asked(store, one)
    assert [entry.type for entry in due.deliveries] == [AlertType.CONFIRMATION]
    found = store.subscription_by_mail(one.id)
    assert found == one
    agreed = store.answer_mail(one, NOW, agreed=True)
    assert (agreed.listens, agreed.version) == (True, 2)
    assert store.unconfirmed_to("officer@partner.example") == 0
    ended = store.answer_mail(agreed, NOW, agreed=False)
    assert (ended.content.active, ended.confirmed_at) == (False, None)
    other = replace(MAIL, mail=MailTo(address="other@partner.example"))
    store.change_subscription(ended, other, NOW, key, None)
    with pytest.raises(PreconditionFailedError):
        store.answer_mail(ended, NOW, agreed=True)
    hook = _add(store, key)
    assert store.subscription_by_mail(hook.id) is None
    assert hook.mailbox is None


def test_a_mail_keeps_its_messages_and_its_id(store: Store, key: str) -> None:
    """What is claimed once comes again as the same mail, what is due later in another."""
    agreed = store.answer_mail(_add(store, key, MAIL), NOW, agreed=True)
    names = [write_listing(store, name).record.id for name in ("a", "b", "c")]
    (question,) = _asked(store, agreed)
    attempt = Attempt(DeliveryState.DROPPED, NOW, sent=False, error="x")
    store.note_letter(NotedLetter(agreed.id, ((question.deliveries[0], attempt),), None))

    def tell(name: str, due: datetime | None) -> None:
        hit = Hit(name, None, Tier.GOOD)
        store.tell([Told(agreed.id, AlertType.LISTING, (hit,), Seen(0, 0), due)], NOW)

    tell(names[0], None)
    tell(names[1], None)
    tell(names[2], LATER)
    assert store.claim_deliveries(NOW, LATER, 9) == []
    (due,) = _asked(store, agreed)
    assert [one.listing_id for one in due.deliveries] == names[:2]
    assert _asked(store, agreed) == []
    after = LATER + timedelta(seconds=1)
    (again,) = store.claim_letters(after, after + timedelta(minutes=2), 9)
    assert again.id == due.id
    assert [one.id for one in again.deliveries] == [one.id for one in due.deliveries]
    taken = Attempt(DeliveryState.DELIVERED, after, status=250)
    both = tuple((one, taken) for one in again.deliveries)
    store.note_letter(NotedLetter(agreed.id, both, taken))
    (last,) = store.claim_letters(after, after + timedelta(minutes=2), 9)
    assert [one.listing_id for one in last.deliveries] == names[2:]
    assert last.id != due.id
    assert {one.status for one in _log(store, agreed)[1:3]} == {250}


def test_what_waits_moves_with_its_hour(store: Store, key: str) -> None:
    """Matches that are in no mail yet; a mail that is tried again stays when it is."""
    agreed = store.answer_mail(_add(store, key, MAIL), NOW, agreed=True)
    name = write_listing(store, "a").record.id
    hit = Hit(name, None, Tier.GOOD)
    store.tell([Told(agreed.id, AlertType.LISTING, (hit,), Seen(0, 0), NOW)], NOW)
    store.reschedule(agreed.id, LATER)
    assert [one.next_attempt_at for one in _log(store, agreed)] == [NOW, LATER]
