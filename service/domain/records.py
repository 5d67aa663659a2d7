"""Shapes shared by all stored records: a write, its outcome, a page."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

from service.domain.batch import RowResult
from service.domain.embedding import ModelIdentity, Vectors
from service.domain.listing import Listing
from service.domain.match import Understanding
from service.domain.person import Contact, Profile
from service.domain.pool import ListingVectors
from service.domain.work_said import Said

T = TypeVar("T")


class Effect(StrEnum):
    """What a write did."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Put(Generic[T]):
    """Write `content` under its owner's names for it.

    if_version: the version the writer has read; None writes over any, 0 means "must not
    exist yet". record_id: change this very record. keeps_private: nothing is said of who may know
    of a listing, so one that is private stays so, for those it names. keeps_category: the writer
    may not know a person's return category, so the one that is stored stays.
    vectors: made from `content` by `model`; None keeps what is stored.
    """

    organisation_id: str
    content: T
    source: str | None = None
    external_id: str | None = None
    record_id: str | None = None
    if_version: int | None = None
    keeps_private: bool = False
    keeps_category: bool = False
    vectors: ListingVectors | None = None
    model: ModelIdentity | None = None


def profile_over(put: Put[Profile], known: Profile) -> Profile:
    """Return what a write makes of the profile that is stored."""
    if not put.keeps_category:
        return put.content
    return replace(put.content, return_category=known.return_category)


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """The record as it now stands, and what the write did."""

    record: T
    effect: Effect


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A row of an import, read: the write it asks for, or why it asks for none.

    contact, understood: of a person; understood None where its words need no reading.
    """

    result: RowResult
    listing: Put[Listing] | None = None
    person: Put[Profile] | None = None
    contact: Contact | None = None
    understood: "SavedUnderstanding | None" = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some records in order of creation; `next_after` continues, None ends the list."""

    items: tuple[T, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class SavedUnderstanding:
    """A person's words as read once.

    work_text: the work phrases without what must not be ranked on. vectors: (1 + work
    phrases, d), the work text as a whole first; (0, d) where nothing is about work. texts: each
    work phrase in English without what must not matter. said: the same as numbers, of who is kept
    and speaks of work.
    """

    understanding: Understanding
    work_text: str
    vectors: Vectors
    model: ModelIdentity
    texts: tuple[str, ...] = ()
    said: Said | None = None
