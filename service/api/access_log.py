"""/v1/access-log: who has done what with whose record."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from typing_extensions import TypeAliasType

from service.api.common import Cursor, Limit, read_cursor, write_cursor
from service.api.fields import Model, Moment
from service.domain.access import Caller, Scope
from service.domain.audit import AccessQuery, Action, LoggedAccess
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.read_log import read_log
from service.web.access import ToolsDep, only_known_parameters, with_scope
from service.web.audit import Accessing, AccessLog, Shown

router = APIRouter(
    prefix="/v1/access-log", tags=["access log"], dependencies=[Depends(only_known_parameters)]
)

Admin = Annotated[Caller, Depends(with_scope(Scope.ADMIN))]
Reading = Annotated[Shown, Depends(Accessing(Action.LOG_READ))]


Allowed = TypeAliasType("Allowed", Literal["allowed", "refused"])


class AccessOut(Model):
    """One line. `key` and `request_id` are null where another organisation did it.

    `sequence` counts everybody's lines, so only the first organisation is told it.
    """

    sequence: int | None
    at: datetime
    organisation: str
    key: str | None
    action: Action
    subjects: list[str]
    outcome: Allowed
    code: str | None
    request_id: str | None

    @classmethod
    def of(cls, logged: LoggedAccess, *, numbered: bool) -> "AccessOut":
        """Write a line out."""
        access = logged.access
        return cls.model_construct(
            sequence=logged.sequence if numbered else None,
            at=access.at,
            organisation=access.organisation_id,
            key=access.key_id or None,
            action=access.action,
            subjects=list(access.subjects),
            outcome="allowed" if access.refused is None else "refused",
            code=access.refused,
            request_id=access.request_id or None,
        )


class AccessPage(Model):
    """Some lines in the order they were written."""

    items: list[AccessOut]
    next_cursor: str | None


@router.get("", operation_id="list_accesses")
def page(  # noqa: PLR0913 - one parameter per query parameter
    request: Request,
    tools: ToolsDep,
    caller: Admin,
    shown: Reading,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
    returnee_id: Annotated[
        str | None, Query(pattern=r"^ret_[0-9a-f]{32}$", description="On this person only.")
    ] = None,
    since: Annotated[Moment | None, Query(description="From this moment on.")] = None,
    action: Annotated[Action | None, Query()] = None,
) -> AccessPage:
    """List what your organisation's keys did, or, of one of your people, what anybody did."""
    after = read_cursor(tools, caller, "access-log", cursor)
    since = since and since.astimezone(UTC)
    query = AccessQuery(subject=returnee_id, since=since, action=action)
    accesses: AccessLog = request.app.state.accesses
    accesses.flush()
    found = read_log(tools, caller, query, after=after, limit=limit)
    if returnee_id is not None:
        shown.of(returnee_id)
    numbered = caller.organisation_id == FIRST_ORGANISATION
    return AccessPage(
        items=[AccessOut.of(one, numbered=numbered) for one in found.items],
        next_cursor=write_cursor(tools, caller, "access-log", found.next_after),
    )
