"""The only place that picks adapters."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from threadpoolctl import threadpool_limits

from service import __version__
from service.adapters.clock import SystemClock
from service.adapters.encoders.cached import CachedEncoder
from service.adapters.encoders.onnx import OnnxEncoder
from service.adapters.files.local import LocalFiles
from service.adapters.print.typst import TypstPrinter
from service.adapters.store.codec import READING_FORMAT
from service.adapters.store.sql import SqlStore
from service.adapters.taxonomy import IscoTaxonomy
from service.adapters.vectors.facets import ReadOff
from service.adapters.vectors.local import LocalListingIndex, all_words
from service.adapters.vectors.people import LocalPeopleIndex
from service.adapters.vectors.snapshot import SnapshotFolder
from service.adapters.webhooks.sender import HttpWebhooks
from service.domain.embedding import ModelIdentity
from service.domain.errors import StorageError
from service.matching.evidence import EvidenceScorer
from service.matching.score import Scorer
from service.ports import Encoder, Store, Tools
from service.rules.candidacy import facts_of
from service.rules.corridors import read_corridors
from service.rules.guidance import Guidance
from service.rules.places import Places
from service.rules.rates import Rates
from service.settings import Settings, bundled
from service.skills.discretion import Discretion
from service.skills.gaps import recognises
from service.skills.interpret import Interpreter
from service.skills.neutral import Neutraliser
from service.skills.phrasebook import Phrasebook
from service.skills.reader import Reader
from service.skills.refusals import RefusalReader
from service.skills.spelling import Speller
from service.skills.subwords import Subwords

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
    _require_sqlite(settings)
    store = _open_store(settings, writable=False)
    try:
        yield store
    finally:
        store.close()


def _require_sqlite(settings: Settings) -> None:
    if settings.database_url is not None:
        message = (
            "HOMEWARD_DATABASE_URL is set, but this release stores in SQLite only; "
            "unset it to use the data directory."
        )
        raise StorageError(message, code="database_not_supported")


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
    _require_sqlite(settings)
    with ExitStack() as stack:
        # The matrices of one request are small, and a BLAS pool that spins between them takes
        # the cores from the encoder: one thread halved the time of a match on two cores.
        stack.enter_context(threadpool_limits(limits=1, user_api="blas"))
        encoder = build_encoder(settings)
        if scorer is None and evidence is None:
            _require_fitting(encoder, settings)
        store = _open_store(settings, writable=writable)
        stack.callback(store.close)
        folder = _index_folder(settings, encoder)
        neutral = Neutraliser.read(bundled("data", "lexicon"))
        places = _places()
        index = LocalListingIndex(
            store,
            encoder.model,
            SnapshotFolder(folder, encoder.model.revision),
            words_of=lambda listing: neutral.words(all_words(listing)),
            read_off=ReadOff(places.of_listing, recognises),
        )
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
                lambda one: facts_of(one.organisation_id, one.profile, places, rates),
            ),
            store=store,
            files=LocalFiles(),
            clock=SystemClock(),
            taxonomy=taxonomy,
            neutral=neutral,
            reader=Reader.read(bundled("models", "reader", "reader.json")),
            speller=_speller(),
            interpreter=_interpreter(),
            subwords=Subwords.read(bundled("models", "bridge", "artifact")),
            evidence=evidence
            or EvidenceScorer.read(bundled("models", "evidence", "evidence.json")),
            rates=rates,
            places=places,
            refusals=RefusalReader.over(
                bundled("data", "lexicon", "work"), _interpreter(), taxonomy.title
            ),
            guidance=Guidance(
                age_hint=settings.age_hint,
                age_from=settings.age_from,
                diversity=settings.diversity,
            ),
            webhooks=HttpWebhooks(private=settings.webhook_private),
            phrases=_phrases(),
            discretion=_discretion(),
            printer=TypstPrinter(),
            scorer=scorer or Scorer.read(bundled("models", "ranker", "ranker.json")),
        )


def _rates(settings: Settings) -> Rates:
    path = settings.rates_file or bundled("data", "rules", "rates.csv")
    try:
        return Rates.read(path)
    except (OSError, ValueError, KeyError) as error:
        message = f"HOMEWARD_RATES_FILE cannot be used: {error}"
        raise StorageError(message, code="rates_unusable") from error


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
    learned = bundled("models", "bridge", "artifact", "words.csv.gz")
    return Interpreter.read(bundled("data", "lexicon", "work"), learned, _speller().work.words)


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
        lexicon / "work" / "concepts.csv",
        *sorted((lexicon / "work").glob("words_*.csv")),
        *(bridge / name for name in ("bridge.json", "words.csv.gz", "subwords.npy")),
    ]
    for path in paths:
        digest.update(path.read_bytes())
    return replace(encoder, revision=digest.hexdigest()[:12])


def _require_fitting(encoder: Encoder, settings: Settings) -> None:
    """Refuse an encoder whose vectors the models trained beside it cannot read."""
    paths = [bundled("models", name, f"{name}.json") for name in ("reader", "evidence", "ranker")]
    for path in (*paths, bundled("models", "bridge", "artifact", "bridge.json")):
        name, raw = path.stem, json.loads(path.read_text(encoding="utf-8"))
        made_for = raw["encoder"]
        same_width = made_for["dimensions"] == encoder.model.dimensions
        other = settings.encoder != BUNDLED_ENCODER
        if same_width and (other or made_for["revision"] == encoder.model.revision):
            continue
        message = (
            f'HOMEWARD_ENCODER is "{settings.encoder}", but the bundled {name} was trained '
            f"for another: train it again with python -m models.{name}.train."
        )
        raise StorageError(message, code="encoder_unavailable")


def _open_store(settings: Settings, *, writable: bool) -> SqlStore:
    try:
        return SqlStore.open(settings.data_dir, settings.key_file, writable=writable)
    except OSError as error:
        message = f"HOMEWARD_DATA_DIR or HOMEWARD_KEY_FILE cannot be used: {error}"
        raise StorageError(message) from error


def _index_folder(settings: Settings, encoder: Encoder) -> Path:
    return settings.data_dir / "index" / encoder.model.revision
