"""What trainings cost together, and which money people are paid in."""

from collections.abc import Sequence

from babel.numbers import get_territory_currencies

from service.domain.listing import Listing
from service.rules.rates import Rates


def home_currency(country: str | None) -> str | None:
    """Return the currency people are paid in in a country, None where it is not known."""
    current = get_territory_currencies(country) if country else ()
    return str(current[0]) if current else None


def total_cost(listings: Sequence[Listing], rates: Rates) -> tuple[float | None, str | None]:
    """Return what some trainings cost together, in the first one's currency.

    (None, None) where one does not say, or the currencies cannot be added; (0, None) where all
    are free.
    """
    if any(one.cost is None or (one.cost and not one.cost_currency) for one in listings):
        return None, None
    into = next((one.cost_currency for one in listings if one.cost_currency), None)
    if into is None:
        return 0.0, None
    parts = [rates.converted(one.cost or 0, one.cost_currency or into, into) for one in listings]
    known = [part for part in parts if part is not None]
    return (round(sum(known), 2), into) if len(known) == len(parts) else (None, None)
