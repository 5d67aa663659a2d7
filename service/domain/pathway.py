"""From where somebody stands, over a training or two, to jobs that are not open yet."""

from dataclasses import dataclass

from service.domain.listing import StoredListing
from service.domain.match import Bridge, Flag, Missing, Tier
from service.domain.person import Route


@dataclass(frozen=True, slots=True)
class Step:
    """One training of a pathway, how it helps, and what an officer must be told about it."""

    listing: StoredListing
    way: Bridge
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A job that was a stretch and is a good one after the training.

    before, after: scores in 0..1. closes: requirements the training teaches. still_missing: what
    it leaves open. monthly_wage: the best pay in a month, in wage_currency; home_wage the same in
    home_currency; None where unknown.
    """

    listing: StoredListing
    route: Route
    before: float
    after: float
    tier: Tier
    closes: tuple[str, ...]
    still_missing: tuple[Missing, ...]
    monthly_wage: float | None
    home_wage: float | None
    home_currency: str | None


@dataclass(frozen=True, slots=True)
class Pathway:
    """One or two trainings and the jobs they open, the best first.

    weeks: of all steps, None where one does not say. cost: in cost_currency, None where one does
    not say or they cannot be added. median_pay: in home_currency, of the jobs that state theirs.
    """

    steps: tuple[Step, ...]
    opens: tuple[Opened, ...]
    weeks: float | None
    cost: float | None
    cost_currency: str | None
    median_pay: float | None
    home_currency: str | None
