"""What a listing asks for, as phrases; and its own text, as the encoder reads it."""

from typing import Final

from service.domain.listing import Kind, Listing
from service.domain.text import visible
from service.skills.segment import phrases

_MOST: Final = 12


def requirement_texts(listing: Listing) -> list[str]:
    """Return the title, then what the listing asks for (a training: what it leads to).

    Without skills or outcomes, clauses of the description stand in, so that a bare advert
    still has something to be compared with.
    """
    asked = listing.skills
    if listing.kind in {Kind.TRAINING, Kind.ENTERPRISE}:
        asked = (*listing.outcomes, *listing.skills)
    texts = [visible(text) for text in asked if text.strip()]
    if not texts and listing.description:
        texts = [visible(one) for one in phrases(listing.description) if len(one.split()) > 1]
    unique = dict.fromkeys(texts[:_MOST])
    return [visible(listing.title), *unique]


def stated_requirements(listing: Listing) -> list[str]:
    """Return only the requirements the listing states itself, as it words them.

    These stand in rows 1.. of its requirement vectors; clauses of a description do not
    count, because nobody asked for them.
    """
    if not listing.skills and not listing.outcomes:
        return []
    return requirement_texts(listing)[1:]


def whole_text(listing: Listing) -> str:
    """Return title and requirements as one text."""
    title, *rest = requirement_texts(listing)
    return f"{title}. {'; '.join(rest)}" if rest else title
