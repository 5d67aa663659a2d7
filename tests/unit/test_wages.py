"""Wages on one footing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.listing import Kind, Listing, WagePeriod
from service.domain.wages import best_monthly_wage, per_month


@pytest.mark.parametrize(
    ("amount", "period", "monthly"),
    [
        (100, WagePeriod.HOUR, 20_800),
        (1000, WagePeriod.DAY, 26_000),
        (3000, WagePeriod.WEEK, 13_000),
        (20_000, WagePeriod.MONTH, 20_000),
        (240_000, WagePeriod.YEAR, 20_000),
    ],
)
def test_a_month_of_pay(amount: float, period: WagePeriod, monthly: float) -> None:
    """26 days of 8 hours, 52 weeks and 12 months a year."""
    assert per_month(amount, period) == pytest.approx(monthly)


def _job(**said: object) -> Listing:
    return Listing(**({"kind": Kind.JOB, "title": "Mason", "country": "BD"} | said))  # type: ignore[arg-type]


def test_the_best_wage_is_the_highest_said() -> None:
    """The upper end where there is one, else the lower; no period means a month."""
    assert best_monthly_wage(_job(wage_min=1, wage_max=2, wage_currency="BDT")) == 2
    assert best_monthly_wage(_job(wage_min=1, wage_currency="BDT")) == 1
    daily = _job(wage_max=10, wage_currency="BDT", wage_period=WagePeriod.DAY)
    assert best_monthly_wage(daily) == 260


def test_half_a_wage_is_unknown() -> None:
    """Without an amount or a currency there is nothing to compare."""
    assert best_monthly_wage(_job(wage_currency="BDT")) is None
    assert best_monthly_wage(_job(wage_max=500)) is None
    assert best_monthly_wage(_job(wage_max=0, wage_currency="BDT")) == 0


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.sampled_from(WagePeriod))
def test_more_pay_is_never_less_in_a_month(one: float, other: float, period: WagePeriod) -> None:
    """Order is kept."""
    low, high = sorted((one, other))
    assert per_month(low, period) <= per_month(high, period)
