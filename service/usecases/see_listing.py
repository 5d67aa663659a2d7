"""Which listing is shown to whom: for whoever names some by their ids."""

from collections.abc import Sequence

from service.domain.errors import NotFoundError
from service.domain.listing import StoredListing
from service.ports import Tools


def seen_listing(tools: Tools, viewer: str | None, listing_id: str) -> StoredListing:
    """Return a listing that an organisation may know of.

    Raises NotFoundError for one that is private to others, in the same words as for none.
    """
    stored = tools.store.listing(listing_id)
    if not stored.is_visible_to(viewer):
        message = "There is no such listing."
        raise NotFoundError(message)
    return stored


def seen_listings(
    tools: Tools, viewer: str | None, listing_ids: Sequence[str]
) -> dict[str, StoredListing]:
    """Return those of some listings that an organisation may know of, by id."""
    found = tools.store.listings(listing_ids)
    return {name: one for name, one in found.items() if one.is_visible_to(viewer)}
