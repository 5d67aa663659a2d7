"""Whether what is to be told still holds at the moment it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from service.domain.alert import MATCHES, Delivery, StoredSubscription, Watch
from service.domain.listing import StoredListing
from service.domain.person import Profile, StoredPerson
from service.domain.request import Filters
from service.ports import Tools
from service.usecases.find_twins import twins_by_id
from service.usecases.match_changed import Ground
from service.usecases.see_person import may_be_seen
from service.usecases.watch_changes import filters_of, key_holds


@dataclass(slots=True)
class Standing:
    """What some messages of one subscription rest on, read once for all of them."""

    tools: Tools
    subscription: StoredSubscription
    listings: dict[str, StoredListing]
    people: dict[str, StoredPerson]
    ended: str | None
    same: Mapping[str, frozenset[str]]
    told: set[tuple[str, str | None]]
    """What was told, or will be with these messages: listing and person."""
    grounds: dict[str | None, Ground] = field(default_factory=dict)

    @classmethod
    def of(
        cls, tools: Tools, subscription: StoredSubscription, deliveries: Sequence[Delivery]
    ) -> "Standing":
        """Read it as of now."""
        listings = {one.listing_id for one in deliveries if one.listing_id is not None}
        people = {one.person_id for one in deliveries if one.person_id is not None}
        same = twins_by_id(tools.store.same_listings(subscription.organisation_id))
        twins = set().union(*(same.get(name, ()) for name in listings))
        told = tools.store.told_of(subscription.id, sorted(twins)) if twins else []
        return cls(
            tools,
            subscription,
            tools.store.listings(sorted(listings)),
            tools.store.people(sorted(people)),
            _ended(tools, subscription),
            same,
            {(one.listing_id, one.person_id) for one in told if one.listing_id is not None},
        )

    def reason_against(self, delivery: Delivery) -> str | None:
        """Return why a message is not sent any more, None if it is."""
        if delivery.type not in MATCHES:
            return None
        if self.ended is not None:
            return self.ended
        listing = self.listings.get(delivery.listing_id or "")
        if listing is None or not listing.is_visible_to(self.subscription.organisation_id):
            return "listing_gone"
        person = None
        if delivery.person_id is not None:
            person = self.people.get(delivery.person_id)
            organisation = self.subscription.organisation_id
            if person is None or not may_be_seen(self.tools, person, organisation):
                return "consent_ended"
        if not self._ground(person).may_see(listing):
            return "rule_against"
        return None if self._is_new(delivery, listing.id) else "told_as_twin"

    def _is_new(self, delivery: Delivery, listing_id: str) -> bool:
        """Tell whether no twin of a listing was told of; from now on it was. A replay is new."""
        twins = self.same.get(listing_id, frozenset()) - {listing_id}
        about = delivery.person_id
        replayed = delivery.status is not None and delivery.status < HTTPStatus.MULTIPLE_CHOICES
        new = replayed or self.told.isdisjoint((name, about) for name in twins)
        if new:
            self.told.add((listing_id, about))
        return new

    def _ground(self, person: StoredPerson | None) -> Ground:
        name = None if person is None else person.id
        if name not in self.grounds:
            content = self.subscription.content
            profile = Profile(text=content.text or "", home_country=content.home_country)
            if person is not None:
                profile = person.profile
            theirs = content.watch is Watch.CANDIDATES
            self.grounds[name] = Ground.of(
                self.tools,
                profile,
                Filters() if theirs else filters_of(self.subscription),
                () if theirs else content.routes,
                viewer=self.subscription.organisation_id,
            )
        return self.grounds[name]


def _ended(tools: Tools, subscription: StoredSubscription) -> str | None:
    if not subscription.content.active:
        return "subscription_inactive"
    if not subscription.listens:
        return "address_unconfirmed"
    return None if key_holds(tools, subscription) else "key_ended"
