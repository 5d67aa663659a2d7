"""What an index may decide about a person, and about a listing that looks for people."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from service.domain.candidate import PersonFacts, Seeking
from service.domain.corridor import Corridor, CorridorStatus
from service.domain.eligibility import Circle
from service.domain.listing import Kind, Listing
from service.domain.person import MinWage, Profile, Route
from service.domain.visa import visa_needed
from service.domain.wages import best_monthly_wage, per_month
from service.rules.calendar import other_days, today_in
from service.rules.places import Places
from service.rules.rates import Rates

_TRAINING = frozenset({Kind.TRAINING, Kind.ENTERPRISE})
# It may be yesterday or tomorrow where somebody lives.
_DAYS = (timedelta(days=-1), timedelta(0), timedelta(days=1))


def route_for(listing: Listing, profile: Profile) -> Route:
    """Return the route on which this person would be shown this listing."""
    if listing.kind in _TRAINING:
        return Route.TRAINING
    at_home = profile.home_country is not None and profile.home_country == listing.country
    return Route.LOCAL if at_home else Route.OVERSEAS


def facts_of(organisation_id: str, profile: Profile, places: Places, rates: Rates) -> PersonFacts:
    """Return what an index may know about a person's consent and wishes."""
    wishes, consent = profile.preferences, profile.consent
    home = places.of_person(profile)
    reach = None
    if wishes.max_distance_km is not None and home is not None:
        reach = Circle(home.lat, home.lon, wishes.max_distance_km, home.spread_km)
    return PersonFacts(
        organisation_id=organisation_id,
        matching=consent.matching,
        shared_with=consent.share_with,
        until=consent.until,
        home_country=profile.home_country,
        routes=wishes.routes,
        countries=wishes.countries,
        exclude_countries=wishes.exclude_countries,
        reach=reach,
        floor=_dollars(wishes.min_wage, rates),
        known_only=wishes.min_wage is not None and wishes.min_wage.known_only,
    )


def _dollars(floor: MinWage | None, rates: Rates) -> float | None:
    rate = rates.per_dollar.get(floor.currency) if floor is not None else None
    if floor is None or rate is None:
        return None
    return per_month(floor.amount, floor.period) / rate


def seeking(
    listing: Listing,
    organisation_id: str,
    corridors: Iterable[Corridor],
    now: datetime,
    tables: tuple[Places, Rates],
) -> Seeking:
    """Return a listing as people are searched for it. corridors: those to its country.

    now: the present moment, aware.
    """
    places, rates = tables
    today = today_in(None, now)
    kind = visa_needed(listing.visa_class, listing.isco08)
    closed = {
        one.origin
        for one in corridors
        if one.status is CorridorStatus.CLOSED
        and all(one.holds_on(today + day) for day in _DAYS)
        and (one.covers is None or kind in one.covers)
    }
    wage = best_monthly_wage(listing)
    rate = rates.per_dollar.get(listing.wage_currency or "")
    return Seeking(
        organisation_id=organisation_id,
        since=today,
        elsewhere=other_days(now),
        country=listing.country,
        training=listing.kind in _TRAINING,
        closed_to=frozenset(closed),
        place=places.of_listing(listing),
        pay=None if wage is None or rate is None else wage / rate,
    )
