"""Domain values to bytes and back: JSON for records, half floats for vectors."""

import hashlib
from typing import Final

import numpy as np
from pydantic import TypeAdapter

from service.domain.corridor import Corridor
from service.domain.embedding import ModelIdentity, Vectors
from service.domain.listing import Listing
from service.domain.match import Understanding
from service.domain.person import Contact, Profile
from service.domain.pool import ListingVectors
from service.domain.records import SavedUnderstanding

LISTING: Final = TypeAdapter(Listing)
CORRIDOR: Final = TypeAdapter(Corridor)
PROFILE: Final = TypeAdapter(Profile)
CONTACT: Final = TypeAdapter(Contact)
READING: Final = TypeAdapter(tuple[Understanding, str])
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
    """Pack a reading of a person's words: length-prefixed JSON, then float16 vectors."""
    head = READING.dump_json((saved.understanding, saved.work_text))
    return (
        len(head).to_bytes(4, "little") + head + np.asarray(saved.vectors).astype("<f2").tobytes()
    )


def reading_from_bytes(packed: bytes, model: ModelIdentity) -> SavedUnderstanding:
    """Undo `reading_to_bytes` for a reading made by `model`."""
    size = int.from_bytes(packed[:4], "little")
    understanding, work_text = READING.validate_json(packed[4 : 4 + size])
    rows: Vectors = (
        np.frombuffer(packed[4 + size :], dtype="<f2")
        .reshape(-1, model.dimensions)
        .astype(np.float32)
    )
    return SavedUnderstanding(
        understanding=understanding, work_text=work_text, vectors=rows, model=model
    )
