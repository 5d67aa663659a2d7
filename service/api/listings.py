"""/v1/listings: what owners offer."""

from dataclasses import fields as dataclass_fields
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response, status

from service.api.checks import check_listing
from service.api.common import (
    Cursor,
    IfMatch,
    IfNoneMatch,
    Limit,
    etag,
    expected_version,
    must_revalidate,
    read_cursor,
    require_free_name,
    require_match,
    write_cursor,
)
from service.api.fields import CountryCode
from service.api.listing_models import ListingIn, ListingOut, ListingPage
from service.domain.access import Caller, Scope
from service.domain.imported import ImportKind
from service.domain.listing import Kind, Listing
from service.domain.records import Effect, Put
from service.usecases.find_twins import proposed_twins
from service.usecases.put_listings import put_listing
from service.usecases.see_listing import seen_listing
from service.web.access import ToolsDep, only_known_parameters, with_scope

router = APIRouter(
    prefix="/v1/listings", tags=["listings"], dependencies=[Depends(only_known_parameters)]
)

Reader = Annotated[Caller, Depends(with_scope(Scope.LISTINGS_READ))]
Writer = Annotated[Caller, Depends(with_scope(Scope.LISTINGS_WRITE))]
Source = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
ExternalId = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]

assert {x.name for x in dataclass_fields(Listing)} == set(ListingIn.model_fields)  # noqa: S101


@router.put(
    "/{source}/{external_id}", responses={201: {"model": ListingOut}}, operation_id="put_listing"
)
def put(  # noqa: PLR0913 - one parameter per part of the request
    source: Source,
    external_id: ExternalId,
    body: ListingIn,
    response: Response,
    tools: ToolsDep,
    caller: Writer,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> ListingOut:
    """Create or replace a listing under your own names for it. It can be matched at once.

    Listings of other sources that may be the same vacancy are named by `Link` headers of
    rel="duplicate"; see the duplicates of a listing.
    """
    require_free_name(ImportKind.LISTINGS, external_id)
    check_listing(tools, body)
    store, mine = tools.store, caller.organisation_id
    require_match(if_match, lambda: store.listing_by_source(mine, source, external_id))
    wanted = Put(
        organisation_id=caller.organisation_id,
        source=source,
        external_id=external_id,
        content=body.to_domain(),
        if_version=expected_version(if_match, if_none_match),
    )
    written = put_listing(tools, wanted)
    if written.effect is Effect.CREATED:
        response.status_code = status.HTTP_201_CREATED
        response.headers["Location"] = f"/v1/listings/{written.record.id}"
    response.headers["ETag"] = etag(written.record.version)
    alike = proposed_twins(tools, [wanted.content], wanted.organisation_id, source)[0]
    if alike:
        links = (f'</v1/listings/{one}>; rel="duplicate"' for one in alike)
        response.headers["Link"] = ", ".join(links)
    return ListingOut.of(written.record, caller.organisation_id)


@router.get("/{source}/{external_id}", operation_id="get_listing_by_source")
def get_by_source(
    source: Source, external_id: ExternalId, response: Response, tools: ToolsDep, caller: Reader
) -> ListingOut:
    """Read one of your listings by your own names for it."""
    stored = tools.store.listing_by_source(caller.organisation_id, source, external_id)
    must_revalidate(response)
    response.headers["ETag"] = etag(stored.version)
    return ListingOut.of(stored, caller.organisation_id)


@router.get("/{listing_id}", operation_id="get_listing")
def get(listing_id: str, response: Response, tools: ToolsDep, caller: Reader) -> ListingOut:
    """Read any listing by the id a match names."""
    stored = seen_listing(tools, caller.organisation_id, listing_id)
    must_revalidate(response)
    response.headers["ETag"] = etag(stored.version)
    return ListingOut.of(stored, caller.organisation_id)


@router.delete(
    "/{source}/{external_id}", status_code=status.HTTP_204_NO_CONTENT, operation_id="delete_listing"
)
def delete(
    source: Source,
    external_id: ExternalId,
    tools: ToolsDep,
    caller: Writer,
    if_match: IfMatch = None,
) -> None:
    """Remove one of your listings; no match shows it from now on."""
    stored = tools.store.listing_by_source(caller.organisation_id, source, external_id)
    tools.store.delete_listing(stored, if_version=expected_version(if_match))
    tools.index.follow()


@router.get("", operation_id="list_listings")
def page(  # noqa: PLR0913 - one parameter per query parameter
    tools: ToolsDep,
    caller: Reader,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
    kind: Annotated[Kind | None, Query()] = None,
    country: Annotated[CountryCode | None, Query()] = None,
    source: Annotated[str | None, Query(max_length=100)] = None,
) -> ListingPage:
    """List listings in order of creation."""
    wanted = {"kind": kind, "country": country, "source": source}
    found = tools.store.page_of_listings(
        after=read_cursor(tools, caller, "listings", cursor),
        limit=limit,
        where={name: str(value) for name, value in wanted.items() if value is not None},
        viewer=caller.organisation_id,
    )
    return ListingPage(
        items=[ListingOut.of(one, caller.organisation_id) for one in found.items],
        next_cursor=write_cursor(tools, caller, "listings", found.next_after),
    )
