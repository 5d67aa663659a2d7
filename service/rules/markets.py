"""How open jobs abroad are spread over countries: dependence on a few, and newer markets."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from service.domain.stock import Stock

NEWER_BELOW: Final = 0.05
"""A destination that holds a smaller share of the stock than this is a newer market."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One country's part of what is open abroad to people from an origin."""

    country: str
    listings: int
    share: float
    newer: bool


@dataclass(frozen=True, slots=True)
class Concentration:
    """How much hangs on how few countries.

    top_share: of the largest. top_three_share: of the three largest. effective: how many equally
    large countries would be as concentrated (1 over the sum of squared shares).
    """

    countries: int
    top_share: float
    top_three_share: float
    effective: float


def concentration(counts: list[int]) -> Concentration:
    """Return the concentration of counts by country; all zero where there are none."""
    total = sum(counts)
    if not total:
        return Concentration(0, 0.0, 0.0, 0.0)
    shares = sorted((count / total for count in counts if count), reverse=True)
    return Concentration(
        countries=len(shares),
        top_share=shares[0],
        top_three_share=sum(shares[:3]),
        effective=1 / sum(share * share for share in shares),
    )


# Some thirty countries send most migrants; more would only hold on to stocks of the past.
@lru_cache(maxsize=32)
def destinations(stock: Stock, origin: str | None) -> tuple[Destination, ...]:
    """Return where the open jobs outside `origin` are, the largest destination first."""
    counts = np.bincount(stock.country, minlength=len(stock.countries))
    abroad = {
        country: int(count)
        for country, count in zip(stock.countries, counts, strict=True)
        if country != origin and count
    }
    total = sum(abroad.values())
    return tuple(
        Destination(country, count, count / total, count / total < NEWER_BELOW)
        for country, count in sorted(abroad.items(), key=lambda item: (-item[1], item[0]))
    )


def newer_markets(stock: Stock, origin: str | None) -> dict[str, Destination]:
    """Return the newer markets for people from an origin, by country."""
    return {one.country: one for one in destinations(stock, origin) if one.newer}
