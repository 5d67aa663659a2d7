"""A sheet to take away: up to three options, said in the person's language and in English."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from service.domain.listing import Kind
from service.domain.match import Severity, Tier
from service.domain.said import Worded


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an option fits. said: the person's words, or, not `quoted`, that they have experience.

    asked: the requirement, in the listing's own words.
    """

    said: Worded
    asked: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing, and what bridges it, where something does."""

    what: Worded
    bridge: Worded | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One fact of an option: its name, such as pay, and what it is."""

    code: str
    label: Worded
    value: Worded


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to ask or to mind, and the numbers of the options that it is about."""

    code: str
    severity: Severity
    text: Worded
    options: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReferralOption:
    """One option, numbered from 1. title.own is the listing's own where no other is known."""

    listing_id: str
    number: int
    kind: Kind
    heading: Worded
    title: Worded
    place: Worded
    tier: Tier
    fit: Worded
    reasons: tuple[Reason, ...]
    gaps: tuple[Gap, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """All that stands on a sheet, worded already, in the order in which it is read.

    labels: the words of headings by key. numerals: the options' numbers, in the language's digits.
    name: None leaves a line to write it on.
    """

    language: str
    right_to_left: bool
    reference: str
    day: date
    day_worded: Worded
    name: str | None
    labels: Mapping[str, Worded]
    numerals: tuple[str, ...]
    options: tuple[ReferralOption, ...]
    asks: tuple[Remark, ...]
    warnings: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    office: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralRequest:
    """Which sheet is wanted. language: None for that of the person's words.

    office: how to reach who hands it out, line by line. reference: the sheet's number.
    """

    listing_ids: tuple[str, ...]
    language: str | None = None
    office: tuple[str, ...] = ()
    reference: str
    with_name: bool = False
