"""The access log: who did what with whose record, and what a check of its chain can find."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """What was done, or tried."""

    RETURNEE_READ = "returnee.read"
    RETURNEE_LIST = "returnee.list"
    RETURNEE_CREATE = "returnee.create"
    RETURNEE_CHANGE = "returnee.change"
    RETURNEE_ERASE = "returnee.erase"
    MATCH_STORED = "match.stored"
    PATHWAYS_READ = "pathways.read"
    CANDIDATES_READ = "candidates.read"
    REFERRAL_PRINT = "referral.print"
    IMPORT_SUBMIT = "import.submit"
    IMPORT_READ = "import.read"
    IMPORT_LIST = "import.list"
    IMPORT_ROWS = "import.rows"
    IMPORT_REFUSED_DOWNLOAD = "import.refused_download"
    OUTCOME_REPORT = "outcome.report"
    OUTCOME_READ = "outcome.read"
    OUTCOME_LIST = "outcome.list"
    OUTCOME_REMOVE = "outcome.remove"
    DELIVERY_LIST = "delivery.list"
    DELIVERY_REPLAY = "delivery.replay"
    KEY_CREATE = "key.create"
    KEY_ROTATE = "key.rotate"
    KEY_REVOKE = "key.revoke"
    ORGANISATION_CREATE = "organisation.create"
    CORRIDOR_CHANGE = "corridor.change"
    LOG_READ = "log.read"
    REPLY_READ = "reply.read"
    OFFICER_CREATE = "officer.create"
    OFFICER_SIGN_IN = "officer.sign_in"
    OFFICER_SIGN_OUT = "officer.sign_out"
    OFFICER_CHANGE = "officer.change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One line: ids only, never a word of anybody's.

    at: aware. subjects: ids of people, listings, imports, keys, as far as they are known.
    refused: the code of the refusal, None where it was allowed.
    """

    at: datetime
    organisation_id: str
    key_id: str
    action: Action
    subjects: tuple[str, ...] = ()
    refused: str | None = None
    request_id: str


@dataclass(frozen=True, slots=True)
class LoggedAccess:
    """A line with its place in the log, from 1."""

    sequence: int
    access: Access


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessQuery:
    """Which lines are wanted; None: whatever they say there."""

    organisation_id: str | None = None
    subject: str | None = None
    action: Action | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogHead:
    """How many lines there are, and the seal (hex) of the last one; empty before the first."""

    count: int
    seal: str


class Fit(StrEnum):
    """How a line stands to its seal and to the line before it."""

    FITS = "fits"
    DOES_NOT_FIT = "does_not_fit"
    KEY_UNKNOWN = "key_unknown"


@dataclass(frozen=True, slots=True)
class Link:
    """A line as a check sees it. at: as it is stored, not trusted to be a moment."""

    sequence: int
    at: str
    seal: str
    fit: Fit


class Fault(StrEnum):
    """What can be wrong with the log."""

    CHANGED = "changed"
    MISSING = "missing"
    REORDERED = "reordered"
    TAIL_CUT = "tail cut"
    HEAD = "head"
    KEY_UNKNOWN = "key unknown"
    NOT_AS_SEEN = "not as seen"


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the log is broken first, and how, for people."""

    sequence: int
    fault: Fault
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. entries: how many were walked; broken None: all is as it was written."""

    entries: int
    first_at: str | None
    last_at: str | None
    head: LogHead | None
    broken: Broken | None
