"""Look through what has changed for every subscription, and write down what is to be told."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

import structlog

from service.domain.alert import (
    AlertType,
    Behind,
    Hit,
    Seen,
    StoredSubscription,
    Told,
    Watch,
)
from service.domain.errors import ConsentMissingError, NotFoundError
from service.domain.listing import StoredListing
from service.domain.match import Tier
from service.domain.person import Profile, StoredPerson
from service.domain.records import SavedUnderstanding
from service.domain.request import Filters
from service.ports import Tools
from service.rules.digests import next_mail
from service.usecases.find_candidates import tiers_of_people
from service.usecases.find_matches import reading_of
from service.usecases.find_twins import twins_by_id
from service.usecases.match_changed import (
    Asking,
    Ground,
    Shared,
    Tiers,
    best_of_all,
    tiers_of_listings,
)
from service.usecases.see_person import may_be_seen
from service.usecases.understand import understand

_log = structlog.get_logger(__name__)

_AT_ONCE: Final = 200
"""Subscriptions, and changes of each feed, in one look."""
_TOGETHER: Final = 20
_CANDIDATES: Final = 100
_LISTINGS: Final = 10
_READ: Final = 1000
_REST: Final = timedelta(minutes=1)

Change = tuple[int, str, bool]
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Changed:
    """A stretch of both feeds, what of it still exists, and where it ends."""

    listings: tuple[StoredListing, ...]
    people: tuple[StoredPerson, ...]
    seen: Seen


@dataclass(slots=True)
class Watcher:
    """Looks again and again. Remembers how the words of subscriptions were read."""

    tools: Tools
    read: dict[tuple[str, int], SavedUnderstanding] = field(default_factory=dict)
    resting: dict[str, datetime] = field(default_factory=dict)

    def look(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Take every subscription some way on; return how many messages that brought."""
        tools, now = self.tools, self.tools.clock.now()
        self.resting = {name: until for name, until in self.resting.items() if until > now}
        behind = [
            one
            for one in tools.store.subscriptions_behind(_AT_ONCE)
            if one.stored.id not in self.resting
        ]
        if not behind:
            return 0
        stretches, shared = self._stretches(behind), Shared(tools)
        # What the feeds tell of can be searched only once the indexes have taken it in.
        tools.index.follow()
        tools.people.follow()
        written = 0
        for start in range(0, len(behind), _TOGETHER):
            if stopping():
                break
            looked = (
                self._carefully(one, stretches[one.seen], shared)
                for one in behind[start : start + _TOGETHER]
            )
            told = [one for one in looked if one is not None]
            written += tools.store.tell(told, tools.clock.now())
        return written

    def _stretches(self, behind: Sequence[Behind]) -> dict[Seen, _Changed]:
        store, found = self.tools.store, dict[Seen, _Changed]()
        for seen in {one.seen for one in behind}:
            listings = store.listing_changes(seen.listings, _AT_ONCE)
            people = store.person_changes(seen.people, _AT_ONCE)
            found[seen] = _Changed(
                _in_order(store.listings(_present(listings)), listings),
                _in_order(store.people(_present(people)), people),
                Seen(
                    listings[-1][0] if listings else seen.listings,
                    people[-1][0] if people else seen.people,
                ),
            )
        return found

    def _carefully(self, behind: Behind, changed: _Changed, shared: Shared) -> Told | None:
        """Look for one subscription; one that fails is left for later, and stops no other."""
        try:
            return self._told(behind, changed, shared)
        except Exception:  # noqa: BLE001 - see above
            _log.exception("a subscription could not be looked after", id=behind.stored.id)
            self.resting[behind.stored.id] = self.tools.clock.now() + _REST
            return None

    def _told(self, behind: Behind, changed: _Changed, shared: Shared) -> Told:
        stored = behind.stored
        kind = (
            AlertType.CANDIDATE if stored.content.watch is Watch.CANDIDATES else AlertType.LISTING
        )
        if not stored.listens or not key_holds(self.tools, stored):
            # What happens meanwhile is not told afterwards.
            return Told(stored.id, kind, (), behind.end)
        look = {
            Watch.LISTINGS: self._listings,
            Watch.RETURNEE: self._returnee,
            Watch.CANDIDATES: self._candidates,
        }[stored.content.watch]
        least = stored.content.min_tier
        hits = [
            hit
            for hit in look(stored, changed, shared)
            if least is Tier.GOOD or hit.tier is Tier.STRONG
        ]
        mail = stored.content.mail
        due = None if mail is None else next_mail(mail, self.tools.clock.now())
        same = twins_by_id(shared.same_for(stored.organisation_id))
        return Told(stored.id, kind, _once_each(hits, same), changed.seen, due, same)

    def _listings(
        self, stored: StoredSubscription, changed: _Changed, shared: Shared
    ) -> Iterable[Hit]:
        if not changed.listings:
            return ()
        asked = stored.content
        profile = Profile(text=asked.text or "", home_country=asked.home_country)
        known = (stored.id, stored.version)
        if known not in self.read:
            if len(self.read) >= _READ:
                self.read.clear()
            self.read[known] = understand(self.tools, profile)
        ground = Ground.of(
            self.tools,
            profile,
            filters_of(stored),
            asked.routes,
            shared,
            viewer=stored.organisation_id,
        )
        asking = Asking(self.read[known], ground)
        return _hits(tiers_of_listings(self.tools, asking, changed.listings), None)

    def _returnee(
        self, stored: StoredSubscription, changed: _Changed, shared: Shared
    ) -> Iterable[Hit]:
        tools, name = self.tools, stored.content.returnee_id or ""
        anew = any(one.id == name for one in changed.people)
        if not anew and not changed.listings:
            return ()
        try:
            person = tools.store.person(stored.organisation_id, name)
            read = reading_of(tools, person)
        except (ConsentMissingError, NotFoundError):
            return ()
        routes = stored.content.routes
        ground = Ground.of(
            tools,
            person.profile,
            filters_of(stored),
            routes,
            shared,
            viewer=stored.organisation_id,
        )
        asking = Asking(read, ground)
        tiers = tiers_of_listings(tools, asking, changed.listings)
        if anew:
            tiers |= best_of_all(tools, asking, _LISTINGS, shared)
        return _hits(tiers, name)

    def _candidates(
        self, stored: StoredSubscription, changed: _Changed, shared: Shared
    ) -> Iterable[Hit]:
        tools, organisation = self.tools, stored.organisation_id
        for listing in changed.listings:
            if _is_own(stored, listing):
                found = tiers_of_people(tools, listing, organisation, _CANDIDATES)
                for name, tier in found.items():
                    if tier is not Tier.STRETCH:
                        yield Hit(listing.id, name, tier)
        seen = [one for one in changed.people if may_be_seen(tools, one, organisation)]
        source = stored.content.source
        sources = tools.store.sources_of(organisation) if source is None else [source]
        if not seen or not sources:
            return
        filters = Filters(sources=tuple(sources))
        reads = tools.store.readings([one.id for one in seen], tools.reading)
        for person in seen:
            if person.id not in reads:
                # The feed tells of them again once their words are read.
                continue
            # What another subscription to the same listings has asked is known already.
            question = (organisation, person.id, filters.sources)
            if question not in shared.answers:
                ground = Ground.of(tools, person.profile, filters, (), shared, viewer=organisation)
                asking = Asking(reads[person.id], ground)
                shared.answers[question] = best_of_all(tools, asking, _CANDIDATES, shared)
            tiers = shared.answers[question]
            listings = shared.stored(tiers)
            own = {name: tier for name, tier in tiers.items() if _is_own(stored, listings[name])}
            yield from _hits(own, person.id)


def key_holds(tools: Tools, stored: StoredSubscription) -> bool:
    """Tell whether the key in whose right a subscription watches still opens anything."""
    now = tools.clock.now()
    keys = tools.store.keys(stored.organisation_id)
    return any(key.id == stored.key_id and key.valid_at(now) for key in keys)


def filters_of(stored: StoredSubscription) -> Filters:
    """Return what a subscription narrows."""
    content = stored.content
    return Filters(countries=content.countries, sectors=content.sectors)


def _present(changes: Sequence[Change]) -> list[str]:
    return [name for _, name, exists in changes if exists]


def _in_order(records: Mapping[str, R], changes: Sequence[Change]) -> tuple[R, ...]:
    """Return records as they changed: where a stretch ends must not decide who is told first."""
    return tuple(records[name] for _, name, _ in changes if name in records)


def _is_own(stored: StoredSubscription, listing: StoredListing) -> bool:
    source = stored.content.source
    return listing.organisation_id == stored.organisation_id and source in {None, listing.source}


def _once_each(hits: Sequence[Hit], same: Mapping[str, frozenset[str]]) -> tuple[Hit, ...]:
    """Return what is to be told: about each person only the best of what is the same vacancy."""
    best: dict[tuple[object, str | None], Hit] = {}
    for hit in sorted(hits, key=lambda one: one.tier is not Tier.STRONG):
        best.setdefault((same.get(hit.listing_id, hit.listing_id), hit.person_id), hit)
    kept = set(best.values())
    return tuple(hit for hit in dict.fromkeys(hits) if hit in kept)


def _hits(tiers: Tiers, person_id: str | None) -> list[Hit]:
    return [Hit(name, person_id, tier) for name, tier in tiers.items()]
