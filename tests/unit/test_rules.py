"""Hard rules, consent and flags, one by one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.eligibility import Circle, Eligibility
from service.domain.errors import ConsentMissingError
from service.domain.listing import Kind, Listing, StoredListing, WagePeriod
from service.domain.person import Consent, Market, MinWage, Preferences, Profile, Route, Veto
from service.domain.request import Filters
from service.rules.consent import require_matching
from service.rules.eligible import distance_km, reasons_against, rules_for
from service.rules.flags import Setting, flags_for

TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def _job(**said: object) -> Listing:
    return Listing(**({"kind": Kind.JOB, "title": "Mason", "country": "BD"} | said))  # type: ignore[arg-type]


def _stored(**said: object) -> StoredListing:
    return StoredListing("lst_1", "org", "src", "ext", 1, NOW, NOW, _job(**said))


def _rules(route: Route, filters: Filters | None = None, **wishes: object) -> Eligibility:
    profile = Profile(
        home_country="BD",
        lat=23.8,
        lon=90.4,
        preferences=Preferences(**wishes),  # type: ignore[arg-type]
    )
    return rules_for(route, profile, filters or Filters(), TODAY).allowed


def _codes(rule: Eligibility, **said: object) -> list[str]:
    return [reason.code for reason in reasons_against(_stored(**said), rule)]


@pytest.mark.parametrize(
    ("until", "code"),
    [(None, None), (TODAY, None), (TODAY - timedelta(days=1), "consent_ended")],
)
def test_consent_holds_to_its_last_day(until: date | None, code: str | None) -> None:
    """An end that has come by, and nothing else, ends a consent that was given."""
    consent = Consent(matching=True, until=until)
    if code is None:
        require_matching(consent, TODAY)
    else:
        with pytest.raises(ConsentMissingError) as raised:
            require_matching(consent, TODAY)
        assert raised.value.code == code


@pytest.mark.parametrize("until", [None, TODAY, TODAY - timedelta(days=1)])
def test_consent_not_given_is_missing(until: date | None) -> None:
    """Whatever its end, an agreement nobody gave is none."""
    with pytest.raises(ConsentMissingError) as raised:
        require_matching(Consent(matching=False, until=until), TODAY)
    assert raised.value.code == "consent_missing"


def test_routes_divide_the_listings() -> None:
    """Home jobs, other jobs, trainings: no listing of a known country is in two routes."""
    local, overseas, training = (_rules(route) for route in Route)
    assert (local.kinds, local.countries) == (frozenset({Kind.JOB}), frozenset({"BD"}))
    assert (overseas.kinds, overseas.countries_not) == (local.kinds, local.countries)
    assert training.kinds == {Kind.TRAINING, Kind.ENTERPRISE}


def test_without_a_home_nothing_is_local() -> None:
    """Every job is then a job abroad."""
    assert rules_for(Route.LOCAL, Profile(), Filters(), TODAY).allowed.countries == frozenset()
    assert rules_for(Route.OVERSEAS, Profile(), Filters(), TODAY).allowed.countries_not == set()


@pytest.mark.parametrize(
    ("veto", "said", "blocked"),
    [
        (Veto(isco08="71"), {"isco08": "7112"}, True),
        (Veto(isco08="7112"), {"isco08": "7112"}, True),
        (Veto(isco08="7112"), {"isco08": "71"}, False),
        (Veto(isco08="0"), {"isco08": None}, False),
        (Veto(isco08="0"), {"isco08": "0110"}, True),
        (Veto(text="mason"), {}, True),
        (Veto(text="Carry  CEMENT!"), {"skills": ("carry cement bags",)}, True),
        (Veto(text="cement bag"), {"skills": ("carry cement bags",)}, False),
        (Veto(text="roof"), {"description": "roof work"}, False),
    ],
)
def test_a_veto_takes_out_a_branch_or_whole_words(
    veto: Veto,
    said: dict[str, object],
    blocked: bool,  # noqa: FBT001 - a table's column
) -> None:
    """ISCO-08 by prefix; words as whole words in title and skills."""
    assert _codes(_rules(Route.LOCAL, vetoes=(veto,)), **said) == ["veto"] * blocked


@pytest.mark.parametrize(
    ("markets", "routes"),
    [
        ({Market.ALL}, {Route.LOCAL, Route.OVERSEAS, Route.TRAINING}),
        ({Market.LOCAL}, {Route.LOCAL}),
        ({Market.OVERSEAS}, {Route.OVERSEAS}),
        ({Market.LOCAL, Market.OVERSEAS}, {Route.LOCAL, Route.OVERSEAS, Route.TRAINING}),
    ],
)
def test_a_veto_holds_in_its_market(markets: set[Market], routes: set[Route]) -> None:
    """A training is kept out only when the work is refused in both markets."""
    vetoes = tuple(Veto(isco08="71", market=market) for market in sorted(markets))
    held = {route for route in Route if _rules(route, vetoes=vetoes).isco08_not}
    assert held == routes


@pytest.mark.parametrize(
    ("said", "blocked"),
    [
        ({"wage_max": 25_999, "wage_currency": "BDT"}, True),
        ({"wage_max": 26_000, "wage_currency": "BDT"}, False),
        ({"wage_max": 999, "wage_currency": "BDT", "wage_period": WagePeriod.DAY}, True),
        ({"wage_max": 1000, "wage_currency": "BDT", "wage_period": WagePeriod.DAY}, False),
        ({"wage_max": 1, "wage_currency": "QAR"}, False),
        ({"wage_max": 1}, False),
        ({}, False),
    ],
)
def test_a_floor_compares_like_with_like(said: dict[str, object], blocked: bool) -> None:  # noqa: FBT001
    """Per month, in one currency; what is unknown passes, and a training pays nothing."""
    floor = MinWage(1000, "BDT", WagePeriod.DAY)
    assert _codes(_rules(Route.LOCAL, min_wage=floor), **said) == ["wage_below_floor"] * blocked
    assert _rules(Route.TRAINING, min_wage=floor).min_wage is None


def test_the_last_day_counts() -> None:
    """A listing is open on its last day and closed the day after."""
    rule = _rules(Route.LOCAL)
    assert _codes(rule, valid_through=TODAY) == []
    assert _codes(rule, valid_through=TODAY - timedelta(days=1)) == ["expired"]


def test_several_reasons_are_all_given() -> None:
    """Each rule speaks for itself."""
    rule = _rules(
        Route.LOCAL,
        vetoes=(Veto(text="mason"),),
        exclude_countries=("BD",),
        max_distance_km=1,
        min_wage=MinWage(10, "BDT"),
    )
    found = _codes(
        rule, lat=22.0, lon=91.0, wage_max=1, wage_currency="BDT", valid_through=date(2020, 1, 1)
    )
    assert found == ["expired", "country_not_wanted", "too_far", "veto", "wage_below_floor"]


@pytest.mark.parametrize(("wish", "asked", "held"), [(10, 99, 10), (99, 10, 10), (None, 7, 7)])
def test_the_narrower_distance_holds(wish: float | None, asked: float, held: float) -> None:
    """A filter never widens a wish, nor a wish a filter; abroad neither counts."""
    filters = Filters(max_distance_km=asked)
    within = _rules(Route.LOCAL, filters, max_distance_km=wish).within
    assert within is not None
    assert within.radius_km == held
    assert _rules(Route.OVERSEAS, filters, max_distance_km=wish).within is None


latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)


@given(latitudes, longitudes, latitudes, longitudes)
def test_distances_are_distances(lat: float, lon: float, lat2: float, lon2: float) -> None:
    """Never negative, never beyond half the globe, the same in both directions."""
    there = distance_km(_job(lat=lat, lon=lon), Circle(lat2, lon2, 1))
    back = distance_km(_job(lat=lat2, lon=lon2), Circle(lat, lon, 1))
    assert there is not None
    assert back is not None
    assert 0 <= there <= 20_016
    assert there == pytest.approx(back, abs=0.01)


def test_a_known_distance() -> None:
    """Dhaka to Chattogram is 214 km as the crow flies; an unknown place has none."""
    found = distance_km(_job(lat=22.3569, lon=91.7832), Circle(23.8103, 90.4125, 1))
    assert found == pytest.approx(214, abs=2)
    assert distance_km(_job(), Circle(23.8, 90.4, 1)) is None


SETTING = Setting(profile=Profile(home_country="BD"), today=TODAY)


def _flags(listing: Listing, setting: Setting = SETTING) -> list[str]:
    return [flag.code for flag in flags_for(listing, setting)]


def test_a_plain_job_at_home_needs_no_words_but_for_its_wage() -> None:
    """Licence and fee matter abroad; a wage is always asked for."""
    assert _flags(_job()) == ["wage_unknown"]
    assert _flags(_job(wage_max=1, wage_currency="BDT")) == []


def test_abroad_the_unknown_is_pointed_out() -> None:
    """Unknown licence, unknown fee, unknown wage."""
    assert _flags(_job(country="SA")) == ["recruiter_unknown", "fee_unknown", "wage_unknown"]
    safe = _job(country="SA", recruiter_licensed=True, fee=0, wage_min=1, wage_currency="SAR")
    assert _flags(safe) == []


def test_warnings_come_first() -> None:
    """An unlicensed recruiter and a fee stand before plain facts."""
    risky = _job(recruiter_licensed=False, fee=100, valid_through=TODAY)
    assert _flags(risky) == ["recruiter_unlicensed", "fee_charged", "wage_unknown", "closes_soon"]


@pytest.mark.parametrize(
    ("days", "text"),
    [(0, "Closes today."), (1, "Closes in 1 day."), (14, "Closes in 14 days."), (15, None)],
)
def test_a_close_end_is_counted(days: int, text: str | None) -> None:
    """Within two weeks, in plain words."""
    job = _job(wage_max=1, valid_through=TODAY + timedelta(days=days))
    assert [flag.text for flag in flags_for(job, SETTING)] == ([text] if text else [])


def test_another_currency_is_left_to_the_officer() -> None:
    """With a floor set, a wage that cannot be held to it is flagged."""
    wishes = Preferences(min_wage=MinWage(1, "BDT"))
    setting = replace(SETTING, profile=Profile(home_country="BD", preferences=wishes))
    assert _flags(_job(wage_max=1, wage_currency="QAR"), setting) == ["wage_not_compared"]
    assert _flags(_job(kind=Kind.TRAINING), setting) == []
