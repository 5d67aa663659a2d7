"""/v1/keys and /v1/organisations: who may come in."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, status
from pydantic import Field

from service.api.fields import Line, Model, Moment
from service.domain.access import ApiKey, Caller, Organisation, Scope
from service.domain.audit import Action
from service.domain.errors import FieldProblem, ForbiddenError, InvalidInputError
from service.usecases.manage_keys import FIRST_ORGANISATION, new_key, revoke_key
from service.web.access import ToolsDep, only_known_parameters, with_scope
from service.web.audit import Accessing, Shown

router = APIRouter(prefix="/v1", tags=["keys"], dependencies=[Depends(only_known_parameters)])

Admin = Annotated[Caller, Depends(with_scope(Scope.ADMIN))]
Making = Annotated[Shown, Depends(Accessing(Action.KEY_CREATE, at_once=True))]
Revoking = Annotated[Shown, Depends(Accessing(Action.KEY_REVOKE, at_once=True))]
Founding = Annotated[Shown, Depends(Accessing(Action.ORGANISATION_CREATE, at_once=True))]


class KeyIn(Model):
    """A key to be made. Without an organisation it is for your own."""

    name: Line
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    organisation: Annotated[str, Field(max_length=100)] | None = None
    expires_at: Moment | None = None


class KeyOut(Model):
    """A key's record, without its secret."""

    id: str
    name: str
    organisation: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class NewKeyOut(KeyOut):
    """A new key with its secret, which is shown this once."""

    key: str


class KeyPage(Model):
    """All keys you may see."""

    items: list[KeyOut]
    next_cursor: str | None = None


class OrganisationModel(Model):
    """An organisation that has people and listings of its own."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,60}$", examples=["north-ngo"])]
    name: Line


class OrganisationPage(Model):
    """All organisations you may see."""

    items: list[OrganisationModel]
    next_cursor: str | None = None


@router.post("/keys", status_code=status.HTTP_201_CREATED, operation_id="create_key")
def post_key(body: KeyIn, tools: ToolsDep, caller: Admin, shown: Making) -> NewKeyOut:
    """Make a key. A repeat makes another one: a secret cannot be shown twice."""
    organisation = body.organisation or caller.organisation_id
    if organisation != caller.organisation_id:
        _require_first(caller)
    expires_at = _in_utc(body.expires_at)
    if organisation not in {one.id for one in tools.store.organisations()}:
        problem = FieldProblem("/organisation", "There is no such organisation.")
        raise InvalidInputError(problem.detail, problems=(problem,))
    key, secret = new_key(tools, organisation, body.name, frozenset(body.scopes), expires_at)
    shown.of(key.id)
    return NewKeyOut(**_fields(key), key=secret)


@router.get("/keys", operation_id="list_keys")
def list_keys(tools: ToolsDep, caller: Admin) -> KeyPage:
    """List the keys you may see, revoked ones included."""
    return KeyPage(items=[KeyOut(**_fields(key)) for key in tools.store.keys(_reach(caller))])


@router.delete("/keys/{key_id}", status_code=status.HTTP_204_NO_CONTENT, operation_id="delete_key")
def delete_key(
    key_id: Annotated[str, Path(max_length=100)], tools: ToolsDep, caller: Admin, shown: Revoking
) -> None:
    """Revoke a key; it opens nothing from now on."""
    revoke_key(tools, caller, key_id, within=_reach(caller))
    shown.of(key_id)


@router.post(
    "/organisations",
    status_code=status.HTTP_201_CREATED,
    operation_id="create_organisation",
    responses={409: {}},
)
def post_organisation(
    body: OrganisationModel,
    tools: ToolsDep,
    caller: Admin,
    shown: Founding,
) -> OrganisationModel:
    """Add an organisation."""
    _require_first(caller)
    tools.store.add_organisation(Organisation(body.id, body.name, tools.clock.now()))
    shown.of(body.id)
    return body


@router.get("/organisations", operation_id="list_organisations")
def list_organisations(tools: ToolsDep, caller: Admin) -> OrganisationPage:
    """List the organisations you may see."""
    reach = _reach(caller)
    return OrganisationPage(
        items=[
            OrganisationModel(id=one.id, name=one.name)
            for one in tools.store.organisations()
            if reach is None or one.id == reach
        ]
    )


def _in_utc(moment: datetime | None) -> datetime | None:
    """Return a moment in UTC, the zone everything is stored in; raise InvalidInputError."""
    if moment is None:
        return None
    detail = "Give a time zone, such as 2030-01-31T00:00:00Z."
    if moment.tzinfo is not None:
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            detail = "This moment is beyond the calendar."
    raise InvalidInputError(detail, problems=(FieldProblem("/expires_at", detail),))


def _reach(caller: Caller) -> str | None:
    """Return the one organisation an administrator manages, None for all of them."""
    return None if caller.organisation_id == FIRST_ORGANISATION else caller.organisation_id


def _require_first(caller: Caller) -> None:
    if _reach(caller) is not None:
        message = "Only administrators of the first organisation manage other organisations."
        raise ForbiddenError(message)


def _fields(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "organisation": key.organisation_id,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }
