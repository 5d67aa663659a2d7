"""Eligibility in bulk: the same verdict as the rules give one by one."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.adapters.vectors.facets import Facets
from service.domain.corridor import Corridor
from service.domain.eligibility import Circle, Eligibility, WageFloor
from service.domain.listing import Kind, Listing, StoredListing, Visibility, WagePeriod
from service.domain.person import Market, MinWage, Preferences, Profile, Route, Veto
from service.domain.place import Place
from service.domain.refusal import Refusal
from service.domain.request import Filters
from service.domain.wages import best_monthly_wage, per_month
from service.rules.eligible import distance_km, reasons_against, rules_for
from tests.unit.books import NOWHERE, RATES, TODAY, book_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)


HIDDEN = {"visibility": Visibility.PRIVATE, "visible_to": ("friend",)}


def _stored(content: Listing, source: str = "board") -> StoredListing:
    return StoredListing("lst_1", "home", source, "1", 1, NOW, NOW, content)


def _job(**changes: Any) -> StoredListing:  # noqa: ANN401 - fields of many types
    return _stored(replace(Listing(kind=Kind.JOB, title="cook", country="BD"), **changes))


# Small alphabets, so that rules and listings meet often; odd text, so that folding is tried.
_maybe: Callable[[st.SearchStrategy[Any]], st.SearchStrategy[Any]] = st.none().__or__
_countries = st.sampled_from(["BD", "NP", "QA", "SA", "AA", "ZZ"])
_currencies = st.sampled_from(["BDT", "QAR", "SAR", "EUR"])
_amounts = st.one_of(
    st.sampled_from([0.0, 1.0, 26.0, 100.0, 208.0, 1200.0, 14400.0]),
    st.floats(0, 1e9, allow_nan=False),
)
_periods = st.sampled_from(WagePeriod)
_codes = st.sampled_from(["0", "01", "0110", "5", "51", "512", "5120", "7", "711", "7112", "9999"])
_words = st.one_of(
    st.sampled_from(
        [
            "cook",
            "Cook!",
            "night guard",
            "guard",
            "NIGHT-GUARD",
            "\uff27\uff35\uff21\uff32\uff24",
            "guar\u200bd",
            "",
            "!",
        ]
    ),
    st.sampled_from(["রাজমিস্ত্রি", "কাজ", "গৃহকর্মী", "straße", "STRASSE", "a b", "a  b"]),
    st.text("ab -\u0301\x00İß", max_size=6),
)
_latitudes = st.one_of(
    st.sampled_from([23.8103, 23.82, 24.5, 0.0, 90.0, -90.0]), st.floats(-90, 90)
)
_longitudes = st.one_of(
    st.sampled_from([90.4125, 90.45, 91.5, 180.0, -180.0]), st.floats(-180, 180)
)
_radii = st.one_of(st.sampled_from([0.001, 1.0, 25.0, 5000.0, 20016.0]), st.floats(0.001, 21_000))
_min_wages = st.builds(MinWage, _amounts, _currencies, _periods)
_days = st.integers(-3, 3).map(lambda days: TODAY + timedelta(days))

_listings = st.builds(
    Listing,
    kind=st.sampled_from(Kind),
    title=_words,
    country=_countries,
    skills=st.lists(_words, max_size=3).map(tuple),
    isco08=_maybe(_codes),
    wage_min=_maybe(_amounts),
    wage_max=_maybe(_amounts),
    wage_currency=_maybe(_currencies),
    wage_period=_maybe(_periods),
    recruiter_licensed=_maybe(st.booleans()),
    valid_through=_maybe(_days),
    sectors=st.lists(st.sampled_from(["care", "health care", "build"]), max_size=2).map(tuple),
    lat=_maybe(_latitudes),
    lon=_maybe(_longitudes),
).map(_stored)
_batches = st.lists(
    st.builds(replace, _listings, source=st.sampled_from(["board", "ministry"])),
    min_size=1,
    max_size=12,
)

_vetoes = st.one_of(
    st.builds(Veto, isco08=_codes, market=st.sampled_from(Market)),
    st.builds(Veto, text=_words, market=st.sampled_from(Market)),
)
_preferences = st.builds(
    Preferences,
    countries=st.lists(_countries, max_size=3).map(tuple),
    exclude_countries=st.lists(_countries, max_size=2).map(tuple),
    max_distance_km=_maybe(_radii),
    min_wage=_maybe(_min_wages),
    vetoes=st.lists(_vetoes, max_size=3).map(tuple),
)
_profiles = st.builds(
    Profile,
    home_country=_maybe(_countries),
    lat=_maybe(_latitudes),
    lon=_maybe(_longitudes),
    preferences=_preferences,
)
_filters = st.builds(
    Filters,
    kinds=st.lists(st.sampled_from(Kind), max_size=2).map(tuple),
    countries=st.lists(_countries, max_size=2).map(tuple),
    exclude_countries=st.lists(_countries, max_size=2).map(tuple),
    sectors=st.lists(st.sampled_from(["care", "build"]), max_size=2).map(tuple),
    isco08=st.lists(_codes, max_size=2).map(tuple),
    sources=st.lists(st.sampled_from(["board", "ministry"]), max_size=1).map(tuple),
    min_wage=_maybe(_min_wages),
    max_distance_km=_maybe(_radii),
    licensed_recruiter_only=st.booleans(),
)
_routes = st.sampled_from(Route)


@settings(max_examples=500, deadline=None)
@given(_batches, _routes, _profiles, _filters)
def test_the_index_and_the_rules_never_disagree(
    batch: list[StoredListing], route: Route, profile: Profile, filters: Filters
) -> None:
    """Of the listings of a route, the mask keeps exactly those no rule gives a reason against."""
    rules = rules_for(route, book_of(profile), filters)
    facets = Facets.of(batch)
    within, allowed = facets.mask(rules.within_route), facets.mask(rules.allowed)
    for at, stored in enumerate(batch):
        if within[at]:
            assert bool(allowed[at]) == (
                reasons_against(stored, rules.allowed, book_of(profile)) == ()
            )


@settings(max_examples=300, deadline=None)
@given(_batches, _routes, _profiles, _filters)
def test_wishes_never_widen_what_was_filtered(
    batch: list[StoredListing], route: Route, profile: Profile, filters: Filters
) -> None:
    """Whatever the person wishes, nothing outside the asked route and filters is allowed."""
    rules = rules_for(route, book_of(profile), filters)
    facets = Facets.of(batch)
    assert not (facets.mask(rules.allowed) & ~facets.mask(rules.within_route)).any()


def _passes(stored: StoredListing, route: Route, profile: Profile, filters: Filters) -> bool:
    """Say in plain words what a route and its filters let through."""
    x, home = stored.content, profile.home_country
    code = x.isco08.ljust(4, "0") if x.isco08 else None
    wage, floor = best_monthly_wage(x), filters.min_wage
    circle = None
    if route is Route.LOCAL and profile.lat is not None and profile.lon is not None:
        radius = filters.max_distance_km
        circle = None if radius is None else Circle(profile.lat, profile.lon, radius)
    place = NOWHERE.of_listing(x)
    away = None if place is None or circle is None else distance_km(place, circle)
    least = RATES.everywhere(per_month(floor.amount, floor.period), floor.currency) if floor else {}
    of_route = {
        Route.LOCAL: x.kind is Kind.JOB and x.country == home,
        Route.OVERSEAS: x.kind is Kind.JOB and x.country != home,
        Route.TRAINING: x.kind in {Kind.TRAINING, Kind.ENTERPRISE},
    }
    return all(
        (
            of_route[route],
            not filters.kinds or x.kind in filters.kinds,
            not filters.countries or x.country in filters.countries,
            x.country not in filters.exclude_countries,
            not filters.sectors or bool({*filters.sectors} & {*x.sectors}),
            not filters.isco08 or any(code and code.startswith(c) for c in filters.isco08),
            not filters.sources or stored.source in filters.sources,
            not filters.licensed_recruiter_only or x.recruiter_licensed is True,
            floor is None
            or wage is None
            or x.wage_currency not in least
            or wage >= least[x.wage_currency],
            circle is None or away is None or away <= circle.radius_km,
        )
    )


@settings(max_examples=500, deadline=None)
@given(_batches, _routes, _profiles, _filters)
def test_a_route_with_filters_is_what_it_says(
    batch: list[StoredListing], route: Route, profile: Profile, filters: Filters
) -> None:
    """The mask of a filtered route is the plain sentence of its conditions."""
    mask = Facets.of(batch).mask(rules_for(route, book_of(profile), filters).within_route)
    assert mask.tolist() == [_passes(stored, route, profile, filters) for stored in batch]


@settings(max_examples=300, deadline=None)
@given(_latitudes, _longitudes, _latitudes, _longitudes)
def test_a_place_on_the_very_edge_is_judged_alike(
    lat: float, lon: float, lat0: float, lon0: float
) -> None:
    """A listing exactly as far away as the person would go is within reach for both."""
    stored = _job(lat=lat, lon=lon)
    exact = distance_km(Place(lat, lon), Circle(lat0, lon0, 1))
    for radius in (math.nextafter(exact, -1), exact, math.nextafter(exact, math.inf)):
        rule = Eligibility(within=Circle(lat0, lon0, radius))
        verdict = reasons_against(stored, rule, book_of(Profile())) == ()
        assert Facets.of([stored] * 11).mask(rule).tolist() == [verdict] * 11


def test_the_smaller_of_two_circles_holds() -> None:
    """A filter on distance holds although the person would go further, and the reverse."""
    for wish, asked in ((100.0, 10.0), (10.0, 100.0)):
        profile = Profile(
            home_country="BD", lat=23.8, lon=90.4, preferences=Preferences(max_distance_km=wish)
        )
        rules = rules_for(Route.LOCAL, book_of(profile), Filters(max_distance_km=asked))
        far = Facets.of([_job(lat=24.2, lon=90.4)])
        assert far.mask(rules.allowed).tolist() == [False]


@settings(max_examples=100, deadline=None)
@given(_batches, _routes, _profiles, _filters, st.randoms())
def test_rows_keep_their_verdict_when_segments_merge(
    batch: list[StoredListing], route: Route, profile: Profile, filters: Filters, random: Random
) -> None:
    """Taking rows and joining columns moves the verdicts and changes none."""
    rule = rules_for(route, book_of(profile), filters).allowed
    facets = Facets.of(batch)
    rows = np.array(random.sample(range(len(batch)), random.randint(0, len(batch))), np.int64)
    joined = Facets.joined([(facets, rows), (facets, np.arange(len(batch)))])
    expected = np.concatenate([facets.mask(rule)[rows], facets.mask(rule)])
    assert joined.mask(rule).tolist() == expected.tolist()


UNCODED = Refusal("", uncoded=frozenset({"guard"}))
SPLIT = Refusal("", words=frozenset({"house maid"}))
JOINED = Refusal("", words=frozenset({"housemaid"}))
CLOSED = Corridor(
    origin="BD", destination="AE", visa_class="employment", reason="a test", source="a test"
)


@pytest.mark.parametrize(
    ("rule", "changes", "passes"),
    [
        (Eligibility(valid_on=TODAY), {"valid_through": TODAY}, True),
        (Eligibility(valid_on=TODAY), {"valid_through": TODAY - timedelta(1)}, False),
        (Eligibility(valid_on=TODAY), {}, True),
        (Eligibility(refusals=(Refusal("", frozenset({"51"})),)), {"isco08": "5120"}, False),
        (Eligibility(refusals=(Refusal("", frozenset({"5120"})),)), {"isco08": "51"}, True),
        (Eligibility(refusals=(Refusal("", frozenset({"5"})),)), {}, True),
        (Eligibility(isco08=frozenset({"5"})), {}, False),
        (
            Eligibility(refusals=(Refusal("", words=frozenset({"guard"})),)),
            {"title": "Night GUARD."},
            False,
        ),
        (
            Eligibility(refusals=(Refusal("", words=frozenset({"guard"})),)),
            {"title": "Safeguarding officer"},
            True,
        ),
        (
            Eligibility(refusals=(Refusal("", words=frozenset({"guard"})),)),
            {"skills": ("guard",)},
            False,
        ),
        (Eligibility(refusals=(UNCODED,)), {"title": "guard"}, False),
        (Eligibility(refusals=(UNCODED,)), {"title": "guard", "isco08": "5414"}, True),
        (Eligibility(refusals=(SPLIT,)), {"title": "Housemaid"}, False),
        (Eligibility(refusals=(JOINED,)), {"title": "House-maid wanted"}, False),
        (Eligibility(refusals=(JOINED,)), {"title": "House", "skills": ("maid",)}, True),
        (Eligibility(closed=(CLOSED,)), {"country": "AE"}, False),
        (Eligibility(closed=(CLOSED,)), {"country": "QA"}, True),
        (Eligibility(closed=(CLOSED,)), {"country": "AE", "visa_class": "work visa"}, False),
        (Eligibility(closed=(CLOSED,)), {"country": "AE", "visa_class": "investor visa"}, True),
        (Eligibility(licensed_only=True), {}, False),
        (Eligibility(licensed_only=True), {"recruiter_licensed": True}, True),
        (Eligibility(sectors=frozenset({"care"})), {"sectors": ("health care",)}, False),
        (Eligibility(sectors=frozenset({"care"})), {"sectors": ("build", "care")}, True),
        (Eligibility(within=Circle(23.8, 90.4, 5)), {}, True),
        (Eligibility(within=Circle(23.8, 90.4, 5)), {"lat": 22.3, "lon": 91.8}, False),
        (Eligibility(within=Circle(0, 179.99, 5)), {"lat": 0.0, "lon": -179.99}, True),
        (Eligibility(countries=frozenset()), {}, False),
        (Eligibility(), HIDDEN, False),
        (Eligibility(viewer="home"), HIDDEN, True),
        (Eligibility(viewer="friend"), HIDDEN, True),
        (Eligibility(viewer="fri"), HIDDEN, False),
        (Eligibility(viewer="stranger"), HIDDEN, False),
        (Eligibility(viewer="stranger"), {}, True),
    ],
)
def test_each_condition(rule: Eligibility, changes: dict[str, Any], passes: bool) -> None:  # noqa: FBT001
    """Each condition on its own keeps out what it names and lets the unknown through."""
    assert Facets.of([_job(**changes)]).mask(rule).tolist() == [passes]


@pytest.mark.parametrize(
    ("changes", "passes"),
    [
        ({"wage_max": 1000.0, "wage_currency": "BDT"}, True),
        ({"wage_max": 999.0, "wage_currency": "BDT"}, False),
        ({"wage_min": 1.0, "wage_max": 1000.0, "wage_currency": "BDT"}, True),
        ({"wage_min": 40.0, "wage_currency": "BDT", "wage_period": WagePeriod.DAY}, True),
        ({"wage_max": 31.24, "wage_currency": "SAR"}, False),
        ({"wage_max": 31.26, "wage_currency": "SAR"}, True),
        ({"wage_max": 1.0, "wage_currency": "QAR"}, None),
        ({"wage_max": 1.0}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("known_only", [False, True])
@pytest.mark.parametrize("field", ["min_wage", "filter_wage"])
def test_pay_is_compared_per_month_across_currencies(
    field: str,
    known_only: bool,  # noqa: FBT001
    changes: dict[str, Any],
    passes: bool | None,  # noqa: FBT001
) -> None:
    """A wage below the floor is out; an unknown one, or one without a rate, only if asked."""
    stated = MinWage(1000, "BDT", known_only=known_only)
    floor = WageFloor(stated, RATES.everywhere(1000, "BDT"), known_only)
    rule = replace(Eligibility(), **{field: floor})  # type: ignore[arg-type]
    expected = (not known_only) if passes is None else passes
    assert Facets.of([_job(**changes)]).mask(rule).tolist() == [expected]
