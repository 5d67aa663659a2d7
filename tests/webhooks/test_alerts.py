"""What is told, to whom, and how often: from a change to a signed message."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from service.domain.access import Caller
from service.domain.alert import DeliveryState, Subscription, Watch
from service.domain.listing import Kind, Listing, StoredListing
from service.domain.match import Tier
from service.domain.person import Consent, Preferences, Profile, StoredPerson, Veto
from service.domain.records import Put
from service.domain.request import MatchRequest
from service.usecases.find_matches import match_person
from service.usecases.find_twins import say_of_pair
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key, revoke_key
from service.usecases.put_listings import put_listing
from service.usecases.register_person import register_person
from service.usecases.watch_changes import Watcher
from tests.conftest import ADMIN, client_over, settings_in
from tests.webhooks.conftest import OTHER, Office
from tests.webhooks.receivers import receiving, until

WORDS = "I lay bricks, plaster walls and set tiles, ten years as a mason"
MASON = Listing(
    kind=Kind.JOB, title="Mason", country="BD", skills=("lay bricks", "plaster walls", "set tiles")
)
NURSE = Listing(kind=Kind.JOB, title="Nurse", country="BD", skills=("give injections",))
COURSE = Listing(
    kind=Kind.TRAINING,
    title="Mason's course",
    country="BD",
    outcomes=("mason", "lay bricks", "plaster walls"),
)
AGREED = Profile(text=WORDS, home_country="BD", consent=Consent(matching=True))


def _list(
    office: Office, name: str, content: Listing, owner: str = FIRST_ORGANISATION
) -> StoredListing:
    put = Put(organisation_id=owner, content=content, source="board", external_id=name)
    return put_listing(office.tools, put).record


def _register(office: Office, profile: Profile, owner: str = FIRST_ORGANISATION) -> StoredPerson:
    put = Put(organisation_id=owner, content=profile, source="crm", external_id="mason")
    return register_person(office.tools, put, None).record


def _query(url: str) -> Subscription:
    return Subscription(watch=Watch.LISTINGS, url=url, text=WORDS, home_country="BD")


def _told(office: Office, name: str) -> list[tuple[str | None, str | None]]:
    return [
        (one.listing_id, one.person_id)
        for one in office.tools.store.page_of_deliveries(name, after=0, limit=100).items
    ]


def test_a_listing_that_matches_is_told_once_and_signed(office: Office) -> None:
    """What was there before is not told; the new is, once, though it changes again."""
    _list(office, "before", MASON)
    with receiving() as receiver:
        stored, secret = office.watch(_query(receiver.url))
        new = _list(office, "new", MASON)
        _list(office, "other", NURSE)
        assert office.look() == 1
        _list(office, "new", replace(MASON, description="Start soon."))
        assert office.look() == 0
        office.send()
        office.send()
    (got,) = receiver.got
    data = got.verified(secret)
    assert data["type"] == "listing.matched"
    assert data["data"] == {
        "subscription": stored.id,
        "listing": new.id,
        "returnee": None,
        "tier": data["data"]["tier"],
    }
    assert data["data"]["tier"] in {"good", "strong"}
    (one,) = office.log(stored)
    assert (one.state, one.status, one.attempts) == (DeliveryState.DELIVERED, 204, 1)
    assert got.headers["webhook-id"] == one.id
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"


def _offer_twice(office: Office, name: str, *, said: bool = True) -> tuple[str, str]:
    """Put one vacancy on two boards; say that it is one."""
    first = _list(office, f"{name} here", MASON).id
    second = _list(office, f"{name} there", replace(MASON, employer="River")).id
    if said:
        say_of_pair(office.tools, FIRST_ORGANISATION, first, second, same=True)
    return first, second


def test_one_vacancy_of_two_boards_is_told_once(office: Office) -> None:
    """Found together, or one long after the other; about a person who changed, too."""
    person = _register(office, AGREED)
    asks = Subscription(watch=Watch.RETURNEE, url="https://example.org/", returnee_id=person.id)
    query, _ = office.watch(_query("https://example.org/"))
    theirs, _ = office.watch(asks)
    twins = _offer_twice(office, "new")
    assert office.look() == 2
    _register(office, replace(AGREED, text=f"{WORDS} and tiles"))
    for name in ("new here", "new there"):
        _list(office, name, replace(MASON, description="Start soon."))
    assert office.look() == 0
    for stored in (query, theirs):
        ((told, _),) = _told(office, stored.id)
        assert told in twins
    # For another pair, and for whoever has not said that it is one.
    _offer_twice(office, "other", said=False)
    assert office.look() == 4


def test_what_is_called_the_same_meanwhile_is_sent_once(office: Office) -> None:
    """Both were written down; the second is dropped, and comes only if somebody asks for it."""
    with receiving() as receiver:
        stored, _ = office.watch(_query(receiver.url))
        first, second = _offer_twice(office, "pair", said=False)
        assert office.look() == 2
        say_of_pair(office.tools, FIRST_ORGANISATION, first, second, same=True)
        office.send()
    assert len(receiver.got) == 1
    assert [one.error for one in office.log(stored)] == [None, "told_as_twin"]


def test_the_running_service_tells(office: Office, tmp_path: Path) -> None:
    """Over HTTP, beside the requests: asked for, listed, received, in the log."""
    ensure_first_key(office.tools, ADMIN)
    over = contextmanager(client_over)(office.tools, settings_in(tmp_path))
    with receiving() as receiver, over as api:
        body = {"kind": "listings", "url": receiver.url, "text": WORDS, "home_country": "BD"}
        made = api.post("/v1/subscriptions", json=body).json()
        listing = {"kind": "job", "title": "Mason", "country": "BD", "skills": MASON.skills}
        name = api.put("/v1/listings/board/live", json=listing).json()["id"]
        until(lambda: len(receiver.got) == 1)
        assert receiver.got[0].verified(made["secret"])["data"]["listing"] == name
        log = f"/v1/subscriptions/{made['id']}/deliveries"
        until(lambda: api.get(log).json()["items"][0]["state"] == "delivered")


def test_a_training_is_told_as_a_job_is(office: Office) -> None:
    """On its own route, and only where the subscription wants that route."""
    with receiving() as receiver:
        stored, _ = office.watch(_query(receiver.url))
        course = _list(office, "course", COURSE)
        office.look()
    assert _told(office, stored.id) == [(course.id, None)]


@pytest.mark.parametrize(
    "narrow", [{"countries": ("QA",)}, {"sectors": ("health",)}, {"min_tier": Tier.STRONG}]
)
def test_what_a_subscription_leaves_out_is_not_told(
    office: Office, narrow: dict[str, object]
) -> None:
    """A country, a sector or a tier that it does not ask for."""
    weaker = replace(MASON, title="Site helper", skills=("plaster walls", "drive a crane"))
    content = weaker if "min_tier" in narrow else MASON
    with receiving() as receiver:
        stored, _ = office.watch(replace(_query(receiver.url), **narrow))  # type: ignore[arg-type]
        _list(office, "new", content)
        office.look()
        log = office.log(stored)
    assert all(one.tier is Tier.STRONG for one in log)
    assert "min_tier" in narrow or not log


def test_a_person_is_told_what_their_own_answer_would_show(office: Office) -> None:
    """New listings, under the same rules, with the same tier; a changed profile as well."""
    person = _register(office, AGREED)
    _list(office, "before", MASON)
    with receiving() as receiver:
        stored, _ = office.watch(
            Subscription(watch=Watch.RETURNEE, url=receiver.url, returnee_id=person.id)
        )
        new = _list(office, "new", replace(MASON, title="Bricklayer"))
        _list(office, "other", NURSE)
        office.look()
        assert _told(office, stored.id) == [(new.id, person.id)]
        answer = match_person(office.tools, person, MatchRequest(profile=person.profile))
        tiers = {m.listing.id: m.tier for some in answer.routes.values() for m in some}
        (one,) = office.log(stored)
        assert one.tier is tiers[new.id]
        _register(office, replace(AGREED, text=f"{WORDS}, and I read drawings"))
        office.look()
        assert {x for x, _ in _told(office, stored.id)} == {
            name for name, tier in tiers.items() if tier is not Tier.STRETCH
        }
        refusing = Preferences(vetoes=(Veto(isco08="71"), Veto(text="mason")))
        _register(office, replace(AGREED, preferences=refusing))
        _list(office, "vetoed", replace(MASON, title="Mason for walls", isco08="7112"))
        assert office.look() == 0


def test_without_consent_nothing_is_looked_for(office: Office) -> None:
    """Neither for the person nor for a listing; once they agree, what matches is told."""
    person = _register(office, replace(AGREED, consent=Consent()))
    with receiving() as receiver:
        for content in (
            Subscription(watch=Watch.RETURNEE, url=receiver.url, returnee_id=person.id),
            Subscription(watch=Watch.CANDIDATES, url=receiver.url),
        ):
            office.watch(content)
        _list(office, "new", MASON)
        assert office.look() == 0
        _register(office, AGREED)
        assert office.look() == 2


def test_people_are_told_for_listings_of_ones_own(office: Office) -> None:
    """For a new listing and for a new person; another's people only if they agreed to it."""
    _register(office, replace(AGREED, consent=Consent(matching=True)), OTHER)
    own = _register(office, AGREED)
    with receiving() as receiver:
        stored, secret = office.watch(Subscription(watch=Watch.CANDIDATES, url=receiver.url))
        new = _list(office, "new", MASON)
        _list(office, "theirs", MASON, OTHER)
        office.look()
        assert _told(office, stored.id) == [(new.id, own.id)]
        shared = Consent(matching=True, share_with=(FIRST_ORGANISATION,))
        theirs = _register(office, replace(AGREED, consent=shared), OTHER)
        office.look()
        assert _told(office, stored.id) == [(new.id, own.id), (new.id, theirs.id)]
        _list(office, "new", replace(MASON, description="Start soon."))
        assert office.look() == 0
        office.send()
    assert {got.verified(secret)["type"] for got in receiver.got} == {"candidate.matched"}
    assert len(receiver.got) == 2


def test_only_listings_of_the_source_are_looked_at(office: Office) -> None:
    """Where the subscription names one."""
    own = _register(office, AGREED)
    with receiving() as receiver:
        named = Subscription(watch=Watch.CANDIDATES, url=receiver.url, source="elsewhere")
        stored, _ = office.watch(named)
        _list(office, "new", MASON)
        _register(office, replace(AGREED, region="Dhaka"))
        assert office.look() == 0
        stored = office.tools.store.change_subscription(
            stored, replace(named, source="board"), office.clock.now(), stored.key_id, None
        )
        _register(office, replace(AGREED, region="Cumilla"))
        office.look()
    assert [who for _, who in _told(office, stored.id)] == [own.id]


def test_a_consent_that_ends_stops_what_waits(office: Office) -> None:
    """Between looking and sending: the message is dropped and nothing arrives."""
    person = _register(office, AGREED)
    with receiving() as receiver:
        stored, _ = office.watch(
            Subscription(watch=Watch.RETURNEE, url=receiver.url, returnee_id=person.id)
        )
        _list(office, "new", MASON)
        assert office.look() == 1
        _register(office, replace(AGREED, consent=Consent()))
        office.send()
        (one,) = office.log(stored)
        assert (one.state, one.error, one.attempts) == (DeliveryState.DROPPED, "consent_ended", 0)
        assert receiver.got == []


def test_who_is_erased_takes_their_messages_along(office: Office) -> None:
    """And the subscription that was about them."""
    person = _register(office, AGREED)
    with receiving() as receiver:
        about, _ = office.watch(
            Subscription(watch=Watch.RETURNEE, url=receiver.url, returnee_id=person.id)
        )
        others, _ = office.watch(Subscription(watch=Watch.CANDIDATES, url=receiver.url))
        _list(office, "new", MASON)
        assert office.look() == 2
        office.tools.store.delete_person(person, if_version=None)
        office.send()
        assert office.log(others) == office.log(about) == ()
        names = office.tools.store.page_of_subscriptions(FIRST_ORGANISATION, after=0, limit=9)
        assert [one.id for one in names.items] == [others.id]
        assert receiver.got == []


def test_what_is_paused_misses_what_happens(office: Office) -> None:
    """It is not told afterwards, and what waited is dropped."""
    with receiving() as receiver:
        stored, _ = office.watch(_query(receiver.url))
        _list(office, "first", MASON)
        office.look()
        paused = replace(stored.content, active=False)
        store, now = office.tools.store, office.clock.now()
        stored = store.change_subscription(stored, paused, now, stored.key_id, None)
        _list(office, "second", MASON)
        office.look()
        office.send()
        stored = store.change_subscription(
            stored, replace(paused, active=True), now, stored.key_id, None
        )
        third = _list(office, "third", MASON)
        office.look()
        office.send()
    assert [got.json["data"]["listing"] for got in receiver.got] == [third.id]
    assert office.log(stored)[0].error == "subscription_inactive"


def test_a_key_that_is_revoked_is_told_nothing_more(office: Office) -> None:
    """Neither what waited nor what comes."""
    with receiving() as receiver:
        stored, _ = office.watch(_query(receiver.url))
        _list(office, "first", MASON)
        office.look()
        admin = Caller("another", FIRST_ORGANISATION, office.caller.scopes)
        revoke_key(office.tools, admin, stored.key_id, None)
        _list(office, "second", MASON)
        assert office.look() == 0
        office.send()
        assert [one.error for one in office.log(stored)] == ["key_ended"]
        assert receiver.got == []


def test_a_subscription_that_cannot_be_looked_after_stops_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is left for later, and stays where it was."""
    with receiving() as receiver:
        office.watch(Subscription(watch=Watch.CANDIDATES, url=receiver.url))
        stored, _ = office.watch(_query(receiver.url))

        def broken(*_: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("service.usecases.watch_changes.tiers_of_people", broken)
        _list(office, "new", MASON)
        assert Watcher(office.tools).look() == 1
        assert len(office.log(stored)) == 1
        assert len(office.tools.store.subscriptions_behind(9)) == 1
