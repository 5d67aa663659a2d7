"""Hard rules as data, and the reason each gives when it takes a listing out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from service.domain.corridor import Corridor, CorridorStatus
from service.domain.eligibility import Circle, Eligibility, WageFloor
from service.domain.listing import Kind, Listing, StoredListing
from service.domain.match import Reason
from service.domain.names import country_name, human_date
from service.domain.person import Market, MinWage, Profile, Route, Veto
from service.domain.place import Place
from service.domain.refusal import Refusal, listing_words, stands_in, title_words
from service.domain.request import Filters
from service.domain.visa import visa_needed
from service.domain.wages import best_monthly_wage, per_month
from service.rules.places import Places
from service.rules.rates import Rates

_TRAINING = frozenset({Kind.TRAINING, Kind.ENTERPRISE})
_JOB = frozenset({Kind.JOB})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """All that the rules for one person rest on besides the listing.

    today: the date where the person lives. corridors: those from their country that are recorded
    and in force, open ones among them. refusals: what each of their vetoes was taken to mean.
    home: where they live, as far as it is known. viewer: the organisation that looks; None sees
    only what is public.
    """

    profile: Profile
    today: date
    rates: Rates
    places: Places
    corridors: tuple[Corridor, ...] = ()
    refusals: Mapping[Veto, Refusal] = field(default_factory=dict)
    home: Place | None = None
    viewer: str | None = None

    @property
    def closed(self) -> tuple[Corridor, ...]:
        """The corridors that are closed today."""
        return tuple(one for one in self.corridors if one.status is CorridorStatus.CLOSED)


@dataclass(frozen=True, slots=True)
class RouteRules:
    """What a route holds before the person's rules, and what is left after them."""

    within_route: Eligibility
    allowed: Eligibility


def rules_for(route: Route, book: Rulebook, filters: Filters) -> RouteRules:
    """Return the rules of one route for one person."""
    base = _narrowed(_of_route(route, book.profile), book, filters)
    wishes = book.profile.preferences
    reach = wishes.max_distance_km if route is Route.LOCAL else None
    paid = route is not Route.TRAINING
    allowed = replace(
        base,
        valid_on=book.today,
        countries_not=base.countries_not | frozenset(wishes.exclude_countries),
        refusals=tuple(book.refusals[veto] for veto in _vetoes(wishes.vetoes, route)),
        closed=book.closed if route is Route.OVERSEAS else (),
        within=_narrower(base.within, _circle(book.home, reach)),
        min_wage=_floor(wishes.min_wage, book.rates) if paid else None,
    )
    if wishes.countries and route is Route.OVERSEAS:
        allowed = replace(allowed, countries=_both(allowed.countries, frozenset(wishes.countries)))
    return RouteRules(within_route=base, allowed=allowed)


def _of_route(route: Route, profile: Profile) -> Eligibility:
    home = frozenset({profile.home_country}) if profile.home_country else frozenset()
    if route is Route.TRAINING:
        return Eligibility(kinds=_TRAINING)
    if route is Route.LOCAL:
        return Eligibility(kinds=_JOB, countries=home)
    return Eligibility(kinds=_JOB, countries_not=home)


def _narrowed(base: Eligibility, book: Rulebook, filters: Filters) -> Eligibility:
    kinds = base.kinds & frozenset(filters.kinds) if filters.kinds else base.kinds
    countries = base.countries
    if filters.countries:
        countries = _both(countries, frozenset(filters.countries))
    local = base.countries is not None
    return replace(
        base,
        viewer=book.viewer,
        kinds=kinds,
        countries=countries,
        countries_not=base.countries_not | frozenset(filters.exclude_countries),
        sectors=frozenset(filters.sectors) or None,
        isco08=frozenset(filters.isco08) or None,
        sources=frozenset(filters.sources) or None,
        licensed_only=filters.licensed_recruiter_only,
        within=_circle(book.home, filters.max_distance_km if local else None),
        # A filter on pay narrows the route itself; the person's own floor is a rule.
        filter_wage=_floor(filters.min_wage, book.rates),
    )


def _both(a: frozenset[str] | None, b: frozenset[str]) -> frozenset[str]:
    return b if a is None else a & b


def _floor(stated: MinWage | None, rates: Rates) -> WageFloor | None:
    if stated is None:
        return None
    least = rates.everywhere(per_month(stated.amount, stated.period), stated.currency)
    return WageFloor(stated, least, stated.known_only)


def _circle(home: Place | None, radius: float | None) -> Circle | None:
    if radius is None or home is None:
        return None
    return Circle(home.lat, home.lon, radius, home.spread_km)


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


def reasons_against(stored: StoredListing, rule: Eligibility, book: Rulebook) -> tuple[Reason, ...]:
    """Return why `rule` keeps a listing of its route out; () if it lets it through.

    The index decides by the same conditions in bulk; a test holds the two together.
    """
    if not stored.is_visible_to(rule.viewer):
        # Who may not know of it is told nothing of it either: `is_visible_to` comes first where
        # reasons are shown.
        return (Reason("hidden", "It is private to another organisation.", "its owner"),)
    listing = stored.content
    return (
        *_against_time(listing, rule),
        *_against_corridor(listing, rule),
        *_against_place(listing, rule, book.places),
        *_against_work(listing, rule),
        *_against_pay(listing, rule, book.rates),
    )


def _against_time(listing: Listing, rule: Eligibility) -> list[Reason]:
    ends = listing.valid_through
    if rule.valid_on is None or ends is None or ends >= rule.valid_on:
        return []
    return [Reason("expired", f"It closed on {human_date(ends)}.", "the listing")]


def _against_corridor(listing: Listing, rule: Eligibility) -> list[Reason]:
    visa = visa_needed(listing.visa_class, listing.isco08)
    return [
        Reason("corridor_closed", _closed_text(corridor, listing), corridor.source)
        for corridor in rule.closed
        if corridor.is_about(listing.country, visa)
    ]


def _closed_text(corridor: Corridor, listing: Listing) -> str:
    country = country_name(corridor.destination)
    kind = f" on a visa of the class {corridor.visa_class}" if corridor.visa_class else ""
    parts = [
        f"{country} is closed to workers from {country_name(corridor.origin)}{kind}",
        f" since {human_date(corridor.starts)}" if corridor.starts else "",
        f" until {human_date(corridor.ends)}" if corridor.ends else "",
        f": {corridor.reason.rstrip('.')}.",
        " The advert names no visa, so a work visa is assumed." if not listing.visa_class else "",
        f" Last verified on {human_date(corridor.last_verified)}."
        if corridor.last_verified
        else " Nobody has verified this yet.",
    ]
    return "".join(parts)


def _against_place(listing: Listing, rule: Eligibility, places: Places) -> list[Reason]:
    found = []
    unwanted = listing.country in rule.countries_not
    if unwanted or (rule.countries is not None and listing.country not in rule.countries):
        text = f"The person does not want to go to {country_name(listing.country)}."
        found.append(Reason("country_not_wanted", text, "the person's wishes"))
    place = places.of_listing(listing)
    if rule.within is not None and place is not None and _beyond(place, rule.within):
        away = distance_km(place, rule.within)
        text = f"It is {away:.0f} km away; the person goes up to {rule.within.radius_km:g} km."
        found.append(Reason("too_far", text, "the person's wishes"))
    return found


def _against_work(listing: Listing, rule: Eligibility) -> list[Reason]:
    if not rule.refusals:
        return []
    code = (listing.isco08 or "").ljust(4, "0") if listing.isco08 else None
    words = title_words(listing) if code is not None else listing_words(listing)
    found = []
    for refusal in rule.refusals:
        by = _refused_by(refusal, code, words)
        if by is not None:
            text = f'The person will not do work called "{refusal.stated}"'
            more = "" if by == refusal.stated.casefold() else f" (here: {by})"
            found.append(Reason("veto", f"{text}{more}.", "the person's veto"))
    return found


def _refused_by(refusal: Refusal, code: str | None, words: str) -> str | None:
    """Return what of a listing a refusal is about, None if nothing."""
    if code is not None:
        prefix = next((one for one in sorted(refusal.isco08) if code.startswith(one)), None)
        if prefix is not None:
            return f"ISCO-08 group {prefix}"
    phrases = refusal.words if code is not None else refusal.words | refusal.uncoded
    # The longest says most.
    standing = [one for one in phrases if stands_in(one, words)]
    return max(standing, key=lambda one: (len(one), one), default=None)


def _against_pay(listing: Listing, rule: Eligibility, rates: Rates) -> list[Reason]:
    floor = rule.min_wage
    if floor is None:
        return []
    wage, currency = best_monthly_wage(listing), listing.wage_currency
    least = floor.least.get(currency) if currency else None
    if wage is None or least is None:
        if not floor.known_only:
            return []
        text = "Its wage is not known; the person wants to know it first."
        return [Reason("wage_unknown", text, "the person's wishes")]
    if wage >= least:
        return []
    text = f"It pays at most {wage:,.0f} {currency} a month; the floor is {least:,.0f} {currency}"
    stated = floor.stated
    if stated.currency != currency:
        text += (
            f" ({stated.amount:,.0f} {stated.currency} a {stated.period}, "
            f"by rates of {human_date(rates.as_of)})"
        )
    return [Reason("wage_below_floor", f"{text}.", "the person's wishes")]


def _beyond(place: Place, circle: Circle) -> bool:
    lat, lon, spread = (np.array([one]) for one in (place.lat, place.lon, place.spread_km))
    return bool(circle.surely_beyond(lat, lon, spread)[0])


def distance_km(place: Place, circle: Circle) -> float:
    """Return the great-circle distance of a place from the circle's centre."""
    return float(circle.distances_km(np.array([place.lat]), np.array([place.lon]))[0])
