"""What similar jobs in a country usually pay."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from service.domain.listing import Listing
from service.domain.stock import Stock
from service.domain.wages import best_monthly_wage
from service.rules.rates import Rates

_LEAST: Final = 5
"""Jobs that a median has to rest on."""
_GROUPS: Final = (10, 100)
"""What an ISCO-08 code is divided by: minor groups first, sub-major groups where those are few."""


@dataclass(frozen=True, slots=True)
class Usual:
    """The middle of what `jobs` similar jobs in one country pay in a month, in `currency`."""

    amount: float
    currency: str
    jobs: int


@dataclass(frozen=True, slots=True, eq=False)
class UsualPay:
    """Medians in dollars, and how many jobs each rests on, by (country, digits, ISCO group)."""

    medians: Mapping[tuple[str, int, int], tuple[float, int]]
    rates: Rates

    def of(self, listing: Listing) -> Usual | None:
        """Return what jobs like this one usually pay, None where too few say."""
        if not listing.isco08 or listing.wage_currency is None:
            return None
        number = int(listing.isco08.ljust(4, "0"))
        for by in _GROUPS:
            known = self.medians.get((listing.country, by, number // by))
            if known is not None:
                amount = self.rates.converted(known[0], "USD", listing.wage_currency)
                return Usual(amount, listing.wage_currency, known[1]) if amount else None
        return None

    def share_of_usual(self, listing: Listing) -> tuple[float, Usual] | None:
        """Return a job's best pay as a share of what is usual, and that; None if unknown."""
        wage, usual = best_monthly_wage(listing), self.of(listing)
        return None if wage is None or usual is None else (wage / usual.amount, usual)


def in_dollars(stock: Stock, rates: Rates) -> npt.NDArray[np.float64]:
    """Return the monthly pay of each job in dollars, (n,), NaN where it is not known."""
    per_dollar = np.array([rates.per_dollar.get(code, np.nan) for code in stock.currencies])
    return stock.wage / per_dollar[stock.currency] if len(stock.wage) else stock.wage


@lru_cache(maxsize=4)
def usual_pay(stock: Stock, rates: Rates) -> UsualPay:
    """Return the medians of a stock; worked out once for each."""
    dollars = in_dollars(stock, rates)
    known = np.flatnonzero(np.isfinite(dollars) & (stock.occupation >= 0))
    found: dict[tuple[str, int, int], tuple[float, int]] = {}
    for by in _GROUPS:
        key = stock.country[known].astype(np.int64) * 10_000 + stock.occupation[known] // by
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        for rows in np.split(known[order], starts[1:]):
            if len(rows) >= _LEAST:
                country = stock.countries[stock.country[rows[0]]]
                group = int(stock.occupation[rows[0]]) // by
                found[country, by, group] = (float(np.median(dollars[rows])), len(rows))
    return UsualPay(found, rates)
