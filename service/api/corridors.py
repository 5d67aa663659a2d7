"""/v1/corridors: which countries are closed to whose workers, since when, on whose word."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from service.api.common import (
    Cursor,
    IfMatch,
    Limit,
    etag,
    expected_version,
    must_revalidate,
    read_cursor,
    write_cursor,
)
from service.api.fields import CountryCode, Day, Line, Model, Words
from service.domain.access import Caller, Scope
from service.domain.audit import Action
from service.domain.corridor import Corridor, CorridorStatus, StoredCorridor
from service.web.access import CallerDep, ToolsDep, only_known_parameters, with_scope
from service.web.audit import Accessing, Shown
from service.web.once import OnceDep

router = APIRouter(
    prefix="/v1/corridors", tags=["corridors"], dependencies=[Depends(only_known_parameters)]
)

Writer = Annotated[Caller, Depends(with_scope(Scope.CORRIDORS_WRITE))]
Changing = Annotated[Shown, Depends(Accessing(Action.CORRIDOR_CHANGE, at_once=True))]


class CorridorIn(Model):
    """A rule from one country to another. Closed unless it says open; no dates: until changed."""

    origin: CountryCode
    destination: CountryCode
    status: CorridorStatus = CorridorStatus.CLOSED
    visa_class: Annotated[
        Line | None,
        Field(
            description="Visas it covers, such as employment; none: all.", examples=["employment"]
        ),
    ] = None
    starts: Annotated[Day | None, Field(alias="from", description="Its first day.")] = None
    ends: Annotated[Day | None, Field(alias="to", description="Its last day.")] = None
    reason: Annotated[Words, Field(description="Why, in words an officer can pass on.")]
    source: Annotated[Line, Field(description="Whose word this is.")]
    last_verified: Day | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.origin == self.destination:
            detail = "origin and destination are the same country."
            raise PydanticCustomError("homeward", detail)
        if self.starts is not None and self.ends is not None and self.ends < self.starts:
            detail = "to lies before from."
            raise PydanticCustomError("homeward", detail)
        return self

    def to_domain(self) -> Corridor:
        """Return the domain value."""
        return Corridor(
            origin=self.origin,
            destination=self.destination,
            status=self.status,
            visa_class=self.visa_class,
            starts=self.starts,
            ends=self.ends,
            reason=self.reason,
            source=self.source,
            last_verified=self.last_verified,
        )


class CorridorBody(CorridorIn):
    """A corridor as it was at some time."""

    @classmethod
    def written(cls, content: Corridor) -> dict[str, object]:
        """Return a corridor's fields under their names on the wire."""
        return {
            "origin": content.origin,
            "destination": content.destination,
            "status": content.status,
            "visa_class": content.visa_class,
            "starts": content.starts,
            "ends": content.ends,
            "reason": content.reason,
            "source": content.source,
            "last_verified": content.last_verified,
        }


class CorridorOut(CorridorBody):
    """A corridor on the register."""

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    changed_by: str | None

    @classmethod
    def of(cls, stored: StoredCorridor) -> "CorridorOut":
        """Write a corridor out."""
        return cls.model_construct(
            **cls.written(stored.content),  # type: ignore[arg-type]
            id=stored.id,
            version=stored.version,
            created_at=stored.created_at,
            updated_at=stored.updated_at,
            changed_by=stored.changed_by,
        )


class CorridorPage(Model):
    """Some corridors in order of recording."""

    items: list[CorridorOut]
    next_cursor: str | None


class CorridorVersionOut(Model):
    """One version of a corridor; `corridor` null: it was removed then."""

    version: int
    at: datetime
    changed_by: str | None
    corridor: CorridorBody | None


class CorridorHistory(Model):
    """Everything a corridor ever said, the first version first."""

    items: list[CorridorVersionOut]


@router.post("", status_code=status.HTTP_201_CREATED, operation_id="create_corridor")
def post(  # noqa: PLR0913 - one parameter per part of the request
    body: CorridorIn,
    response: Response,
    tools: ToolsDep,
    caller: Writer,
    shown: Changing,
    once: OnceDep,
) -> CorridorOut:
    """Record a corridor. It holds for every match from now on."""
    with once.acting():
        stored = tools.store.add_corridor(body.to_domain(), tools.clock.now(), caller.key_id)
    shown.of(stored.id)
    response.headers["ETag"] = etag(stored.version)
    response.headers["Location"] = f"/v1/corridors/{stored.id}"
    return CorridorOut.of(stored)


@router.get("", operation_id="list_corridors")
def page(  # noqa: PLR0913 - one parameter per query parameter
    tools: ToolsDep,
    caller: CallerDep,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
    origin: Annotated[CountryCode | None, Query()] = None,
    destination: Annotated[CountryCode | None, Query()] = None,
) -> CorridorPage:
    """List corridors in order of recording."""
    found = tools.store.page_of_corridors(
        after=read_cursor(tools, caller, "corridors", cursor),
        limit=limit,
        origin=origin,
        destination=destination,
    )
    return CorridorPage(
        items=[CorridorOut.of(one) for one in found.items],
        next_cursor=write_cursor(tools, caller, "corridors", found.next_after),
    )


@router.get("/{corridor_id}", operation_id="get_corridor")
def get(corridor_id: str, response: Response, tools: ToolsDep, _: CallerDep) -> CorridorOut:
    """Read one corridor."""
    stored = tools.store.corridor(corridor_id)
    must_revalidate(response)
    response.headers["ETag"] = etag(stored.version)
    return CorridorOut.of(stored)


@router.get("/{corridor_id}/history", operation_id="get_corridor_history")
def history(corridor_id: str, tools: ToolsDep, _: CallerDep) -> CorridorHistory:
    """Read what a corridor said before, and who changed it."""
    return CorridorHistory(
        items=[
            CorridorVersionOut(
                version=one.version,
                at=one.at,
                changed_by=one.changed_by,
                corridor=None
                if one.content is None
                else CorridorBody.model_construct(**CorridorBody.written(one.content)),  # type: ignore[arg-type]
            )
            for one in tools.store.corridor_history(corridor_id)
        ]
    )


@router.put("/{corridor_id}", operation_id="put_corridor")
def put(  # noqa: PLR0913 - one parameter per part of the request
    corridor_id: str,
    body: CorridorIn,
    response: Response,
    tools: ToolsDep,
    caller: Writer,
    shown: Changing,
    if_match: IfMatch = None,
) -> CorridorOut:
    """Replace what is recorded; what it said before stays in its history."""
    stored = tools.store.change_corridor(
        corridor_id,
        body.to_domain(),
        tools.clock.now(),
        caller.key_id,
        expected_version(if_match),
    )
    shown.of(stored.id)
    response.headers["ETag"] = etag(stored.version)
    return CorridorOut.of(stored)


@router.delete(
    "/{corridor_id}", status_code=status.HTTP_204_NO_CONTENT, operation_id="delete_corridor"
)
def delete(
    corridor_id: str, tools: ToolsDep, caller: Writer, shown: Changing, if_match: IfMatch = None
) -> None:
    """Take a corridor off the register; its history stays readable."""
    tools.store.remove_corridor(
        corridor_id, tools.clock.now(), caller.key_id, expected_version(if_match)
    )
    shown.of(corridor_id)
