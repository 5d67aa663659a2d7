"""/v1/outcomes: what came of recommendations, as a feed."""

from datetime import datetime, timedelta
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
    read_cursor,
    write_cursor,
)
from service.api.fields import Model, Moment, Words
from service.domain.access import Caller, Scope
from service.domain.audit import Action
from service.domain.errors import FieldProblem, InvalidInputError
from service.domain.outcome import DeclineReason, Outcome, OutcomeKind, StoredOutcome
from service.domain.records import Effect
from service.usecases.read_shared import page_of_outcomes, seen_outcome
from service.usecases.record_outcome import record_outcome, take_back_outcome
from service.web.access import ToolsDep, only_known_parameters, with_scope
from service.web.audit import Accessing, Shown
from service.web.once import OnceDep

router = APIRouter(
    prefix="/v1/outcomes", tags=["outcomes"], dependencies=[Depends(only_known_parameters)]
)

Reader = Annotated[Caller, Depends(with_scope(Scope.OUTCOMES_READ))]
Writer = Annotated[Caller, Depends(with_scope(Scope.OUTCOMES_WRITE))]
Reporting = Annotated[Shown, Depends(Accessing(Action.OUTCOME_REPORT, at_once=True))]
Removing = Annotated[Shown, Depends(Accessing(Action.OUTCOME_REMOVE, at_once=True))]
Reading = Annotated[Shown, Depends(Accessing(Action.OUTCOME_READ))]
Listing = Annotated[Shown, Depends(Accessing(Action.OUTCOME_LIST))]
_SKEW = timedelta(minutes=5)


class OutcomeIn(Model):
    """One stage reached by one person with one listing."""

    returnee: Annotated[str, Field(min_length=1, max_length=100, description="Its id.")]
    listing: Annotated[str, Field(min_length=1, max_length=100, description="Its id.")]
    outcome: OutcomeKind
    reason: Annotated[
        DeclineReason | None, Field(description="Why it was declined; required there.")
    ] = None
    note: Annotated[Words | None, Field(max_length=2000, description="Encrypted at rest.")] = None
    at: Annotated[Moment | None, Field(description="When it happened; unset: now.")] = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        declined = self.outcome is OutcomeKind.DECLINED
        if declined != (self.reason is not None):
            detail = (
                "A declined outcome needs a reason; other may be the honest one."
                if declined
                else "Only a declined outcome has a reason; use note for the rest."
            )
            raise PydanticCustomError("homeward", detail)
        return self


class OutcomeOut(Model):
    """An outcome as it is kept. organisation: who reported it."""

    id: str
    organisation: str
    returnee: str
    listing: str
    outcome: OutcomeKind
    reason: DeclineReason | None
    note: str | None
    at: datetime
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, stored: StoredOutcome) -> "OutcomeOut":
        """Write a stored outcome out."""
        content = stored.content
        assert content.at is not None  # noqa: S101 - the store has filled it in
        return cls.model_construct(
            id=stored.id,
            organisation=stored.organisation_id,
            returnee=content.returnee_id,
            listing=content.listing_id,
            outcome=content.kind,
            reason=content.reason,
            note=content.note,
            at=content.at,
            created_at=stored.created_at,
            updated_at=stored.updated_at,
        )


class OutcomePage(Model):
    """Some outcomes in order of their last change. next_cursor null: nothing newer yet."""

    items: list[OutcomeOut]
    next_cursor: str | None
    resume: Annotated[
        str | None, Field(description="Send this as cursor later, for what has changed since.")
    ]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses={200: {"model": OutcomeOut}, 404: {}},
    operation_id="create_outcome",
)
def post(  # noqa: PLR0913 - one parameter per part of the request
    body: OutcomeIn,
    response: Response,
    tools: ToolsDep,
    caller: Writer,
    shown: Reporting,
    once: OnceDep,
) -> OutcomeOut:
    """Report a stage. The same stage of the same pair again changes what you said of it."""
    shown.of(body.returnee)
    now = tools.clock.now()
    if body.at is not None and body.at > now + _SKEW:
        problem = FieldProblem("/at", "This has not happened yet.")
        raise InvalidInputError(f"/at: {problem.detail}", problems=(problem,))
    outcome = Outcome(
        returnee_id=body.returnee,
        listing_id=body.listing,
        kind=body.outcome,
        at=body.at,
        reason=body.reason,
        note=body.note,
    )
    with once.acting():
        written = record_outcome(tools, caller.organisation_id, outcome)
    if written.effect is not Effect.CREATED:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = f"/v1/outcomes/{written.record.id}"
    response.headers["ETag"] = etag(written.record.version)
    return OutcomeOut.of(written.record)


@router.get("", operation_id="list_outcomes")
def page(  # noqa: PLR0913 - one parameter per query parameter
    tools: ToolsDep,
    caller: Reader,
    shown: Listing,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
    returnee: Annotated[str | None, Query(max_length=100)] = None,
    listing: Annotated[str | None, Query(max_length=100)] = None,
    outcome: Annotated[OutcomeKind | None, Query()] = None,
) -> OutcomePage:
    """Read what you reported, and what others reported of your people, the latest change last."""
    after = read_cursor(tools, caller, "outcomes", cursor)
    wanted = {"returnee_id": returnee, "listing_id": listing, "kind": outcome}
    found = page_of_outcomes(
        tools,
        caller.organisation_id,
        after=after,
        limit=limit,
        where={name: str(value) for name, value in wanted.items() if value is not None},
    )
    shown.of(*dict.fromkeys(one.content.returnee_id for one in found.items))
    last = found.items[-1].sequence if found.items else after
    return OutcomePage(
        items=[OutcomeOut.of(one) for one in found.items],
        next_cursor=write_cursor(tools, caller, "outcomes", found.next_after),
        resume=write_cursor(tools, caller, "outcomes", last),
    )


@router.get("/{outcome_id}", operation_id="get_outcome")
def get(
    outcome_id: str, response: Response, tools: ToolsDep, caller: Reader, shown: Reading
) -> OutcomeOut:
    """Read one outcome."""
    stored = seen_outcome(tools, caller.organisation_id, outcome_id)
    shown.of(stored.content.returnee_id)
    response.headers["ETag"] = etag(stored.version)
    return OutcomeOut.of(stored)


@router.delete(
    "/{outcome_id}", status_code=status.HTTP_204_NO_CONTENT, operation_id="delete_outcome"
)
def delete(
    outcome_id: str, tools: ToolsDep, caller: Writer, shown: Removing, if_match: IfMatch = None
) -> None:
    """Take back what you reported by mistake."""
    stored = seen_outcome(tools, caller.organisation_id, outcome_id)
    shown.of(stored.content.returnee_id)
    version = expected_version(if_match)
    take_back_outcome(tools, caller.organisation_id, stored, if_version=version)
