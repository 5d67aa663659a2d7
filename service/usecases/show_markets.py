"""Show how far people from one country depend on few markets abroad, and which are newer."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from service.domain.corridor import Corridor, CorridorStatus
from service.domain.stock import Stock
from service.domain.visa import VisaKind
from service.ports import Tools
from service.rules.calendar import today_in
from service.rules.costs import home_currency
from service.rules.markets import Concentration, Destination, concentration, destinations
from service.rules.pay import in_dollars
from service.rules.rates import Rates

_LEAST: Final = 5


@dataclass(frozen=True, slots=True)
class Market:
    """One destination. corridor: closed, open or unknown today, for a work visa.

    median_pay: of the jobs that state their wage, monthly, in the origin's currency; None where
    fewer than five do.
    """

    destination: Destination
    corridor: str
    median_pay: float | None


@dataclass(frozen=True, slots=True)
class Markets:
    """The open jobs abroad by destination, the largest first, and how concentrated they are."""

    origin: str | None
    listings: int
    currency: str | None
    concentration: Concentration
    markets: tuple[Market, ...]


def show_markets(tools: Tools, origin: str | None, viewer: str | None) -> Markets:
    """Return the markets of people from `origin` (ISO 3166-1), as of now; None: of anybody.

    viewer: the organisation that looks; None sees only what is public.
    """
    today = today_in(origin, tools.clock.now())
    stock = tools.index.stock(today, viewer)
    currency = home_currency(origin)
    found = destinations(stock, origin)
    recorded = [
        one.content
        for one in (tools.store.corridors_from(origin) if origin else ())
        if one.content.holds_on(today)
    ]
    return Markets(
        origin=origin,
        listings=sum(one.listings for one in found),
        currency=currency,
        concentration=concentration([one.listings for one in found]),
        markets=tuple(
            Market(
                destination=one,
                corridor=_corridor(recorded, one.country),
                median_pay=_median_pay(stock, one.country, currency, tools.rates),
            )
            for one in found
        ),
    )


def _corridor(recorded: list[Corridor], country: str) -> str:
    about = {one.status for one in recorded if one.is_about(country, VisaKind.EMPLOYMENT)}
    if CorridorStatus.CLOSED in about:
        return "closed"
    return "open" if about else "unknown"


def _median_pay(stock: Stock, country: str, currency: str | None, rates: Rates) -> float | None:
    if currency is None or currency not in rates.per_dollar:
        return None
    dollars = in_dollars(stock, rates)[stock.country == stock.countries.index(country)]
    known = dollars[np.isfinite(dollars)]
    if len(known) < _LEAST:
        return None
    return float(round(np.median(known) * rates.per_dollar[currency]))
