"""Hard rules as data, and the reason each gives when it takes a listing out."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from service.domain.eligibility import Circle, Eligibility
from service.domain.listing import Kind, Listing, StoredListing
from service.domain.match import Reason
from service.domain.person import Market, Profile, Route, Veto
from service.domain.request import Filters
from service.domain.text import fold
from service.domain.wages import best_monthly_wage, per_month

_TRAINING = frozenset({Kind.TRAINING, Kind.ENTERPRISE})
_JOB = frozenset({Kind.JOB})


@dataclass(frozen=True, slots=True)
class RouteRules:
    """What a route holds before the person's rules, and what is left after them."""

    within_route: Eligibility
    allowed: Eligibility


def rules_for(route: Route, profile: Profile, filters: Filters, today: date) -> RouteRules:
    """Return the rules of one route for one person."""
    base = _narrowed(_of_route(route, profile), profile, filters)
    wishes = profile.preferences
    allowed = replace(
        base,
        valid_on=today,
        countries_not=base.countries_not | frozenset(wishes.exclude_countries),
        isco08_not=frozenset(v.isco08 for v in _vetoes(wishes.vetoes, route) if v.isco08),
        words_not=frozenset(fold(v.text) for v in _vetoes(wishes.vetoes, route) if v.text),
        within=_narrower(base.within, _circle(profile, wishes.max_distance_km, route)),
        min_wage=wishes.min_wage if wishes.min_wage and route is not Route.TRAINING else None,
    )
    if wishes.countries:
        wanted = frozenset(wishes.countries)
        if route is Route.OVERSEAS:
            allowed = replace(allowed, countries=_both(allowed.countries, wanted))
    return RouteRules(within_route=base, allowed=allowed)


def _of_route(route: Route, profile: Profile) -> Eligibility:
    home = frozenset({profile.home_country}) if profile.home_country else frozenset()
    if route is Route.TRAINING:
        return Eligibility(kinds=_TRAINING)
    if route is Route.LOCAL:
        return Eligibility(kinds=_JOB, countries=home)
    return Eligibility(kinds=_JOB, countries_not=home)


def _narrowed(base: Eligibility, profile: Profile, filters: Filters) -> Eligibility:
    kinds = base.kinds & frozenset(filters.kinds) if filters.kinds else base.kinds
    countries = base.countries
    if filters.countries:
        countries = _both(countries, frozenset(filters.countries))
    circle = None
    if filters.max_distance_km is not None and base.countries is not None:
        circle = _circle(profile, filters.max_distance_km, Route.LOCAL)
    return replace(
        base,
        kinds=kinds,
        countries=countries,
        countries_not=base.countries_not | frozenset(filters.exclude_countries),
        sectors=frozenset(filters.sectors) or None,
        isco08=frozenset(filters.isco08) or None,
        sources=frozenset(filters.sources) or None,
        licensed_only=filters.licensed_recruiter_only,
        within=circle,
        # A filter on pay narrows the route itself; the person's own floor is a rule.
        filter_wage=filters.min_wage,
    )


def _both(a: frozenset[str] | None, b: frozenset[str]) -> frozenset[str]:
    return b if a is None else a & b


def _circle(profile: Profile, radius: float | None, route: Route) -> Circle | None:
    if route is not Route.LOCAL or radius is None or profile.lat is None or profile.lon is None:
        return None
    return Circle(profile.lat, profile.lon, radius)


def _narrower(a: Circle | None, b: Circle | None) -> Circle | None:
    """Return the smaller of two circles around the same place, None without any."""
    circles = [circle for circle in (a, b) if circle is not None]
    return min(circles, key=lambda circle: circle.radius_km, default=None)


def _vetoes(vetoes: tuple[Veto, ...], route: Route) -> list[Veto]:
    """Return the vetoes that hold on a route.

    A training can open work in either market, so only work refused in both is kept out
    of it: a veto for all, or the same refusal said once for each market.
    """
    if route is Route.TRAINING:
        said = {(v.isco08, v.text, v.market) for v in vetoes}
        return [
            v
            for v in vetoes
            if v.market is Market.ALL
            or {(v.isco08, v.text, m) for m in (Market.LOCAL, Market.OVERSEAS)} <= said
        ]
    market = Market.LOCAL if route is Route.LOCAL else Market.OVERSEAS
    return [v for v in vetoes if v.market in {Market.ALL, market}]


def reasons_against(stored: StoredListing, rule: Eligibility) -> tuple[Reason, ...]:
    """Return why `rule` keeps a listing of its route out; () if it lets it through.

    The index decides by the same conditions in bulk; a test holds the two together.
    """
    listing = stored.content
    return (
        *_against_time(listing, rule),
        *_against_place(listing, rule),
        *_against_work(listing, rule),
        *_against_pay(listing, rule),
    )


def _against_time(listing: Listing, rule: Eligibility) -> list[Reason]:
    ends = listing.valid_through
    if rule.valid_on is None or ends is None or ends >= rule.valid_on:
        return []
    text = f"It closed on {ends.isoformat()}."
    return [Reason("expired", text, "the listing")]


def _against_place(listing: Listing, rule: Eligibility) -> list[Reason]:
    found = []
    unwanted = listing.country in rule.countries_not
    if unwanted or (rule.countries is not None and listing.country not in rule.countries):
        text = f"The person does not want to go to {listing.country}."
        found.append(Reason("country_not_wanted", text, "the person's wishes"))
    distance = distance_km(listing, rule.within)
    if rule.within is not None and distance is not None and distance > rule.within.radius_km:
        text = f"It is {distance:.0f} km away; the person goes up to {rule.within.radius_km:g} km."
        found.append(Reason("too_far", text, "the person's wishes"))
    return found


def _against_work(listing: Listing, rule: Eligibility) -> list[Reason]:
    found = []
    code = (listing.isco08 or "").ljust(4, "0") if listing.isco08 else None
    for prefix in sorted(rule.isco08_not):
        if code is not None and code.startswith(prefix):
            text = f"The person will not do work of ISCO-08 group {prefix}."
            found.append(Reason("veto", text, "the person's veto"))
    words = f" {' '.join(fold(part) for part in (listing.title, *listing.skills))} "
    for refused in sorted(rule.words_not):
        if f" {refused} " in words:
            text = f'The person will not do work called "{refused}".'
            found.append(Reason("veto", text, "the person's veto"))
    return found


def _against_pay(listing: Listing, rule: Eligibility) -> list[Reason]:
    floor, wage = rule.min_wage, best_monthly_wage(listing)
    if floor is None or wage is None or listing.wage_currency != floor.currency:
        return []
    least = per_month(floor.amount, floor.period)
    if wage >= least:
        return []
    text = f"It pays at most {wage:,.0f} {floor.currency} a month; the floor is {least:,.0f}."
    return [Reason("wage_below_floor", text, "the person's wishes")]


def distance_km(listing: Listing, circle: Circle | None) -> float | None:
    """Return the great-circle distance to the circle's centre, None where unknown."""
    if circle is None or listing.lat is None or listing.lon is None:
        return None
    return float(circle.distances_km(np.array([listing.lat]), np.array([listing.lon]))[0])
