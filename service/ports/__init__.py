"""What the use cases need from outside, as Protocols. Adapters implement them; wiring picks."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from service.domain.alert import Answered, Message
from service.domain.candidate import PeopleFound, PeopleQuery, PeopleState
from service.domain.embedding import Grams, ManyGrams, ModelIdentity, Vectors
from service.domain.imported import FileFormat, Opened
from service.domain.letter import Letter, Link, Posted
from service.domain.match import IndexState, Remembered
from service.domain.occupation import Occupations
from service.domain.pool import LexicalPool, Pool, PoolQuery
from service.domain.referral import Referral
from service.domain.register import Deadline, Falling, Found, Sought
from service.domain.retention import Retention
from service.domain.stock import Stock
from service.domain.token import ClaimMapping, VerifiedToken
from service.matching.evidence import EvidenceScorer
from service.matching.score import Scorer
from service.ports.exchange import AlertStore, BatchStore, OutcomeStore
from service.ports.keeping import ReplyStore, RetentionStore
from service.ports.officers import OfficerStore
from service.ports.stores import (
    AccessStore,
    AuditStore,
    CorridorStore,
    ListingStore,
    PersonStore,
    Store,
    TwinStore,
)
from service.rules.guidance import Guidance
from service.rules.places import Places
from service.rules.rates import Rates
from service.skills.discretion import Discretion
from service.skills.interpret import Interpreter
from service.skills.neutral import Neutraliser
from service.skills.phrasebook import Phrasebook
from service.skills.phrases import Phrases
from service.skills.reader import Reader
from service.skills.refusals import RefusalReader
from service.skills.spelling import Speller
from service.skills.subwords import Subwords

__all__ = [
    "AccessStore",
    "AlertStore",
    "AnswerMemory",
    "AuditStore",
    "BatchStore",
    "Clock",
    "CorridorStore",
    "Cursors",
    "Encoder",
    "FileReader",
    "LinkSigner",
    "ListingIndex",
    "ListingStore",
    "MailSender",
    "OfficerStore",
    "OutcomeStore",
    "PeopleIndex",
    "PersonStore",
    "ProgressBar",
    "Register",
    "ReplyStore",
    "RetentionStore",
    "SheetPrinter",
    "SignIn",
    "Store",
    "Taxonomy",
    "TokenVerifier",
    "Tools",
    "TwinStore",
    "WebhookSender",
]


class Encoder(Protocol):
    """Turns short texts into unit vectors. Safe to call from several threads."""

    @property
    def model(self) -> ModelIdentity:
        """Identity that is stored with every vector this encoder makes."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text, in order: shape (len(texts), model.dimensions)."""
        ...


class FileReader(Protocol):
    """Reads uploaded files row by row, within limits."""

    def sniff(self, content: bytes, content_type: str | None, name: str | None) -> FileFormat:
        """Tell what a file is; raise UnreadableFileError where that is nothing to import."""
        ...

    def open(self, content: bytes, kind: FileFormat) -> Opened:
        """Return its rows, at least one; raise UnreadableFileError."""
        ...


class Clock(Protocol):
    """The time. A port because rules and tests live on dates."""

    def now(self) -> datetime:
        """Return the present moment, timezone-aware UTC."""
        ...

    def today(self) -> date:
        """Return today's date in UTC."""
        ...


class Cursors(Protocol):
    """Places in lists as they are given out: nothing can be read off one."""

    def write(self, position: int, reader: str, of: str) -> str:
        """Return a cursor for a position in the list `of`, as long as any other.

        The same for the same position; it opens for `reader` and this list only.
        """
        ...

    def read(self, cursor: str, reader: str, of: str) -> int | None:
        """Return the position, None where this was not given out here, to `reader`, for `of`."""
        ...


class WebhookSender(Protocol):
    """Sends messages to receivers outside. Safe to call from several threads."""

    def refusal(self, url: str) -> str | None:
        """Return why nothing may be sent there, as far as the URL tells, None if it may."""
        ...

    def send(self, message: Message) -> Answered:
        """Sign and send one message, within ten seconds or so; raises nothing."""
        ...


class MailSender(Protocol):
    """Sends mail through one server. Safe to call from several threads."""

    @property
    def refusal(self) -> str | None:
        """Why no mail can be sent, None if it can."""
        ...

    @property
    def home(self) -> str:
        """URL under which this service is reached from a mailbox, without a slash at the end."""
        ...

    def send(self, letter: Letter) -> Posted:
        """Send one mail to one address, within half a minute or so; raises nothing."""
        ...


class LinkSigner(Protocol):
    """Makes tokens for links that act without a key, and reads them."""

    def token(self, link: Link) -> str:
        """Return a token for a URL's path, which nobody else can make."""
        ...

    def link(self, token: str) -> Link | None:
        """Return what a token is about, whether or not it has ended; None if not made here."""
        ...


class SheetPrinter(Protocol):
    """Sets sheets to take away. Safe to call from several threads."""

    def pdf(self, referral: Referral) -> bytes:
        """Return one page of A4 as tagged PDF: shortened where it must be, warnings never."""
        ...


class TokenVerifier(Protocol):
    """Checks tokens of the one issuer that is trusted. Safe to call from several threads."""

    def recognises(self, presented: str) -> bool:
        """Tell whether something presented has the form of a token, valid or not."""
        ...

    def verify(self, token: str, now: datetime) -> VerifiedToken:
        """Return what a token says, after every check of its own.

        Raises TokenRefusedError, and IssuerUnreachableError where its key cannot be had now.
        """
        ...


@dataclass(frozen=True, slots=True)
class SignIn:
    """How people sign in: whose tokens are accepted, and what their claims are worth."""

    tokens: TokenVerifier
    mapping: ClaimMapping


class ListingIndex(Protocol):
    """Finds candidate listings. Reads are safe from several threads at any time."""

    @property
    def state(self) -> IndexState:
        """Generation and number of all live listings now searched, for the service itself."""
        ...

    def seen_by(self, viewer: str | None) -> IndexState:
        """Return the same as far as one organisation may know; None: as everybody may.

        What is private to others moves neither number.
        """
        ...

    def pools(self, query: PoolQuery) -> list[Pool]:
        """Return one wide pool per ask, each searched inside its eligible set only."""
        ...

    def stock(self, day: date, viewer: str | None = None) -> Stock:
        """Return all jobs open on a day that an organisation may know of, as columns.

        The same object until something changes. viewer None: those that are public.
        """
        ...

    def follow(self) -> int:
        """Take in what the store's change feed holds; return how many changes came in."""
        ...

    def grams(self, texts: Sequence[str]) -> list[Grams]:
        """Return each text's n-grams as this index counts them."""
        ...

    def pool_of(self, listing_ids: Sequence[str], texts: ManyGrams | None = None) -> LexicalPool:
        """Return these listings as a pool, those that are searched, with each text's likeness."""
        ...

    def tidy(self) -> None:
        """Do the slow upkeep (merging, graphs, saving) beside searches and changes."""
        ...


class PeopleIndex(Protocol):
    """Finds people for a listing. Reads are safe from several threads at any time."""

    @property
    def state(self) -> PeopleState:
        """Generation and number of people now searched."""
        ...

    def found(self, query: PeopleQuery) -> PeopleFound:
        """Return those who come near and who, as far as the index knows, may be shown it."""
        ...

    def follow(self) -> int:
        """Take in what the store's change feed holds; return how many changes came in."""
        ...

    def tidy(self) -> None:
        """Do the slow upkeep (merging) beside searches and changes."""
        ...


class Register(Protocol):
    """Finds an organisation's own people by who they are. Reads are safe from several threads."""

    @property
    def people(self) -> int:
        """How many people of all organisations are filed by now."""
        ...

    def find(self, sought: Sought, limit: int) -> Found:
        """Return to whom every word applies, the nearest first, as far as the register knows."""
        ...

    def falling(
        self, organisation_id: str, what: Deadline, since: date, until: date, limit: int
    ) -> Falling:
        """Return for whom something ends from `since` to `until`, the soonest first."""
        ...

    def follow(self) -> int:
        """Take in what the store's change feed holds; return how many changes came in."""
        ...

    def tidy(self) -> None:
        """Do the slow upkeep (merging) beside searches and changes."""
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


class AnswerMemory(Protocol):
    """Remembers answers to questions about stored people, in this process and for minutes."""

    def recall(self, question: Hashable) -> Remembered | None:
        """Return the latest answer to a question, if it is still there."""
        ...

    def keep(self, question: Hashable, answer: Remembered) -> None:
        """Remember an answer in place of the one before."""
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
    register: Register
    store: Store
    files: FileReader
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
    retention: Retention
    webhooks: WebhookSender
    mail: MailSender
    links: LinkSigner
    mail_phrases: Phrases
    cursors: Cursors
    phrases: Phrasebook
    discretion: Discretion
    printer: SheetPrinter
    answers: AnswerMemory
    sign_in: SignIn | None = None
    """None: keys alone open anything."""


@dataclass(frozen=True, slots=True)
class Records:
    """What keeping records needs, without anything that reads words: opened in a moment."""

    store: Store
    clock: Clock
    retention: Retention


class ProgressBar(Protocol):
    """Shows how far long work has come."""

    def start(self, title: str, total: int) -> None:
        """Begin a stretch of `total` steps."""
        ...

    def advance(self, steps: int) -> None:
        """Move on by `steps`."""
        ...
