"""Whether people from one country may be recruited for another: dated, with whose word it is."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from service.domain.visa import FOR_WORK, VisaKind, visa_kind


class CorridorStatus(StrEnum):
    """What is known of a corridor. A corridor that nobody recorded is unknown, not open."""

    CLOSED = "closed"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridor:
    """A rule from `origin` to `destination` (ISO 3166-1 alpha-2).

    visa_class: the visas it covers, None for all of them. starts, ends: its first and last day,
    None where there is none. last_verified: the day somebody last made sure.
    """

    origin: str
    destination: str
    reason: str
    source: str
    status: CorridorStatus = CorridorStatus.CLOSED
    visa_class: str | None = None
    starts: date | None = None
    ends: date | None = None
    last_verified: date | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether the rule is in force on a day."""
        begun = self.starts is None or self.starts <= day
        return begun and (self.ends is None or day <= self.ends)

    @property
    def covers(self) -> frozenset[VisaKind | None] | None:
        """The kinds of visa the rule is about, None for every kind.

        Work visas go together, and an advert that states none is taken for one of these:
        whoever wants to employ needs one.
        """
        kind = visa_kind(self.visa_class)
        if kind is None:
            return None
        if kind in {VisaKind.EMPLOYMENT, VisaKind.OTHER}:
            return frozenset({*FOR_WORK, None})
        return frozenset({kind})

    def is_about(self, country: str, visa: VisaKind | None) -> bool:
        """Tell whether a job there on that kind of visa falls under the rule."""
        covered = self.covers
        return country == self.destination and (covered is None or visa in covered)


@dataclass(frozen=True, slots=True)
class StoredCorridor:
    """A corridor as the store keeps it. `version` counts its changes from 1.

    changed_by: the key that wrote this version, None for what ships with Homeward.
    """

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    changed_by: str | None
    content: Corridor


@dataclass(frozen=True, slots=True)
class CorridorVersion:
    """One entry of a corridor's history; content None means it was removed."""

    version: int
    at: datetime
    changed_by: str | None
    content: Corridor | None
