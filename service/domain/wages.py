"""Wages on one footing: the same money paid by the hour, day, week or year, per month."""

from typing import Final

from service.domain.listing import Listing, WagePeriod

# A month of full-time work: 26 days of 8 hours, the six-day week usual in the sending
# countries and the Gulf; 52 weeks and 12 months a year.
_PER_MONTH: Final = {
    WagePeriod.HOUR: 26 * 8.0,
    WagePeriod.DAY: 26.0,
    WagePeriod.WEEK: 52 / 12,
    WagePeriod.MONTH: 1.0,
    WagePeriod.YEAR: 1 / 12,
}


def per_month(amount: float, period: WagePeriod) -> float:
    """Return `amount` per `period` as an amount per month, in the same currency."""
    return amount * _PER_MONTH[period]


def best_monthly_wage(listing: Listing) -> float | None:
    """Return the most the listing says it pays in a month, None where it does not say.

    A wage without a period is read as monthly: that is how such adverts mean it.
    """
    amount = listing.wage_max if listing.wage_max is not None else listing.wage_min
    if amount is None or listing.wage_currency is None:
        return None
    return per_month(amount, listing.wage_period or WagePeriod.MONTH)
