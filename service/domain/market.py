"""Where the open jobs abroad are, for people from one country."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Market:
    """One destination. share: of the open jobs abroad, 0..1. newer: that share is small.

    corridor: closed, open or unknown today, for a work visa. median_pay: of the jobs that state
    their wage, monthly, in the origin's currency; None where fewer than five do.
    """

    country: str
    listings: int
    share: float
    newer: bool
    corridor: str
    median_pay: float | None
