"""Propose listings of other sources that may be the same vacancy; keep what somebody says of it."""

from collections.abc import Sequence
from typing import Final

from service.domain.errors import FieldProblem, InvalidInputError
from service.domain.listing import Listing, StoredListing
from service.domain.twins import Twin
from service.ports import Tools
from service.rules.twins import likeness
from service.usecases.see_listing import seen_listing

_LOOKED_AT: Final = 50
"""How many of a title, and of an employer, are compared: the newest."""
_SHOWN: Final = 5


def proposed_twins(
    tools: Tools, contents: Sequence[Listing], organisation_id: str, source: str
) -> list[tuple[str, ...]]:
    """Return, for each listing a source is about to write, ids of what may be the same."""
    found = _alike(tools, contents, organisation_id, (organisation_id, source))
    return [tuple(one.listing.id for one in some) for some in found]


def twins_of(tools: Tools, organisation_id: str, listing_id: str) -> tuple[Twin, ...]:
    """Return what may be, and what was said to be, the same as a listing; raise NotFoundError.

    Only what the organisation may know of. What it said to be different comes last.
    """
    stored = seen_listing(tools, organisation_id, listing_id)
    source = (stored.organisation_id, stored.source)
    alike = _alike(tools, [stored.content], organisation_id, source)[0]
    said = tools.store.said_of_pairs(organisation_id, listing_id)
    proposed = {one.listing.id: one for one in alike}
    more = tools.store.listings([name for name in said if name not in proposed])
    listings = {name: one.listing for name, one in proposed.items()} | more
    found = [
        Twin(listing, likeness(stored.content, listing.content), said.get(name))
        for name, listing in listings.items()
        if listing.is_visible_to(organisation_id)
    ]
    order = {True: 0, None: 1, False: 2}
    return tuple(sorted(found, key=lambda one: (order[one.same], -(one.likeness or 0))))


def say_of_pair(
    tools: Tools, organisation_id: str, listing_id: str, other_id: str, *, same: bool
) -> None:
    """Keep whether two listings are one vacancy: for this organisation's own answers.

    Raises NotFoundError where it may not know of one of them.
    """
    for name in (listing_id, other_id):
        seen_listing(tools, organisation_id, name)
    if listing_id == other_id:
        message = "A listing is itself; name another one."
        raise InvalidInputError(message, problems=(FieldProblem("/other_id", message),))
    tools.store.say_of_pair(
        organisation_id, (listing_id, other_id), same=same, at=tools.clock.now()
    )


def twins_by_id(sets: Sequence[frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return of each listing the set of those that were confirmed to be the same, itself too."""
    return {name: names for names in sets for name in names}


def _alike(
    tools: Tools, contents: Sequence[Listing], viewer: str, source: tuple[str, str]
) -> list[list[Twin]]:
    """Return the likeliest of each, the likeliest first; none of the same source.

    That one knows its own.
    """
    found = tools.store.listings_sharing_blocks(contents, viewer, source, _LOOKED_AT)
    return [_likeliest(content, some) for content, some in zip(contents, found, strict=True)]


def _likeliest(content: Listing, found: Sequence[StoredListing]) -> list[Twin]:
    twins = [
        Twin(stored, alike)
        for stored in found
        if (alike := likeness(content, stored.content)) is not None
    ]
    return sorted(twins, key=lambda one: (-(one.likeness or 0), one.listing.id))[:_SHOWN]
