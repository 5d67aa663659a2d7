"""The only place that picks adapters."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from threadpoolctl import threadpool_limits

from service import __version__
from service.adapters.clock import SystemClock
from service.adapters.encoders.fitting import require_fitting
from service.adapters.encoders.onnx import OnnxEncoder
from service.adapters.files.local import LocalFiles
from service.adapters.identity.fetch import url_problem
from service.adapters.identity.keys import IssuerKeys
from service.adapters.identity.mapping import read_mapping
from service.adapters.identity.tokens import OidcTokens, Trust
from service.adapters.mail.links import SignedLinks
from service.adapters.mail.sender import NoMail, SmtpMail, SmtpServer, sender_of
from service.adapters.print.typst import TypstPrinter
from service.adapters.register import LocalRegister
from service.adapters.remembered import AnswersInMemory
from service.adapters.store.codec import READING_FORMAT
from service.adapters.store.moving import move
from service.adapters.store.postgres import PostgresDatabase, ServerUrl
from service.adapters.store.rotation import Rotation
from service.adapters.store.sql import KeyPlaces, SqlStore, open_parts
from service.adapters.taxonomy import IscoTaxonomy
from service.adapters.vectors.facets import ReadOff
from service.adapters.vectors.local import LocalListingIndex, all_words
from service.adapters.vectors.own_folder import own_folder
from service.adapters.vectors.people import LocalPeopleIndex
from service.adapters.vectors.pgvector.filling import Source
from service.adapters.vectors.pgvector.index import PgvectorListingIndex
from service.adapters.vectors.scan import principal_axes
from service.adapters.vectors.snapshot import SnapshotFolder
from service.adapters.webhooks.sender import HttpWebhooks
from service.domain.audit import Access, Action
from service.domain.embedding import ModelIdentity
from service.domain.errors import StorageError
from service.domain.listing import Listing
from service.matching.evidence import EvidenceScorer
from service.matching.score import Scorer
from service.ports import Encoder, MailSender, Records, SignIn, Store, Tools
from service.rules.candidacy import facts_of
from service.rules.corridors import read_corridors
from service.rules.guidance import Guidance
from service.rules.places import Places
from service.rules.rates import Rates
from service.settings import Settings, bundled
from service.skills.discretion import Discretion
from service.skills.filing import filed
from service.skills.gaps import recognises
from service.skills.interpret import Interpreter
from service.skills.neutral import Neutraliser
from service.skills.phrasebook import Phrasebook
from service.skills.phrases import Phrases
from service.skills.reader import Reader
from service.skills.refusals import RefusalReader
from service.skills.spelling import Speller
from service.skills.subwords import Subwords
from service.usecases.log_command import line_of_command
from service.usecases.remember_texts import CachedEncoder

BUNDLED_ENCODER = "bundled"


def build_encoder(settings: Settings) -> Encoder:
    """Return the encoder the settings name; raise StorageError where it cannot be loaded."""
    try:
        return _load_encoder(settings)
    except (ImportError, OSError, ValueError) as error:
        message = f'HOMEWARD_ENCODER is "{settings.encoder}", which cannot be used: {error}'
        raise StorageError(message, code="encoder_unavailable") from error


def _load_encoder(settings: Settings) -> Encoder:
    if settings.encoder == BUNDLED_ENCODER:
        artifact = bundled("models", "worktuned", "artifact")
        return OnnxEncoder(artifact, threads=settings.encoder_threads)
    # Imported only here: it brings torch, which the default never loads.
    from service.adapters.encoders.sentence_transformers import (  # noqa: PLC0415
        SentenceTransformersEncoder,
    )

    return SentenceTransformersEncoder(settings.encoder)


def plain_encoder() -> Encoder | None:
    """Return the encoder before it learnt about work, for comparison; None in a wheel."""
    artifact = Path(__file__).parent.parent / "models" / "minilm" / "artifact"
    return OnnxEncoder(artifact) if artifact.is_dir() else None


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """Open the records alone, to read; it takes no model, and a running service is no hindrance.

    Raises StorageError where the data directory cannot be used.
    """
    with closing(_open_store(settings, writable=False)) as store:
        yield store


@contextmanager
def open_records(settings: Settings, *, writable: bool = True) -> Iterator[Records]:
    """Open what keeping records needs, and no model; raises as `open_tools`."""
    with closing(_open_store(settings, writable=writable)) as store:
        yield Records(store, SystemClock(), settings.retention)


@contextmanager
def open_rotation(
    settings: Settings, *, writable: bool = True, forget_lost: bool = False
) -> Iterator[Rotation]:
    """Open records and keys for what is done to keys; to write, the service must be stopped.

    forget_lost: erase who cannot be read any more. Raises StorageError where they cannot be used.
    """
    with ExitStack() as stack:
        with _named_in_errors():
            parts = open_parts(
                _records_place(settings),
                _key_places(settings),
                stack,
                writable=writable,
                giving_up=_lines_of_lost if forget_lost else None,
            )
            if writable:
                stack.enter_context(parts[0].alone())
        yield Rotation(*parts, settings.key_file)


def _lines_of_lost(lost: Mapping[str, str]) -> list[Access]:
    now, owners = SystemClock().now(), sorted(set(lost.values()))
    return [
        line_of_command(
            now, Action.RETURNEE_ERASE, owner, [one for one, of in lost.items() if of == owner]
        )
        for owner in owners
    ]


def move_to_server(settings: Settings, advance: Callable[[int], None]) -> tuple[int, int]:
    """Copy the data directory to the servers that are set, as `moving.move` says."""
    with _named_in_errors():
        return move(settings.data_dir, _records_place(settings), _key_places(settings), advance)


@contextmanager
def open_tools(
    settings: Settings,
    *,
    writable: bool = True,
    scorer: Scorer | None = None,
    evidence: EvidenceScorer | None = None,
) -> Iterator[Tools]:
    """Open everything a use case needs; close it in reverse order at the end.

    scorer, evidence: stand in for the bundled ones, while those are being trained.

    Raises StorageError where the data directory cannot be used.
    """
    sign_in = _sign_in(settings)
    with ExitStack() as stack:
        # The matrices of one request are small, and a BLAS pool that spins between them takes
        # the cores from the encoder: one thread halved the time of a match on two cores.
        stack.enter_context(threadpool_limits(limits=1, user_api="blas"))
        mail = _mail(settings)
        encoder = build_encoder(settings)
        if scorer is None and evidence is None:
            trained = bundled("models", "ranker", "ranker.json").parents[1]
            require_fitting(encoder.model, trained, settings.encoder, BUNDLED_ENCODER)
        store = _open_store(settings, writable=writable)
        stack.callback(store.close)
        with _named_in_errors():
            place = own_folder(settings.data_dir) if writable else nullcontext(settings.data_dir)
            folder = stack.enter_context(place) / "index" / encoder.model.revision
        index = _listing_index(settings, store, encoder.model, folder, writable=writable)
        if writable:
            stack.callback(index.close)
        reading, rates = _reading(encoder.model), _rates(settings)
        taxonomy = IscoTaxonomy(bundled("data", "taxonomy"), encoder, folder, keep=writable)
        index.follow()
        if writable:
            corridors = read_corridors(bundled("data", "rules", "corridors.csv"))
            store.seed_corridors(corridors, SystemClock().now())
        yield Tools(
            encoder=encoder,
            reading=reading,
            listing_encoder=CachedEncoder(encoder),
            index=index,
            people=LocalPeopleIndex(
                store,
                reading,
                lambda one: facts_of(one.organisation_id, one.profile, _places(), rates),
                principal_axes(taxonomy.vectors),
            ),
            register=LocalRegister(store, filed),
            store=store,
            files=LocalFiles(),
            clock=SystemClock(),
            taxonomy=taxonomy,
            neutral=_neutral(),
            reader=Reader.read(bundled("models", "reader", "reader.json")),
            speller=_speller(),
            interpreter=_interpreter(),
            subwords=Subwords.read(bundled("models", "bridge", "artifact")),
            evidence=evidence
            or EvidenceScorer.read(bundled("models", "evidence", "evidence.json")),
            rates=rates,
            places=_places(),
            refusals=RefusalReader.over(
                bundled("data", "lexicon", "work"), _interpreter(), taxonomy.title
            ),
            guidance=Guidance(
                age_hint=settings.age_hint,
                age_from=settings.age_from,
                diversity=settings.diversity,
            ),
            retention=settings.retention,
            webhooks=HttpWebhooks(private=settings.webhook_private),
            mail=mail,
            links=SignedLinks(list(store.link_keys().values())),
            mail_phrases=Phrases.read(bundled("data", "mail", "phrases.csv")),
            cursors=store.cursors,
            phrases=_phrases(),
            discretion=_discretion(),
            printer=TypstPrinter(),
            answers=AnswersInMemory(settings.answers_mb * 1_000_000),
            sign_in=sign_in,
            scorer=scorer or Scorer.read(bundled("models", "ranker", "ranker.json")),
        )


def _mail(settings: Settings) -> MailSender:
    """Return who sends mail; raise StorageError where the settings do not fit together."""
    if settings.smtp_host is None:
        return NoMail()
    sender, home = settings.smtp_from, settings.public_url
    password = settings.smtp_password
    wrong = None
    if sender is None or home is None:
        wrong = "HOMEWARD_SMTP_FROM and HOMEWARD_PUBLIC_URL belong to it"
    elif (settings.smtp_user is None) != (password is None):
        wrong = "a user and a password belong together"
    elif settings.smtp_user is not None and settings.smtp_security == "none":
        wrong = "a password is not sent over a way that is not encrypted"
    try:
        mail = SmtpMail(
            SmtpServer(
                host=settings.smtp_host,
                port=settings.smtp_port,
                sender=sender_of(sender or ""),
                home=(home or "").rstrip("/"),
                security=settings.smtp_security,
                user=settings.smtp_user,
                password=None if password is None else password.get_secret_value(),
                ca_file=settings.smtp_ca_file,
            )
        )
    except (OSError, ValueError) as error:
        wrong = wrong or str(error)
    if wrong is not None:
        message = f"HOMEWARD_SMTP_HOST is set, but mail cannot be sent: {wrong}."
        raise StorageError(message, code="mail_unusable")
    return mail


def _sign_in(settings: Settings) -> SignIn | None:
    """Return how people sign in; raise StorageError where that is said by halves or wrongly.

    The issuer itself is asked only once somebody comes with a token.
    """
    issuer, audience, path = settings.oidc_issuer, settings.oidc_audience, settings.oidc_mapping
    if issuer is None and audience is None and path is None:
        return None
    if not issuer or not audience or path is None:
        message = "HOMEWARD_OIDC_ISSUER, _AUDIENCE and _MAPPING are set together or not at all."
        raise StorageError(message, code="oidc_unusable")
    problem = url_problem(issuer, allow_http=settings.oidc_allow_http)
    if problem is not None:
        message = f"HOMEWARD_OIDC_ISSUER cannot be used: {problem}."
        raise StorageError(message, code="oidc_unusable")
    try:
        mapping = read_mapping(path, settings.oidc_organisation_claim, settings.oidc_roles_claim)
    except (OSError, ValueError) as error:
        message = f"HOMEWARD_OIDC_MAPPING cannot be used: {error}"
        raise StorageError(message, code="oidc_unusable") from error
    keys = IssuerKeys(issuer, allow_http=settings.oidc_allow_http)
    return SignIn(OidcTokens(Trust(issuer=issuer, audience=audience), keys), mapping)


def _rates(settings: Settings) -> Rates:
    path = settings.rates_file or bundled("data", "rules", "rates.csv")
    try:
        return Rates.read(path)
    except (OSError, ValueError, KeyError) as error:
        message = f"HOMEWARD_RATES_FILE cannot be used: {error}"
        raise StorageError(message, code="rates_unusable") from error


def _listing_index(
    settings: Settings, store: SqlStore, model: ModelIdentity, folder: Path, *, writable: bool
) -> LocalListingIndex | PgvectorListingIndex:
    """Return the index the settings name; raise StorageError where it cannot be had."""
    read_off, neutral = ReadOff(_places().of_listing, recognises), _neutral()

    def words_of(listing: Listing) -> str:
        return neutral.words(all_words(listing))

    if settings.listing_index == "memory":
        snapshot = SnapshotFolder(folder, model.revision)
        return LocalListingIndex(store, model, snapshot, words_of, read_off)
    if not isinstance(store.database, PostgresDatabase):
        message = "HOMEWARD_LISTING_INDEX is pgvector, which needs HOMEWARD_DATABASE_URL."
        raise StorageError(message, code="database_not_supported")
    source = Source(store, model, words_of, read_off)
    return PgvectorListingIndex(store.database, source, writable=writable)


@lru_cache(maxsize=1)
def _neutral() -> Neutraliser:
    return Neutraliser.read(bundled("data", "lexicon"))


@lru_cache(maxsize=1)
def _places() -> Places:
    return Places.read(bundled("data", "rules", "places.csv"))


@lru_cache(maxsize=1)
def _speller() -> Speller:
    """Return the one speller of this process."""
    return Speller.read(bundled("data", "lexicon"))


@lru_cache(maxsize=1)
def _phrases() -> Phrasebook:
    return Phrasebook.read(bundled("data", "sheet"), bundled("data", "lexicon", "work"))


@lru_cache(maxsize=1)
def _discretion() -> Discretion:
    telling = bundled("data", "sheet", "telling_words.csv")
    return Discretion.read(telling, _speller().work.words)


@lru_cache(maxsize=1)
def _interpreter() -> Interpreter:
    """Return the one interpreter of this process; what it reads never changes."""
    bridge = bundled("models", "bridge", "artifact")
    return Interpreter.read(bundled("data", "lexicon", "work"), bridge, _speller().work.words)


@lru_cache(maxsize=1)
def _reading(encoder: ModelIdentity) -> ModelIdentity:
    """Return the encoder's identity with a revision that covers all that reading rests on."""
    digest = sha256(f"{encoder.revision} {__version__} {READING_FORMAT}".encode())
    lexicon = bundled("data", "lexicon")
    names = ("neutral_words.csv", "names.txt", "religion_words.txt", "work_words.csv")
    bridge = bundled("models", "bridge", "artifact")
    paths = [
        bundled("models", "reader", "reader.json"),
        *(lexicon / name for name in names),
        *sorted((lexicon / "work").iterdir()),
        *sorted(bridge.iterdir()),
    ]
    for path in paths:
        digest.update(path.read_bytes())
    return replace(encoder, revision=digest.hexdigest()[:12])


def _open_store(settings: Settings, *, writable: bool) -> SqlStore:
    with _named_in_errors():
        return SqlStore.open(_records_place(settings), _key_places(settings), writable=writable)


def _records_place(settings: Settings) -> Path | ServerUrl:
    if settings.database_url is None:
        return settings.data_dir
    url, standby = settings.database_url, settings.database_standby
    return ServerUrl(url, "HOMEWARD_DATABASE_URL", settings.database_pool, standby)


def _key_places(settings: Settings) -> KeyPlaces:
    return KeyPlaces.beside(settings.key_file, settings.person_keys, settings.erasure_ledger)


@contextmanager
def _named_in_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"HOMEWARD_DATA_DIR, HOMEWARD_KEY_FILE or a file beside it is unusable: {error}"
        raise StorageError(message) from error
