"""What is kept, as Protocols. Every method is one transaction."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from service.domain.access import ApiKey, Organisation
from service.domain.audit import Access, AccessQuery, Link, LoggedAccess, LogHead
from service.domain.corridor import Corridor, CorridorVersion, StoredCorridor
from service.domain.embedding import ModelIdentity
from service.domain.listing import Listing, ListingSearch, ListingsFound, StoredListing
from service.domain.person import Contact, Profile, StoredPerson
from service.domain.pool import ListingVectors
from service.domain.records import Page, Put, SavedUnderstanding, Written
from service.domain.token import Principal
from service.domain.work_said import Crowd
from service.ports.exchange import AlertStore, BatchStore, OutcomeStore
from service.ports.keeping import ReplyStore, RetentionStore
from service.ports.officers import OfficerStore


class ListingStore(Protocol):
    """Listings, their vectors and the feed of their changes."""

    def put_listings(self, puts: Sequence[Put[Listing]]) -> list[Written[StoredListing]]:
        """Create, change or leave each listing, vectors and feed with it, in one transaction.

        Raises PreconditionFailedError where a put's `if_version` does not hold.
        """
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

    def listings_stand(self, versions: Mapping[str, int]) -> bool:
        """Tell whether all these listings, by id, exist in the versions they once had."""
        ...

    def page_of_listings(
        self, *, after: int, limit: int, where: Mapping[str, str], viewer: str | None = None
    ) -> Page[StoredListing]:
        """Return listings in order of creation behind the position `after`.

        Those that `viewer`, an organisation, may know of; None: those that are public.
        """
        ...

    def search_listings(self, search: ListingSearch, *, skip: int, limit: int) -> ListingsFound:
        """Return listings by words and choices, with counts of the other choices."""
        ...

    def sources_of(self, organisation_id: str) -> list[str]:
        """Return the names of the sources that this organisation's listings have."""
        ...

    def delete_listing(self, listing: StoredListing, *, if_version: int | None) -> None:
        """Remove a listing, its vectors, and tell the feed."""
        ...

    def listing_changes(self, after: int, limit: int) -> list[tuple[int, str, bool]]:
        """Return (sequence number, listing id, still exists) behind `after`, in order."""
        ...

    def listing_changes_known_from(self) -> int:
        """Return the sequence number behind which no removal of a listing was forgotten."""
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


class TwinStore(Protocol):
    """Listings that may be one vacancy, and what organisations said of it."""

    def listings_sharing_blocks(
        self, contents: Sequence[Listing], viewer: str, but_not: tuple[str, str], limit: int
    ) -> list[list[StoredListing]]:
        """Return, for each of `contents`, listings that share a title or an employer with it.

        Those that `viewer` may know of. but_not: organisation and source whose listings are left
        out. limit: of each of the two, the newest.
        """
        ...

    def say_of_pair(
        self, organisation_id: str, pair: tuple[str, str], *, same: bool, at: datetime
    ) -> None:
        """Keep what an organisation says of two listings, in place of what it said before."""
        ...

    def said_of_pairs(self, organisation_id: str, listing_id: str) -> dict[str, bool]:
        """Return what an organisation said of a listing and others: id to the same or not."""
        ...

    def same_listings(self, organisation_id: str) -> list[frozenset[str]]:
        """Return the sets of listings that an organisation has confirmed to be the same."""
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

    def count_people(self, organisation_id: str) -> int:
        """Return how many people this organisation has."""
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

    def said(
        self, person_ids: Sequence[str], model: ModelIdentity
    ) -> tuple[tuple[str, ...], Crowd]:
        """Return who of them speaks of work, in order, and what they said as numbers; quicker."""
        ...

    def people_with_phone(self, organisation_id: str, phone: str) -> list[str]:
        """Return ids of a few of this organisation's people who are reached by this telephone."""
        ...

    def people_without_reading(self, model: ModelIdentity, limit: int) -> list[StoredPerson]:
        """Return people whose words `model` has not read yet."""
        ...

    def put_reading(self, person: StoredPerson, understood: SavedUnderstanding) -> None:
        """Keep a new reading of the same words, unless they have changed meanwhile."""
        ...

    def person_changes(self, after: int, limit: int) -> list[tuple[int, str, bool]]:
        """Return (sequence number, person id, still exists) behind `after`, in order.

        Of who is gone the `forgotten_name` stands there.
        """
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
        """Return the key with this secret hash, revoked and expired ones included.

        Of a secret that was exchanged it expires when that one does.
        """
        ...

    def key_at_hand(self, secret_hash: bytes) -> ApiKey | None:
        """Return the same without waiting, where it was asked for since the last change."""
        ...

    def keys(self, organisation_id: str | None) -> list[ApiKey]:
        """Return the keys of one organisation, or all."""
        ...

    def rotate_key(self, key_id: str, secret_hash: bytes, at: datetime, until: datetime) -> None:
        """Give a key another secret; the one it has opens beside it until `until`, older ones not.

        Raises NotFoundError.
        """
        ...

    def revoke_key(self, key_id: str, at: datetime) -> None:
        """Revoke a key; raise NotFoundError."""
        ...

    def touch_key(self, key_id: str, at: datetime) -> None:
        """Note that a key was used."""
        ...

    def principal(self, issuer: str, subject: str) -> Principal | None:
        """Return the person whom an issuer calls `subject`, None before their first request."""
        ...

    def put_principal(self, principal: Principal) -> None:
        """Note a person, anew or as last seen; raise ConflictError without their organisation."""
        ...

    def principals(self, organisation_id: str | None) -> list[Principal]:
        """Return the people of one organisation who have signed in, or all, the first first."""
        ...


class AuditStore(Protocol):
    """The access log: appended to, read and checked, never changed."""

    def log_accesses(self, accesses: Sequence[Access]) -> None:
        """Append lines in this order, and move the sealed head, in one transaction."""
        ...

    def page_of_accesses(self, query: AccessQuery, *, after: int, limit: int) -> Page[LoggedAccess]:
        """Return lines in the order they were written, behind the number `after`."""
        ...

    def last_accesses(self, query: AccessQuery, limit: int) -> list[LoggedAccess]:
        """Return the last lines of those wanted, in the order they were written."""
        ...

    def access_head(self) -> LogHead | None:
        """Return the sealed head, None where there is none; raise StorageError if altered."""
        ...

    def access_links(self, after: int, limit: int) -> list[Link]:
        """Return lines behind the number `after`, each held against its seal and the one before."""
        ...

    def written_as(self, sequence: int) -> int | None:
        """Return as which number the line that stands at `sequence` was written, if as another."""
        ...


class Store(
    ListingStore,
    TwinStore,
    PersonStore,
    CorridorStore,
    BatchStore,
    OutcomeStore,
    AlertStore,
    AccessStore,
    AuditStore,
    OfficerStore,
    RetentionStore,
    ReplyStore,
    Protocol,
):
    """All records. Every method is one transaction; none stays open behind an iterator."""

    def healthy(self) -> bool:
        """Tell whether the database answers."""
        ...

    def written(self) -> int | None:
        """Return a number that is another after each change of any record but the access log.

        None where that cannot be told without asking, as other processes write as well. Costs
        nothing. What was read before it was the same is as it was.
        """
        ...

    def reads_elsewhere(self) -> bool:
        """Tell whether a standby is read from now; what is read there is as new."""
        ...

    def turn(self, job: str) -> AbstractContextManager[bool]:
        """Tell whether a job is this process's to do until this ends, not another's.

        Whoever dies gives their turn back. It saves double work; that nothing is done twice is
        up to what the job writes.
        """
        ...
