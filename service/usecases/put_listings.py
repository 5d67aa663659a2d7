"""Take listings in: encode what changed, store, and let the index follow."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from service.domain.listing import Listing, StoredListing
from service.domain.pool import ListingVectors
from service.domain.records import Put, Written
from service.ports import ProgressBar, Tools
from service.skills.requirements import requirement_texts, whole_text
from service.usecases.clean_text import encoded_listings

_BATCH: Final = 256


def put_listing(tools: Tools, put: Put[Listing]) -> Written[StoredListing]:
    """Create, change or leave one listing; it can be matched when this returns."""
    return put_listings(tools, [put])[0]


def put_listings(
    tools: Tools, puts: Sequence[Put[Listing]], bar: ProgressBar | None = None
) -> list[Written[StoredListing]]:
    """Take in many listings, some hundreds per transaction; encode outside of any."""
    written: list[Written[StoredListing]] = []
    for start in range(0, len(puts), _BATCH):
        batch = puts[start : start + _BATCH]
        made = listing_vectors(tools, [put.content for put in batch])
        ready = [
            replace(put, vectors=vectors, model=tools.encoder.model)
            for put, vectors in zip(batch, made, strict=True)
        ]
        written += tools.store.put_listings(ready)
        if bar is not None:
            bar.advance(len(batch))
    tools.index.follow()
    return written


def encode_missing(tools: Tools, bar: ProgressBar | None = None) -> int:
    """Encode every listing that has no vectors of this model; return how many there were."""
    model, done = tools.encoder.model, 0
    while lacking := tools.store.listings_without_vectors(model, _BATCH):
        made = listing_vectors(tools, [stored.content for stored in lacking])
        ids = [stored.id for stored in lacking]
        tools.store.put_listing_vectors(model, dict(zip(ids, made, strict=True)))
        done += len(lacking)
        if bar is not None:
            bar.advance(len(lacking))
    tools.index.follow()
    return done


def listing_vectors(tools: Tools, listings: Sequence[Listing]) -> list[ListingVectors]:
    """Encode listings; a text that several of them share is encoded once."""
    wholes = [whole_text(listing) for listing in listings]
    asked = [requirement_texts(listing) for listing in listings]
    texts = list(dict.fromkeys(text for some in (wholes, *asked) for text in some))
    rows = {text: row for row, text in enumerate(texts)}
    vectors = encoded_listings(tools, texts)
    return [
        ListingVectors(
            whole=vectors[rows[whole]], requirements=vectors[[rows[text] for text in asks]]
        )
        for whole, asks in zip(wholes, asked, strict=True)
    ]
