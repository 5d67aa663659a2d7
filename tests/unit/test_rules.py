"""Hard rules, consent and flags, one by one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.corridor import Corridor, CorridorStatus
from service.domain.eligibility import Circle, Eligibility
from service.domain.errors import ConsentMissingError
from service.domain.listing import Kind, Listing, StoredListing, WagePeriod
from service.domain.person import Consent, Market, MinWage, Preferences, Profile, Route, Veto
from service.domain.place import Place
from service.domain.request import Filters
from service.domain.stock import Stock
from service.rules.calendar import today_in
from service.rules.consent import require_matching
from service.rules.eligible import distance_km, reasons_against, rules_for
from service.rules.flags import Setting, flags_for
from service.rules.markets import concentration, newer_markets
from service.rules.pay import usual_pay
from tests.unit.books import RATES, TODAY, book_of

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
    return rules_for(route, book_of(profile), filters or Filters()).allowed


def _codes(rule: Eligibility, **said: object) -> list[str]:
    return [reason.code for reason in reasons_against(_stored(**said), rule, book_of(Profile()))]


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
    book = book_of(Profile())
    assert rules_for(Route.LOCAL, book, Filters()).allowed.countries == frozenset()
    assert rules_for(Route.OVERSEAS, book, Filters()).allowed.countries_not == set()


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
        (Veto(text="cement bag"), {"skills": ("carry cement bags",)}, True),
        (Veto(text="cement ba"), {"skills": ("carry cement bags",)}, False),
        (Veto(text="mason"), {"title": "M\u0430s\u043en"}, True),
        (Veto(text="mason"), {"title": "m4sön"}, True),
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
    held = {route for route in Route if _rules(route, vetoes=vetoes).refusals}
    assert held == routes


@pytest.mark.parametrize(
    ("said", "blocked"),
    [
        ({"wage_max": 25_999, "wage_currency": "BDT"}, True),
        ({"wage_max": 26_000, "wage_currency": "BDT"}, False),
        ({"wage_max": 999, "wage_currency": "BDT", "wage_period": WagePeriod.DAY}, True),
        ({"wage_max": 1000, "wage_currency": "BDT", "wage_period": WagePeriod.DAY}, False),
        ({"wage_max": 812, "wage_currency": "SAR"}, True),
        ({"wage_max": 813, "wage_currency": "SAR"}, False),
        ({"wage_max": 1, "wage_currency": "QAR"}, False),
        ({"wage_max": 1}, False),
        ({}, False),
    ],
)
def test_a_floor_compares_like_with_like(said: dict[str, object], blocked: bool) -> None:  # noqa: FBT001
    """Per month, across currencies; what is unknown passes, and a training pays nothing."""
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
    there = distance_km(Place(lat, lon), Circle(lat2, lon2, 1))
    back = distance_km(Place(lat2, lon2), Circle(lat, lon, 1))
    assert 0 <= there <= 20_016
    assert there == pytest.approx(back, abs=0.01)


def test_a_known_distance() -> None:
    """Dhaka to Chattogram is 214 km as the crow flies."""
    found = distance_km(Place(22.3569, 91.7832), Circle(23.8103, 90.4125, 1))
    assert found == pytest.approx(214, abs=2)


OPEN = Corridor(
    origin="BD", destination="SA", status=CorridorStatus.OPEN, reason="a test", source="a test"
)
SETTING = Setting(book=book_of(Profile(home_country="BD"), OPEN))


def _setting(**said: object) -> Setting:
    profile = Profile(**({"home_country": "BD"} | said))  # type: ignore[arg-type]
    return Setting(book=book_of(profile, OPEN))


def _flags(listing: Listing, setting: Setting = SETTING) -> list[str]:
    return [flag.code for flag in flags_for(listing, setting)]


def _text(code: str, listing: Listing, setting: Setting = SETTING) -> str:
    return next(flag.text for flag in flags_for(listing, setting) if flag.code == code)


SAFE: dict[str, object] = {
    "country": "SA",
    "visa_class": "work visa",
    "recruiter_licensed": True,
    "fee": 0,
    "wage_min": 1500,
    "wage_currency": "SAR",
}


def test_a_plain_job_at_home_needs_no_words_but_for_its_wage() -> None:
    """Licence, visa and fee matter abroad; a wage is always asked for."""
    assert _flags(_job()) == ["wage_unknown"]
    assert _flags(_job(wage_max=1, wage_currency="BDT")) == []


def test_abroad_the_unknown_is_pointed_out() -> None:
    """Unknown licence, fee, visa, corridor and wage, each by itself."""
    assert _flags(_job(country="QA")) == [
        "recruiter_unknown",
        "fee_unknown",
        "visa_unknown",
        "corridor_unknown",
        "wage_unknown",
    ]
    assert _flags(_job(**SAFE)) == []
    without = _setting(home_country=None)
    assert "not recorded" in _text("corridor_unknown", _job(**SAFE), without)


def test_warnings_come_first() -> None:
    """An unlicensed recruiter and a fee stand before plain facts."""
    risky = _job(recruiter_licensed=False, fee=100, valid_through=TODAY)
    assert _flags(risky) == ["recruiter_unlicensed", "fee_charged", "wage_unknown", "closes_soon"]


def test_a_fee_is_told_in_months_of_the_wage() -> None:
    """Across currencies; where either is not known, that is said."""
    job = _job(**SAFE | {"fee": 240_000.0, "fee_currency": "BDT"})
    assert "about 5.0 months of the offered wage" in _text("fee_charged", job)
    unpaid = _job(**SAFE | {"fee": 5.0, "fee_currency": "BDT", "wage_min": None})
    assert "cannot be said" in _text("fee_charged", unpaid)


@pytest.mark.parametrize(
    ("visa", "isco08", "unfit"),
    [
        ("work visa", "7112", False),
        ("investor visa", "7112", True),
        ("visit visa, to be changed later", "7112", True),
        ("so-called free visa", "7112", True),
        ("student visa", None, True),
        ("domestic worker visa", "9111", False),
        ("house driver visa", "8322", False),
        ("domestic worker visa", "7112", True),
        ("domestic worker visa", None, False),
        ("visit pass (temporary employment)", "9214", False),
        ("E-9", "8160", False),
    ],
)
def test_a_visa_has_to_fit_the_work(visa: str, isco08: str | None, unfit: bool) -> None:  # noqa: FBT001
    """By what the visa lets its holder do, however an advert words it."""
    job = _job(**SAFE | {"visa_class": visa, "isco08": isco08})
    assert ("visa_mismatch" in _flags(job)) is unfit


def test_another_visa_is_no_way_round_a_closed_corridor() -> None:
    """The flag says so, and whose word the closure is."""
    closed = Corridor(
        origin="BD", destination="AE", visa_class="employment", reason="x", source="a report"
    )
    setting = Setting(book=book_of(Profile(home_country="BD"), closed))
    job = _job(**SAFE | {"country": "AE", "visa_class": "investor visa"})
    text = _text("visa_mismatch", job, setting)
    assert "no way round" in text
    assert "a report" in text


@pytest.mark.parametrize(
    ("days", "text"),
    [(0, "Closes today."), (1, "Closes in 1 day."), (14, "Closes in 14 days."), (15, None)],
)
def test_a_close_end_is_counted(days: int, text: str | None) -> None:
    """Within two weeks, in plain words."""
    job = _job(wage_max=1, wage_currency="BDT", valid_through=TODAY + timedelta(days=days))
    assert [flag.text for flag in flags_for(job, SETTING)] == ([text] if text else [])


@pytest.mark.parametrize(
    ("days", "code"), [(-1, "visa_lapsed"), (0, "visa_lapses"), (90, "visa_lapses"), (91, None)]
)
def test_a_visa_that_runs_out_is_said_on_jobs_abroad(days: int, code: str | None) -> None:
    """Not on jobs at home."""
    setting = _setting(visa_expires=TODAY + timedelta(days=days))
    assert _flags(_job(**SAFE), setting) == ([code] if code else [])
    assert _flags(_job(wage_max=1, wage_currency="BDT"), setting) == []


def test_a_currency_without_a_rate_is_left_to_the_officer() -> None:
    """With a floor set, a wage that cannot be held to it is flagged."""
    setting = _setting(preferences=Preferences(min_wage=MinWage(1, "BDT")))
    assert _flags(_job(wage_max=1, wage_currency="QAR"), setting) == ["wage_not_compared"]
    assert _flags(_job(wage_max=1, wage_currency="SAR"), setting) == []
    assert _flags(_job(kind=Kind.TRAINING), setting) == []


def test_work_in_a_home_abroad_carries_what_protects() -> None:
    """By occupation or visa, for everybody alike; not at home."""
    job = _job(**SAFE | {"isco08": "9111", "visa_class": "domestic worker visa"})
    for gender in (None, "female", "male"):
        assert _flags(job, _setting(gender=gender)) == ["domestic_work_abroad"]
    assert _flags(_job(isco08="9111", wage_max=1, wage_currency="BDT")) == []


def _stock(*jobs: tuple[str, int, float]) -> Stock:
    countries = sorted({country for country, _, _ in jobs})
    return Stock(
        countries=tuple(countries),
        country=np.array([countries.index(country) for country, _, _ in jobs], np.int32),
        occupation=np.array([occupation for _, occupation, _ in jobs], np.int32),
        currencies=("SAR",),
        currency=np.zeros(len(jobs), np.int32),
        wage=np.array([wage for _, _, wage in jobs]),
    )


def test_pay_far_below_similar_jobs_is_warned_of() -> None:
    """Below 60% of the median of five jobs of the same minor group in that country."""
    wages = [1000.0, 1500.0, 2000.0, 2500.0, 3000.0]
    pay = usual_pay(_stock(*(("SA", 7112, wage) for wage in wages)), RATES)
    setting = replace(SETTING, pay=pay)
    low = _job(**SAFE | {"isco08": "7114", "wage_min": 1199})
    assert _flags(low, setting) == ["wage_far_below"]
    assert "60%" in _text("wage_far_below", low, setting)
    assert _flags(_job(**SAFE | {"isco08": "7114", "wage_min": 1201}), setting) == []
    assert _flags(_job(**SAFE | {"isco08": "9111", "wage_min": 1}), setting) == [
        "domestic_work_abroad"
    ]
    few = usual_pay(_stock(*(("SA", 7112, wage) for wage in wages[1:])), RATES)
    assert _flags(low, replace(SETTING, pay=few)) == []


def test_newer_markets_hold_a_small_share() -> None:
    """Under 5% of the open jobs abroad; the home country is not abroad."""
    stock = _stock(*[("SA", 7112, 1.0)] * 96, *[("RO", 7112, 1.0)] * 4, *[("BD", 7112, 1.0)] * 50)
    found = newer_markets(stock, "BD")
    assert set(found) == {"RO"}
    assert found["RO"].share == pytest.approx(0.04)
    setting = replace(SETTING, newer=found)
    assert "newer_market" in _flags(_job(**SAFE | {"country": "RO"}), setting)
    assert concentration([96, 4]).top_share == pytest.approx(0.96)
    assert concentration([1, 1, 1, 1]).effective == pytest.approx(4)
    assert concentration([]).countries == 0


@pytest.mark.parametrize(
    ("level", "words", "asked", "flagged"),
    [
        (3, "led ten", 1, True),
        (4, "led a hundred", 2, True),
        (3, "led ten", 2, False),
        (4, "", 1, False),
        (4, "led a hundred", None, False),
    ],
)
def test_an_option_far_below_what_was_shown_is_said(
    level: int,
    words: str,
    asked: int | None,
    flagged: bool,  # noqa: FBT001
) -> None:
    """Two levels below, and only with the person's own words for it."""
    setting = replace(SETTING, shown_level=level, shown_words=words, asked_level=lambda _: asked)
    assert ("underuse" in _flags(_job(wage_max=1, wage_currency="BDT"), setting)) is flagged


def test_far_work_at_home_is_said() -> None:
    """Beyond 50 km; abroad a distance says nothing."""
    setting = replace(SETTING, away_km=lambda _: 51.0)
    assert _flags(_job(wage_max=1, wage_currency="BDT"), setting) == ["far_away"]
    assert _flags(_job(**SAFE), setting) == []
    near = replace(SETTING, away_km=lambda _: 50.0)
    assert _flags(_job(wage_max=1, wage_currency="BDT"), near) == []


@pytest.mark.parametrize(
    ("country", "moment", "day"),
    [
        ("BD", datetime(2026, 1, 1, 17, 59, tzinfo=UTC), date(2026, 1, 1)),
        ("BD", datetime(2026, 1, 1, 18, 0, tzinfo=UTC), date(2026, 1, 2)),
        ("ID", datetime(2026, 1, 1, 15, 0, tzinfo=UTC), date(2026, 1, 2)),
        (None, datetime(2026, 1, 1, 23, 59, tzinfo=UTC), date(2026, 1, 1)),
        ("XX", datetime(2026, 1, 1, 23, 59, tzinfo=UTC), date(2026, 1, 1)),
    ],
)
def test_a_day_ends_at_midnight_where_the_person_lives(
    country: str | None, moment: datetime, day: date
) -> None:
    """Of several zones the first to reach it counts; without a country, UTC."""
    assert today_in(country, moment) == day


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [
        (None, None, True),
        (TODAY, TODAY, True),
        (TODAY + timedelta(1), None, False),
        (None, TODAY - timedelta(1), False),
    ],
)
def test_a_corridor_holds_from_its_first_to_its_last_day(
    starts: date | None,
    ends: date | None,
    holds: bool,  # noqa: FBT001
) -> None:
    """Both days count."""
    rule = Corridor(origin="BD", destination="AE", reason="x", source="y", starts=starts, ends=ends)
    assert rule.holds_on(TODAY) is holds


def test_a_closed_corridor_takes_jobs_out_with_its_reason() -> None:
    """Only abroad, only on visas it covers; a visa nobody named counts as one for work."""
    rule = Corridor(
        origin="BD",
        destination="AE",
        visa_class="employment",
        starts=date(2012, 1, 1),
        reason="recruitment stopped",
        source="a report",
    )
    book = book_of(Profile(home_country="BD"), rule)
    allowed = rules_for(Route.OVERSEAS, book, Filters()).allowed
    (reason,) = reasons_against(_stored(country="AE"), allowed, book)
    assert (reason.code, reason.source) == ("corridor_closed", "a report")
    for words in ("United Arab Emirates", "Bangladesh", "1 January 2012", "recruitment stopped"):
        assert words in reason.text
    assert "a work visa is assumed" in reason.text
    assert not reasons_against(_stored(country="AE", visa_class="visit visa"), allowed, book)
    assert not reasons_against(_stored(country="QA"), allowed, book)
    assert rules_for(Route.TRAINING, book, Filters()).allowed.closed == ()
