"""Domain values to bytes and back: JSON for records, half floats for vectors."""

import hashlib
from typing import Final

import numpy as np
from pydantic import TypeAdapter

from service.domain.corridor import Corridor
from service.domain.embedding import Grams, ModelIdentity, Vectors
from service.domain.listing import Listing
from service.domain.match import Understanding
from service.domain.person import Contact, Profile
from service.domain.pool import ListingVectors
from service.domain.records import SavedUnderstanding

LISTING: Final = TypeAdapter(Listing)
CORRIDOR: Final = TypeAdapter(Corridor)
PROFILE: Final = TypeAdapter(Profile)
CONTACT: Final = TypeAdapter(Contact)
READING: Final = TypeAdapter(tuple[Understanding, str, tuple[str, ...]])
READING_FORMAT: Final = 2
"""Counts the ways readings were packed: one packed otherwise is done again."""
_MOST_OFTEN: Final = 255
IDENTITY: Final = TypeAdapter(ModelIdentity)


def listing_to_json(listing: Listing) -> tuple[str, str]:
    """Return the listing as JSON without its unknowns, and the hash of that text."""
    body = LISTING.dump_json(listing, exclude_defaults=True)
    return body.decode(), hashlib.sha256(body).hexdigest()


def vectors_to_bytes(vectors: ListingVectors) -> bytes:
    """Pack `whole` and `requirements` as (1 + k, d) little-endian float16, row by row."""
    stacked = np.vstack([vectors.whole[None, :], vectors.requirements])
    return stacked.astype("<f2").tobytes()


def vectors_from_bytes(packed: bytes, dimensions: int) -> ListingVectors:
    """Undo `vectors_to_bytes`; float32 out."""
    rows = np.frombuffer(packed, dtype="<f2").reshape(-1, dimensions).astype(np.float32)
    return ListingVectors(whole=rows[0], requirements=rows[1:])


def reading_to_bytes(saved: SavedUnderstanding) -> bytes:
    """Pack a reading of a person's words: JSON, then n-grams, each behind its length; vectors."""
    head = READING.dump_json((saved.understanding, saved.work_text, saved.texts))
    grams = saved.grams
    packed = b"" if grams is None else _grams_to_bytes(grams)
    rows = np.asarray(saved.vectors).astype("<f2").tobytes()
    return b"".join((_length(head), head, _length(packed), packed, rows))


def reading_from_bytes(packed: bytes, model: ModelIdentity) -> SavedUnderstanding:
    """Undo `reading_to_bytes` for a reading made by `model`."""
    head, rest = _cut(packed)
    grams, rows = _cut(rest)
    understanding, work_text, texts = READING.validate_json(head)
    vectors: Vectors = (
        np.frombuffer(rows, dtype="<f2").reshape(-1, model.dimensions).astype(np.float32)
    )
    return SavedUnderstanding(
        understanding=understanding,
        work_text=work_text,
        vectors=vectors,
        model=model,
        texts=texts,
        grams=_grams_from_bytes(grams) if grams else None,
    )


def _length(part: bytes) -> bytes:
    return len(part).to_bytes(4, "little")


def _cut(packed: bytes) -> tuple[bytes, bytes]:
    end = 4 + int.from_bytes(packed[:4], "little")
    return packed[4:end], packed[end:]


def _grams_to_bytes(grams: Grams) -> bytes:
    # Nobody repeats the same three letters more often than a byte can count.
    counts = np.minimum(grams.counts, _MOST_OFTEN).astype("u1")
    return grams.features.astype("<i4").tobytes() + counts.tobytes()


def _grams_from_bytes(packed: bytes) -> Grams:
    k = len(packed) // 5
    return Grams(
        features=np.frombuffer(packed, dtype="<i4", count=k),
        counts=np.frombuffer(packed, dtype="u1", offset=4 * k).astype(np.float32),
    )
