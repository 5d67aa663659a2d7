"""A returnee or aspirant migrant: what they can do, want and have agreed to."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from service.domain.listing import LanguageSkill, WagePeriod


class Route(StrEnum):
    """The three ways forward in one answer."""

    LOCAL = "local"
    OVERSEAS = "overseas"
    TRAINING = "training"


class SkillStatus(StrEnum):
    """How far a skill is recognised."""

    CLAIMED = "claimed"
    ASSESSED = "assessed"
    CERTIFIED = "certified"


class Market(StrEnum):
    """Where a veto holds."""

    LOCAL = "local"
    OVERSEAS = "overseas"
    ALL = "all"


class ReturnCategory(StrEnum):
    """OKUP's three types of return. Steers support; never ranked on, never shared."""

    SUCCESS = "success"
    UNSUCCESSFUL = "unsuccessful"
    VICTIM_OF_ABUSE = "victim_of_abuse"


@dataclass(frozen=True, slots=True)
class Experience:
    """One stretch of work. `years` is only what was said, never estimated."""

    title: str | None = None
    description: str | None = None
    country: str | None = None
    years: float | None = None


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill in the person's words and how far it is recognised."""

    text: str
    status: SkillStatus = SkillStatus.CLAIMED
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Veto:
    """Work the person will not do: an ISCO-08 code (its whole branch) or free words."""

    isco08: str | None = None
    text: str | None = None
    market: Market = Market.ALL


@dataclass(frozen=True, slots=True)
class MinWage:
    """The least the person would work for. known_only: an unknown wage is not enough either."""

    amount: float
    currency: str
    period: WagePeriod = WagePeriod.MONTH
    known_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What the person wants. Empty means no wish, not "nothing"."""

    routes: tuple[Route, ...] = ()
    countries: tuple[str, ...] = ()
    exclude_countries: tuple[str, ...] = ()
    max_distance_km: float | None = None
    min_wage: MinWage | None = None
    vetoes: tuple[Veto, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """What the person agreed to. `until` is the last day it holds, where they live."""

    matching: bool = False
    share_with: tuple[str, ...] = ()
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Everything a match may read, and the protected facts it must not rank on."""

    text: str = ""
    home_country: str | None = None
    region: str | None = None
    lat: float | None = None
    lon: float | None = None
    experiences: tuple[Experience, ...] = ()
    skills: tuple[Skill, ...] = ()
    languages: tuple[LanguageSkill, ...] = ()
    education: str | None = None
    birth_year: int | None = None
    gender: str | None = None
    preferences: Preferences = field(default_factory=Preferences)
    remigration: bool | None = None
    visa_expires: date | None = None
    return_category: ReturnCategory | None = None
    consent: Consent = field(default_factory=Consent)


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach the person. Encrypted at rest, never embedded."""

    name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class StoredPerson:
    """A person as the store keeps them. `version` counts changes from 1."""

    id: str
    organisation_id: str
    source: str | None
    external_id: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    profile: Profile
    contact: Contact


def forgotten_name(person_id: str) -> str:
    """Return what stands in the feed for somebody who was erased: their id is gone with them.

    Ids are random, so nobody guesses one back from it.
    """
    return hashlib.sha256(person_id.encode()).hexdigest()[:32]
