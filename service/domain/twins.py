"""The same vacancy from two sources: what it may be found by, and what somebody said of a pair."""

import hashlib
from dataclasses import dataclass
from typing import Final

from service.domain.listing import Listing, StoredListing
from service.domain.text import skeleton

_FORMS: Final = frozenset(
    {
        *("ltd", "limited", "llc", "plc", "inc", "co", "company", "corp", "corporation", "pvt"),
        *("private", "gmbh", "fze", "fzc", "wll", "est", "sdn", "bhd", "sarl", "group"),
        *("the", "and", "of"),
    }
)
_BLOCK_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Twin:
    """A listing that may be the same as another. likeness: 0..1. same: as an organisation said."""

    listing: StoredListing
    likeness: float | None
    same: bool | None = None


def employer_words(listing: Listing) -> frozenset[str]:
    """Return the words an employer is known by, without its legal form."""
    return frozenset(skeleton(listing.employer or "").split()) - _FORMS


def blocks_of(listing: Listing) -> tuple[str, ...]:
    """Return short names that two adverts of one vacancy share, one of them at least.

    Of the title's words in whatever order, and of the employer: each with kind and country.
    """
    title = " ".join(sorted(skeleton(listing.title).split()))
    employer = " ".join(sorted(employer_words(listing)))
    said = [("title", title), ("employer", employer)]
    return tuple(
        hashlib.blake2b(
            f"{name}\x1f{listing.kind}\x1f{listing.country}\x1f{words}".encode(),
            digest_size=_BLOCK_BYTES,
        ).hexdigest()
        for name, words in said
        if words
    )
