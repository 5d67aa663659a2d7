"""The other direction: who could do this. What is asked, what an index may know, the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from service.domain.eligibility import Circle
from service.domain.embedding import ModelIdentity, Vectors
from service.domain.listing import StoredListing
from service.domain.match import Match, Notice
from service.domain.person import Route, StoredPerson
from service.domain.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """What of a person's consent and wishes an index may decide on before it searches.

    shared_with: organisations that may see them, beside their own. routes: empty for all. reach:
    how far from home they would go for work there. floor: US dollars a month. An index may let
    through more than the rules do, never less; the rules have the last word on what is stored.
    """

    organisation_id: str
    matching: bool
    shared_with: tuple[str, ...] = ()
    until: date | None = None
    home_country: str | None = None
    routes: tuple[Route, ...] = ()
    countries: tuple[str, ...] = ()
    exclude_countries: tuple[str, ...] = ()
    reach: Circle | None = None
    floor: float | None = None
    known_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeking:
    """A listing as people are searched for it.

    organisation_id: who asks, and sees whom. since: today's date, but for the home countries in
    `elsewhere`, by the date it is there; a consent has to hold on that day.
    closed_to: home countries for which the way to it is closed. pay: US dollars a month.
    """

    organisation_id: str
    since: date
    country: str
    training: bool
    elsewhere: Mapping[date, frozenset[str]] = field(default_factory=dict)
    closed_to: frozenset[str] = frozenset()
    place: Place | None = None
    pay: float | None = None


@dataclass(frozen=True, slots=True)
class PeopleQuery:
    """A wide search for people. vectors: the listing's text, then its title, (2, d).

    size: about how many people the text brings at most; the title brings a third as many.
    but_not: people seen already.
    """

    vectors: Vectors
    seeking: Seeking
    size: int
    but_not: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PeopleFound:
    """Who a search brought, in no promised order, and whether others who may be asked are left."""

    ids: tuple[str, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class PeopleState:
    """Which people were searched: a generation number and how many they were."""

    generation: int
    people: int


class Contactable(StrEnum):
    """How a person is reached: by whoever asks, or through the organisation that knows them."""

    DIRECTLY = "directly"
    THROUGH_ORGANISATION = "through_organisation"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person ranked for a listing. match: as they would be shown the listing themselves."""

    person: StoredPerson
    match: Match
    route: Route
    contactable: Contactable


@dataclass(frozen=True, slots=True)
class Candidates:
    """The whole answer for one listing."""

    listing: StoredListing
    items: tuple[Candidate, ...]
    model: ModelIdentity
    notices: tuple[Notice, ...] = ()
