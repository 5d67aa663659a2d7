"""What waits for an organisation today. Reads a few records, never everybody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from service.domain.alert import Delivery
from service.domain.batch import ENDED, StoredBatch
from service.domain.listing import StoredListing
from service.domain.outcome import OutcomeKind, StoredOutcome
from service.domain.person import StoredPerson
from service.domain.register import Deadline
from service.ports import Tools
from service.usecases.find_people import own_people
from service.usecases.see_listing import seen_listings

SHOWN: Final = 8
CONSENT_DAYS: Final = 30
VISA_DAYS: Final = 60
LISTING_DAYS: Final = 14
_TOLD_DAYS: Final = 7
_ENDED_DAYS: Final = 3
_LATEST: Final = 300
_IMPORTS: Final = 20
_SETTLED: Final = frozenset({OutcomeKind.PLACED, OutcomeKind.DECLINED, OutcomeKind.RETAINED})


@dataclass(frozen=True, slots=True)
class DueFor:
    """Something that ends for a person on a day."""

    person: StoredPerson
    day: date


@dataclass(frozen=True, slots=True)
class Dues:
    """The first of them, and how many there are in all."""

    items: tuple[DueFor, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Closing:
    """A listing somebody was referred to, and that closes before anything came of it."""

    person: StoredPerson
    listing: StoredListing
    day: date


@dataclass(frozen=True, slots=True)
class News:
    """What a subscription found. person None: it watches listings for words alone."""

    listing: StoredListing
    person: StoredPerson | None
    told: Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class TodaysWork:
    """The day. running: imports under way; ended: those that ended within the last days."""

    consents: Dues
    visas: Dues
    closing: tuple[Closing, ...]
    news: tuple[News, ...]
    running: int
    ended: tuple[StoredBatch, ...]

    @property
    def people(self) -> list[str]:
        """Ids of everybody who is shown."""
        shown = [
            *(one.person for one in (*self.consents.items, *self.visas.items)),
            *(one.person for one in self.closing),
            *(one.person for one in self.news if one.person is not None),
        ]
        return list(dict.fromkeys(one.id for one in shown))


def todays_work(tools: Tools, organisation_id: str, *, imports: bool) -> TodaysWork:
    """Return what waits today. imports: whether the reader has to do with them."""
    latest = tools.store.last_batches(organisation_id, _IMPORTS) if imports else []
    since = tools.clock.now() - timedelta(days=_ENDED_DAYS)
    return TodaysWork(
        consents=_dues(tools, organisation_id, Deadline.CONSENT, CONSENT_DAYS),
        visas=_dues(tools, organisation_id, Deadline.VISA, VISA_DAYS),
        closing=_closing(tools, organisation_id),
        news=_news(tools, organisation_id),
        running=sum(one.progress.state not in ENDED for one in latest),
        ended=tuple(
            one for one in latest if one.progress.state in ENDED and one.updated_at >= since
        )[:SHOWN],
    )


def _dues(tools: Tools, organisation_id: str, what: Deadline, days: int) -> Dues:
    today = tools.clock.today()
    last = today + timedelta(days=days)
    falling = tools.register.falling(organisation_id, what, today, last, SHOWN)
    people = own_people(tools, organisation_id, [one for one, _ in falling.days])
    items = (DueFor(one, day) for one in people if (day := _day_of(one, what)) is not None)
    return Dues(tuple(items), falling.total)


def _day_of(person: StoredPerson, what: Deadline) -> date | None:
    consent = person.profile.consent
    if what is Deadline.VISA:
        return person.profile.visa_expires
    return consent.until if consent.matching else None


def _closing(tools: Tools, organisation_id: str) -> tuple[Closing, ...]:
    waiting = _waiting(tools.store.last_outcomes(organisation_id, _LATEST))
    today = tools.clock.today()
    last = today + timedelta(days=LISTING_DAYS)
    # What was told of has since become private to others: then it is not told of again.
    listings = seen_listings(tools, organisation_id, [listing for _, listing in waiting])
    soon = sorted(
        (day, person, name)
        for person, name in waiting
        if name in listings
        and (day := listings[name].content.valid_through) is not None
        and today <= day <= last
    )[:SHOWN]
    people = {one.id: one for one in own_people(tools, organisation_id, [x for _, x, _ in soon])}
    return tuple(
        Closing(people[person], listings[name], day)
        for day, person, name in soon
        if person in people
    )


def _waiting(outcomes: Sequence[StoredOutcome]) -> list[tuple[str, str]]:
    """Return (person, listing) of those who were referred, and nothing is known since."""
    stages: dict[tuple[str, str], set[OutcomeKind]] = {}
    for one in outcomes:
        pair = (one.content.returnee_id, one.content.listing_id)
        stages.setdefault(pair, set()).add(one.content.kind)
    return [
        pair
        for pair, some in stages.items()
        if OutcomeKind.REFERRED in some and not some & _SETTLED
    ]


def _news(tools: Tools, organisation_id: str) -> tuple[News, ...]:
    since = tools.clock.now() - timedelta(days=_TOLD_DAYS)
    told = tools.store.last_deliveries(organisation_id, since, SHOWN)
    named = [one.listing_id for one in told if one.listing_id]
    listings = seen_listings(tools, organisation_id, named)
    ids = list(dict.fromkeys(one.person_id for one in told if one.person_id))
    people = {one.id: one for one in own_people(tools, organisation_id, ids)}
    return tuple(
        News(listings[one.listing_id], people.get(one.person_id or ""), one)
        for one in told
        if one.listing_id in listings and (one.person_id is None or one.person_id in people)
    )
