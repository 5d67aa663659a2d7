"""What came of a recommendation, as officers and partners report it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OutcomeKind(StrEnum):
    """The stages of a referral. Several can hold of one pair: referred, then placed."""

    SHORTLISTED = "shortlisted"
    REFERRED = "referred"
    PLACED = "placed"
    DECLINED = "declined"
    RETAINED = "retained"


class DeclineReason(StrEnum):
    """Why it did not come to be, as far as somebody said."""

    WAGE = "wage"
    DISTANCE = "distance"
    FAMILY = "family"
    CONDITIONS = "conditions"
    DOCUMENTS = "documents"
    SKILLS = "skills"
    EMPLOYER = "employer"
    NO_ANSWER = "no_answer"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One stage reached by one person with one listing.

    at: when it happened; None to be kept: as was said before, else now. reason: of a declined one
    only. note: free words, encrypted at rest.
    """

    returnee_id: str
    listing_id: str
    kind: OutcomeKind
    at: datetime | None = None
    reason: DeclineReason | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """An outcome as the store keeps it. organisation_id: who reported it.

    sequence: its place in the feed; a change moves it to the end. owner_id: the organisation that
    knows the person.
    """

    id: str
    sequence: int
    organisation_id: str
    owner_id: str
    version: int
    created_at: datetime
    updated_at: datetime
    content: Outcome
