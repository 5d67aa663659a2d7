"""What a person could do next: a job, a training, an enterprise option or a service."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """The four kinds of listing in the contract."""

    JOB = "job"
    TRAINING = "training"
    ENTERPRISE = "enterprise"
    SERVICE = "service"


class Visibility(StrEnum):
    """Who may know of a listing: everybody, or its owner and whom that names."""

    PUBLIC = "public"
    PRIVATE = "private"


class WagePeriod(StrEnum):
    """What one wage figure pays for."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


CEFR_LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")
"""The Common European Framework's levels, lowest first."""


@dataclass(frozen=True, slots=True)
class LanguageSkill:
    """A language by BCP-47 code and its CEFR level, or None where the level is unknown."""

    code: str
    level: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The content of one listing. None and () mean unknown, never "no" or "free"."""

    kind: Kind
    title: str
    country: str
    description: str | None = None
    employer: str | None = None
    region: str | None = None
    url: str | None = None
    skills: tuple[str, ...] = ()
    isco08: str | None = None
    min_experience_years: float | None = None
    languages: tuple[LanguageSkill, ...] = ()
    certificates: tuple[str, ...] = ()
    wage_min: float | None = None
    wage_max: float | None = None
    wage_currency: str | None = None
    wage_period: WagePeriod | None = None
    fee: float | None = None
    fee_currency: str | None = None
    visa_class: str | None = None
    recruiter_licensed: bool | None = None
    positions: int | None = None
    posted_at: datetime | None = None
    valid_through: date | None = None
    outcomes: tuple[str, ...] = ()
    duration_weeks: float | None = None
    cost: float | None = None
    cost_currency: str | None = None
    provider: str | None = None
    certification: str | None = None
    sectors: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    visibility: Visibility = Visibility.PUBLIC
    visible_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredListing:
    """A listing as the store keeps it. `version` counts its changes from 1."""

    id: str
    organisation_id: str
    source: str
    external_id: str
    version: int
    created_at: datetime
    updated_at: datetime
    content: Listing

    @property
    def readers(self) -> frozenset[str] | None:
        """Ids of the organisations that may know of it; None: everybody.

        The one place where that is decided; index and store keep what this says.
        """
        if self.content.visibility is Visibility.PUBLIC:
            return None
        return frozenset({self.organisation_id, *self.content.visible_to})

    def is_visible_to(self, viewer: str | None) -> bool:
        """Tell whether an organisation may know of it; None: whoever sees only what is public."""
        readers = self.readers
        return readers is None or viewer in readers


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingSearch:
    """Which listings somebody looks for. words: all of them stand in title, employer or place.

    open_on: only what can still be answered on that day. organisation_id: only theirs. viewer: who
    looks; None sees only what is public.
    """

    words: tuple[str, ...] = ()
    kind: Kind | None = None
    country: str | None = None
    open_on: date | None = None
    organisation_id: str | None = None
    viewer: str | None = None


@dataclass(frozen=True, slots=True)
class ListingsFound:
    """Some of the listings found, the latest first, and how many there are.

    kinds, countries: how many each choice would leave, whatever is chosen of its own sort now.
    """

    items: tuple[StoredListing, ...]
    total: int
    kinds: dict[str, int]
    countries: dict[str, int]
