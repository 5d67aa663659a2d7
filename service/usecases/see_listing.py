"""Which listing is shown to whom: for whoever names one by its id."""

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
