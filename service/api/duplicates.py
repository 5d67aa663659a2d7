"""/v1/listings/{id}/duplicates: the same vacancy from other sources, proposed and confirmed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from service.api.fields import Flag, Model
from service.api.listing_models import ListingOut
from service.domain.access import Caller, Scope
from service.usecases.find_twins import say_of_pair, twins_of
from service.web.access import ToolsDep, only_known_parameters, with_scope

router = APIRouter(
    prefix="/v1/listings/{listing_id}/duplicates",
    tags=["listings"],
    dependencies=[Depends(only_known_parameters)],
)

Reader = Annotated[Caller, Depends(with_scope(Scope.LISTINGS_READ))]
Writer = Annotated[Caller, Depends(with_scope(Scope.LISTINGS_WRITE))]
Id = Annotated[str, Path(max_length=100)]


class DuplicateOut(Model):
    """A listing that may be the same vacancy."""

    listing: ListingOut
    likeness: Annotated[
        float | None, Field(description="0 to 1; null where the two say too different things.")
    ]
    same: Annotated[
        bool | None, Field(description="What your organisation said; null: nothing yet.")
    ]


class DuplicatesOut(Model):
    """What may be the same, the confirmed first; what you said to be different comes last."""

    items: list[DuplicateOut]
    next_cursor: None = None


class SameIn(Model):
    """Whether two listings are one vacancy."""

    same: Flag


class SameOut(Model):
    """What your organisation has said of two listings."""

    listing: str
    other: str
    same: bool


@router.get("", operation_id="list_duplicates")
def get(listing_id: Id, tools: ToolsDep, caller: Reader) -> DuplicatesOut:
    """List what may be the same vacancy as a listing, from other sources that you may see."""
    mine = caller.organisation_id
    return DuplicatesOut.model_construct(
        items=[
            DuplicateOut.model_construct(
                listing=ListingOut.of(one.listing, mine), likeness=one.likeness, same=one.same
            )
            for one in twins_of(tools, mine, listing_id)
        ],
        next_cursor=None,
    )


@router.put("/{other_id}", operation_id="judge_duplicate")
def put(listing_id: Id, other_id: Id, body: SameIn, tools: ToolsDep, caller: Writer) -> SameOut:
    """Say whether two listings are one vacancy. Of those that are, your matches show the best.

    It holds for your organisation's answers alone: nobody takes another's listing from others.
    """
    say_of_pair(tools, caller.organisation_id, listing_id, other_id, same=body.same)
    return SameOut(listing=listing_id, other=other_id, same=body.same)
