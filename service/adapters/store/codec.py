"""Domain values to bytes and back: JSON for records, half floats for vectors."""

import hashlib
import struct
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from service.domain.corridor import Corridor
from service.domain.embedding import Grams, ManyGrams, ModelIdentity, Vectors
from service.domain.listing import Listing
from service.domain.match import Understanding
from service.domain.person import Contact, Profile
from service.domain.pool import ListingVectors
from service.domain.records import SavedUnderstanding
from service.domain.work_said import Crowd, Said, Shares

LISTING: Final = TypeAdapter(Listing)
CORRIDOR: Final = TypeAdapter(Corridor)
PROFILE: Final = TypeAdapter(Profile)
CONTACT: Final = TypeAdapter(Contact)
READING: Final = TypeAdapter(tuple[Understanding, str, tuple[str, ...]])
READING_FORMAT: Final = 4
"""Counts the ways readings were packed: one packed otherwise is done again."""
_SAID: Final = struct.Struct("<HHIff")
"""Rows (the whole and p phrases), groups kept of each, bytes of n-grams, `sure`, `years`."""
_MOST_OFTEN: Final = 255
_SIGN_AND_HALF: Final = np.int32(-0x70002000)
"""The bits 31 and 13 to 27: what a half float leaves in a float, moved there."""
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
    rows = _floats(packed).reshape(-1, dimensions)
    return ListingVectors(whole=rows[0], requirements=rows[1:])


def reading_to_bytes(saved: SavedUnderstanding) -> bytes:
    """Pack the words of a reading; its numbers are packed apart."""
    return READING.dump_json((saved.understanding, saved.work_text, saved.texts))


def reading_from_bytes(
    packed: bytes, numbers: bytes | None, model: ModelIdentity
) -> SavedUnderstanding:
    """Undo `reading_to_bytes` and `said_to_bytes` for a reading made by `model`."""
    understanding, work_text, texts = READING.validate_json(packed)
    said = said_from_bytes(numbers, model.dimensions) if numbers is not None else None
    nothing = np.zeros((0, model.dimensions), dtype=np.float32)
    return SavedUnderstanding(
        understanding=understanding,
        work_text=work_text,
        vectors=said.vectors if said is not None else nothing,
        model=model,
        texts=texts,
        said=said,
    )


def said_to_bytes(said: Said) -> bytes:
    """Pack what is scored: counts, two numbers, then each array; floats as half floats.

    Apart from the words, because a search among many people reads these numbers alone.
    """
    p, k = said.shares.groups.shape
    grams = b"" if said.grams is None else _grams_to_bytes(said.grams)
    return b"".join(
        (
            _SAID.pack(p, k, len(grams), said.sure, said.years),
            np.asarray(said.present, dtype="u1").tobytes(),
            grams,
            np.asarray(said.vectors).astype("<f2").tobytes(),
            said.shares.groups.astype("<u2").tobytes(),
            said.shares.parts.astype("<f2").tobytes(),
        )
    )


def said_from_bytes(packed: bytes, dimensions: int) -> Said:
    """Undo `said_to_bytes`; vectors have `dimensions` columns."""
    p, k, size, sure, years = _SAID.unpack_from(packed)
    at = _SAID.size
    present = np.frombuffer(packed, dtype=np.bool_, count=p - 1, offset=at)
    at += p - 1
    grams = _grams_from_bytes(packed[at : at + size]) if size else None
    at += size
    end = at + 2 * p * dimensions
    return Said(
        vectors=_halves([packed[at:end]], dimensions),
        shares=_shares([packed[end:]], k),
        sure=sure,
        years=years,
        present=present,
        grams=grams,
    )


def crowd_from_bytes(packed: Sequence[bytes], dimensions: int) -> Crowd:
    """Undo `said_to_bytes` for m people at once; raises ValueError where they do not fit."""
    heads = [_SAID.unpack_from(one) for one in packed]
    vectors, shares, present, grams = [], [], [], []
    for one, (p, _, size, *_rest) in zip(packed, heads, strict=True):
        at = _SAID.size + p - 1
        present.append(one[_SAID.size : at])
        grams.append(one[at : at + size])
        end = at + size + 2 * p * dimensions
        vectors.append(one[at + size : end])
        shares.append(one[end:])
    width = heads[0][1] if heads else 0
    return Crowd(
        vectors=_halves(vectors, dimensions),
        shares=_shares(shares, width),
        starts=np.cumsum([0, *(p for p, *_ in heads)]),
        sure=np.array([sure for *_, sure, _ in heads], np.float32),
        years=np.array([years for *_, years in heads], np.float32),
        present=np.frombuffer(b"".join(present), np.bool_),
        grams=_many_grams_from_bytes(grams),
    )


def _halves(some: Sequence[bytes], columns: int) -> Vectors:
    rows = _floats(b"".join(some))
    return rows.reshape(-1, columns) if columns else rows.reshape(0, 0)


def _floats(halves: bytes) -> npt.NDArray[np.float32]:
    """Return half floats as floats, exactly as `astype` would, in a third of its time.

    Their exponents and digits are moved to where a float has its own, and 2 ** 112 makes up for
    the bias between the two. There is no infinity and no NaN among them.
    """
    moved = np.frombuffer(halves, dtype="<i2").astype(np.int32)
    moved <<= 13
    moved &= _SIGN_AND_HALF
    found = moved.view(np.float32)
    found *= np.float32(2.0**112)
    return found


def _shares(some: Sequence[bytes], columns: int) -> Shares:
    """Undo how each of `some` holds its texts' groups and after these how much of each."""
    groups = b"".join(one[: len(one) // 2] for one in some)
    parts = b"".join(one[len(one) // 2 :] for one in some)
    shape = (-1, columns) if columns else (0, 0)
    return Shares(
        groups=np.frombuffer(groups, dtype="<u2").reshape(shape),
        parts=_floats(parts).reshape(shape),
    )


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


def _many_grams_from_bytes(packed: Sequence[bytes]) -> ManyGrams:
    sizes = [len(one) // 5 for one in packed]
    features = b"".join(one[: 4 * k] for one, k in zip(packed, sizes, strict=True))
    counts = b"".join(one[4 * k :] for one, k in zip(packed, sizes, strict=True))
    return ManyGrams(
        features=np.frombuffer(features, dtype="<i4"),
        counts=np.frombuffer(counts, dtype="u1").astype(np.float32),
        sizes=np.array(sizes, np.int64),
    )
