"""What the use cases need from outside, as Protocols. Adapters implement them; wiring picks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from service.domain.access import ApiKey, Organisation
from service.domain.candidate import PeopleFound, PeopleQuery
from service.domain.corridor import Corridor, CorridorVersion, StoredCorridor
from service.domain.embedding import Grams, ModelIdentity, Vectors
from service.domain.listing import Listing, StoredListing
from service.domain.match import IndexState
from service.domain.occupation import Occupations
from service.domain.person import Contact, Profile, StoredPerson
from service.domain.pool import LexicalPool, ListingVectors, Pool, PoolQuery
from service.domain.records import Page, Put, SavedUnderstanding, Written
from service.domain.stock import Stock
from service.matching.evidence import EvidenceScorer
from service.matching.score import Scorer
from service.rules.guidance import Guidance
from service.rules.places import Places
from service.rules.rates import Rates
from service.skills.interpret import Interpreter
from service.skills.neutral import Neutraliser
from service.skills.reader import Reader
from service.skills.refusals import RefusalReader
from service.skills.spelling import Speller
from service.skills.subwords import Subwords


class Encoder(Protocol):
    """Turns short texts into unit vectors. Safe to call from several threads."""

    @property
    def model(self) -> ModelIdentity:
        """Identity that is stored with every vector this encoder makes."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text, in order: shape (len(texts), model.dimensions)."""
        ...


class Clock(Protocol):
    """The time. A port because rules and tests live on dates."""

    def now(self) -> datetime:
        """Return the present moment, timezone-aware UTC."""
        ...

    def today(self) -> date:
        """Return today's date in UTC."""
        ...


class ListingIndex(Protocol):
    """Finds candidate listings. Reads are safe from several threads at any time."""

    @property
    def state(self) -> IndexState:
        """Generation and number of live listings now searched."""
        ...

    def pools(self, query: PoolQuery) -> list[Pool]:
        """Return one wide pool per ask, each searched inside its eligible set only."""
        ...

    def stock(self, day: date) -> Stock:
        """Return all jobs open on a day as columns; the same object until something changes."""
        ...

    def follow(self) -> int:
        """Take in what the store's change feed holds; return how many changes came in."""
        ...

    def grams(self, text: str) -> Grams:
        """Return a text's n-grams as this index counts them."""
        ...

    def pool_of(self, listing_ids: Sequence[str], texts: Sequence[Grams] = ()) -> LexicalPool:
        """Return these listings as a pool, those that are searched, with each text's likeness."""
        ...

    def tidy(self) -> None:
        """Do the slow upkeep (merging, graphs, saving) beside searches and changes."""
        ...


class PeopleIndex(Protocol):
    """Finds people for a listing. Reads are safe from several threads at any time."""

    @property
    def state(self) -> IndexState:
        """Generation and number of people now searched; called `listings` there."""
        ...

    def found(self, query: PeopleQuery) -> PeopleFound:
        """Return those who come near and who, as far as the index knows, may be shown it."""
        ...

    def follow(self) -> int:
        """Take in what the store's change feed holds; return how many changes came in."""
        ...

    def tidy(self) -> None:
        """Do the slow upkeep (merging, graphs) beside searches and changes."""
        ...


class ListingStore(Protocol):
    """Listings, their vectors and the feed of their changes."""

    def put_listings(self, puts: Sequence[Put[Listing]]) -> list[Written[StoredListing]]:
        """Create, change or leave each listing, vectors and feed with it, in one transaction.

        Raises PreconditionFailedError where a put's `if_version` does not hold.
        """
        ...

    def listing_hashes(
        self, organisation_id: str, source: str, external_ids: Sequence[str]
    ) -> Mapping[str, str]:
        """Return external id → content hash, for those that exist."""
        ...

    def listing(self, listing_id: str) -> StoredListing:
        """Return one listing; raise NotFoundError."""
        ...

    def listing_by_source(
        self, organisation_id: str, source: str, external_id: str
    ) -> StoredListing:
        """Return one listing by its owner's names for it; raise NotFoundError."""
        ...

    def listings(self, listing_ids: Sequence[str]) -> dict[str, StoredListing]:
        """Return those of `listing_ids` that exist, by id."""
        ...

    def page_of_listings(
        self, *, after: int, limit: int, where: Mapping[str, str]
    ) -> Page[StoredListing]:
        """Return listings in order of creation behind the position `after`."""
        ...

    def delete_listing(self, listing: StoredListing, *, if_version: int | None) -> None:
        """Remove a listing, its vectors, and tell the feed."""
        ...

    def listing_changes(self, after: int, limit: int) -> list[tuple[int, str, bool]]:
        """Return (sequence number, listing id, still exists) behind `after`, in order."""
        ...

    def listing_vectors(
        self, listing_ids: Sequence[str], model: ModelIdentity
    ) -> dict[str, ListingVectors]:
        """Return the vectors of those listings that have some from `model`."""
        ...

    def listings_without_vectors(self, model: ModelIdentity, limit: int) -> list[StoredListing]:
        """Return listings that have no vectors from `model` yet."""
        ...

    def put_listing_vectors(
        self, model: ModelIdentity, vectors: Mapping[str, ListingVectors]
    ) -> None:
        """Store vectors for listings that exist, and tell the feed."""
        ...

    def count_listings(self) -> int:
        """Return how many listings there are."""
        ...


class PersonStore(Protocol):
    """People. What identifies them or is in their words is encrypted at rest."""

    def put_person(
        self, put: Put[Profile], contact: Contact | None, understood: SavedUnderstanding
    ) -> Written[StoredPerson]:
        """Create or change a person in one transaction; `contact` None keeps what is there."""
        ...

    def person(self, organisation_id: str, person_id: str) -> StoredPerson:
        """Return a person of this organisation; raise NotFoundError."""
        ...

    def person_by_source(self, organisation_id: str, source: str, external_id: str) -> StoredPerson:
        """Return a person by their owner's names for them; raise NotFoundError."""
        ...

    def page_of_people(
        self, organisation_id: str, *, after: int, limit: int, where: Mapping[str, str]
    ) -> Page[StoredPerson]:
        """Return people of this organisation in order of creation behind `after`."""
        ...

    def delete_person(self, person: StoredPerson, *, if_version: int | None) -> None:
        """Erase a person and everything derived from them."""
        ...

    def understanding(
        self, person: StoredPerson, model: ModelIdentity
    ) -> SavedUnderstanding | None:
        """Return how the person's words were read by `model`, or None if not yet."""
        ...

    def people(self, person_ids: Sequence[str]) -> dict[str, StoredPerson]:
        """Return those who exist, by id, of whatever organisation; callers see to who may."""
        ...

    def readings(
        self, person_ids: Sequence[str], model: ModelIdentity
    ) -> dict[str, SavedUnderstanding]:
        """Return how `model` has read the words of those whom it has read."""
        ...

    def people_without_reading(self, model: ModelIdentity, limit: int) -> list[StoredPerson]:
        """Return people whose words `model` has not read yet."""
        ...

    def put_reading(self, person: StoredPerson, understood: SavedUnderstanding) -> None:
        """Keep a new reading of the same words, unless they have changed meanwhile."""
        ...

    def person_changes(self, after: int, limit: int) -> list[tuple[int, str, bool]]:
        """Return (sequence number, person id, still exists) behind `after`, in order."""
        ...


class CorridorStore(Protocol):
    """The register of corridors, the same for every organisation, with its history."""

    def seed_corridors(self, corridors: Sequence[Corridor], at: datetime) -> bool:
        """Store these the first time this is called, never again; return whether it did."""
        ...

    def add_corridor(
        self, corridor: Corridor, at: datetime, changed_by: str | None
    ) -> StoredCorridor:
        """Record a corridor, or return the one that says just this. changed_by: the key."""
        ...

    def change_corridor(
        self,
        corridor_id: str,
        corridor: Corridor,
        at: datetime,
        changed_by: str | None,
        if_version: int | None,
    ) -> StoredCorridor:
        """Replace what is recorded; raise NotFoundError or PreconditionFailedError."""
        ...

    def remove_corridor(
        self, corridor_id: str, at: datetime, changed_by: str | None, if_version: int | None
    ) -> None:
        """Take a corridor off the register; its history stays. Raises as `change_corridor`."""
        ...

    def corridor(self, corridor_id: str) -> StoredCorridor:
        """Return one corridor; raise NotFoundError."""
        ...

    def corridors_from(self, origin: str) -> list[StoredCorridor]:
        """Return every corridor recorded for an origin, whatever its dates."""
        ...

    def corridors_to(self, destination: str) -> list[StoredCorridor]:
        """Return every corridor recorded for a destination, whatever its dates."""
        ...

    def page_of_corridors(
        self, *, after: int, limit: int, origin: str | None, destination: str | None
    ) -> Page[StoredCorridor]:
        """Return corridors in order of recording behind `after`."""
        ...

    def corridor_history(self, corridor_id: str) -> list[CorridorVersion]:
        """Return every version of a corridor, removal included; raise NotFoundError."""
        ...


class AccessStore(Protocol):
    """Organisations and keys."""

    def organisations(self) -> list[Organisation]:
        """Return all organisations by name."""
        ...

    def add_organisation(self, organisation: Organisation) -> None:
        """Store a new organisation; raise ConflictError if its id is taken."""
        ...

    def add_key(self, key: ApiKey, secret_hash: bytes) -> None:
        """Store a new key under the hash of its secret."""
        ...

    def key_by_hash(self, secret_hash: bytes) -> ApiKey | None:
        """Return the key with this secret hash, revoked and expired ones included."""
        ...

    def keys(self, organisation_id: str | None) -> list[ApiKey]:
        """Return the keys of one organisation, or all."""
        ...

    def revoke_key(self, key_id: str, at: datetime) -> None:
        """Revoke a key; raise NotFoundError."""
        ...

    def touch_key(self, key_id: str, at: datetime) -> None:
        """Note that a key was used."""
        ...


class Store(ListingStore, PersonStore, CorridorStore, AccessStore, Protocol):
    """All records. Every method is one transaction; none stays open behind an iterator."""

    def healthy(self) -> bool:
        """Tell whether the database answers."""
        ...


class Taxonomy(Protocol):
    """ISCO-08: titles by code, and the nearest unit groups to a vector."""

    def title(self, code: str) -> str | None:
        """Return the title of a group of any level, or None for an unknown code."""
        ...

    @property
    def codes(self) -> Sequence[str]:
        """The unit group codes, in the order of the columns of `affinity`."""
        ...

    @property
    def occupations(self) -> Occupations:
        """The same codes as numbers, for `service.matching.features`."""
        ...

    def affinity(self, vectors: Vectors) -> Vectors:
        """Return the cosine of each row of `vectors` with each unit group, (n, groups)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """Everything a use case may reach for. Compared by identity."""

    encoder: Encoder
    reading: ModelIdentity
    """What people's words are read with: the encoder and all that decides what it gets of them.
    A reading is kept under it, and done again where any of that has changed."""
    listing_encoder: Encoder
    """The same model for listings' own words, which repeat; it may remember them."""
    index: ListingIndex
    people: PeopleIndex
    store: Store
    clock: Clock
    taxonomy: Taxonomy
    scorer: Scorer
    neutral: Neutraliser
    reader: Reader
    speller: Speller
    interpreter: Interpreter
    subwords: Subwords
    evidence: EvidenceScorer
    rates: Rates
    places: Places
    refusals: RefusalReader
    guidance: Guidance


class ProgressBar(Protocol):
    """Shows how far long work has come."""

    def start(self, title: str, total: int) -> None:
        """Begin a stretch of `total` steps."""
        ...

    def advance(self, steps: int) -> None:
        """Move on by `steps`."""
        ...
