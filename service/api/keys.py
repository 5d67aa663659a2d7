"""/v1/keys, /v1/principals and /v1/organisations: who may come in, and who has."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, status
from pydantic import Field

from service.api.fields import ORGANISATION_ID, Line, Model, Moment
from service.domain.access import ApiKey, Caller, Organisation, Scope
from service.domain.audit import Action
from service.domain.errors import FieldProblem, ForbiddenError, InvalidInputError
from service.usecases.manage_keys import (
    OVERLAP,
    administered_by,
    new_key,
    revoke_key,
    rotate_key,
)
from service.web.access import ToolsDep, only_known_parameters, with_scope
from service.web.audit import Accessing, Shown
from service.web.once import OnceDep

router = APIRouter(prefix="/v1", tags=["keys"], dependencies=[Depends(only_known_parameters)])

Admin = Annotated[Caller, Depends(with_scope(Scope.ADMIN))]
Making = Annotated[Shown, Depends(Accessing(Action.KEY_CREATE, at_once=True))]
Rotating = Annotated[Shown, Depends(Accessing(Action.KEY_ROTATE, at_once=True))]
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
    last_used_at: Annotated[datetime | None, Field(description="To within five minutes.")]
    former_secret_until: Annotated[
        datetime | None,
        Field(description="Until when the secret before the last rotation opens as well."),
    ]


class NewKeyOut(KeyOut):
    """A new key with its secret, which is shown this once."""

    key: str


class RotateIn(Model):
    """How a key's secret is exchanged."""

    overlap_hours: Annotated[
        int,
        Field(ge=0, le=720, strict=True, description="How long the secret before opens as well."),
    ] = int(OVERLAP.total_seconds() // 3600)


class PrincipalOut(Model):
    """A person who has signed in. id: as the access log names them under `key`."""

    id: str
    issuer: str
    subject: str
    organisation: str
    first_seen_at: datetime
    last_seen_at: Annotated[datetime, Field(description="To within five minutes.")]


class PrincipalPage(Model):
    """All people you may see who have signed in."""

    items: list[PrincipalOut]
    next_cursor: str | None = None


class KeyPage(Model):
    """All keys you may see."""

    items: list[KeyOut]
    next_cursor: str | None = None


class OrganisationModel(Model):
    """An organisation that has people and listings of its own."""

    id: Annotated[str, Field(pattern=ORGANISATION_ID, examples=["north-ngo"])]
    name: Line


class OrganisationPage(Model):
    """All organisations you may see."""

    items: list[OrganisationModel]
    next_cursor: str | None = None


@router.post("/keys", status_code=status.HTTP_201_CREATED, operation_id="create_key")
def post_key(
    body: KeyIn, tools: ToolsDep, caller: Admin, shown: Making, once: OnceDep
) -> NewKeyOut:
    """Make a key. Its secret is in this answer alone, and in that of the same Idempotency-Key."""
    organisation = body.organisation or caller.organisation_id
    if organisation != caller.organisation_id:
        _require_first(caller)
    expires_at = body.expires_at and body.expires_at.astimezone(UTC)
    if organisation not in {one.id for one in tools.store.organisations()}:
        problem = FieldProblem("/organisation", "There is no such organisation.")
        raise InvalidInputError(problem.detail, problems=(problem,))
    with once.acting():
        key, secret = new_key(tools, organisation, body.name, frozenset(body.scopes), expires_at)
    shown.of(key.id)
    return NewKeyOut(**_fields(key), key=secret)


@router.get("/keys", operation_id="list_keys")
def list_keys(tools: ToolsDep, caller: Admin) -> KeyPage:
    """List the keys you may see, revoked ones included."""
    return KeyPage(
        items=[KeyOut(**_fields(key)) for key in tools.store.keys(administered_by(caller))]
    )


@router.post("/keys/{key_id}/rotate", operation_id="rotate_key")
def post_rotate(  # noqa: PLR0913 - one parameter per part of the request
    key_id: Annotated[str, Path(max_length=100)],
    tools: ToolsDep,
    caller: Admin,
    shown: Rotating,
    once: OnceDep,
    body: RotateIn | None = None,
) -> NewKeyOut:
    """Give a key another secret, shown this once. The one before opens for a day, or as you say.

    Exchanged again, the secret before the last one opens nothing more.
    """
    shown.of(key_id)
    overlap = timedelta(hours=(body or RotateIn()).overlap_hours)
    with once.acting():
        key, secret = rotate_key(tools, key_id, within=administered_by(caller), overlap=overlap)
    return NewKeyOut(**_fields(key), key=secret)


@router.delete("/keys/{key_id}", status_code=status.HTTP_204_NO_CONTENT, operation_id="delete_key")
def delete_key(
    key_id: Annotated[str, Path(max_length=100)], tools: ToolsDep, caller: Admin, shown: Revoking
) -> None:
    """Revoke a key; it opens nothing from now on."""
    revoke_key(tools, caller, key_id, within=administered_by(caller))
    shown.of(key_id)


@router.get("/principals", operation_id="list_principals")
def list_principals(tools: ToolsDep, caller: Admin) -> PrincipalPage:
    """List people who have signed in: who it was that the access log names by an id."""
    return PrincipalPage(
        items=[
            PrincipalOut(
                id=one.id,
                issuer=one.issuer,
                subject=one.subject,
                organisation=one.organisation_id,
                first_seen_at=one.first_seen_at,
                last_seen_at=one.last_seen_at,
            )
            for one in tools.store.principals(administered_by(caller))
        ]
    )


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
    once: OnceDep,
) -> OrganisationModel:
    """Add an organisation."""
    _require_first(caller)
    with once.acting():
        tools.store.add_organisation(Organisation(body.id, body.name, tools.clock.now()))
    shown.of(body.id)
    return body


@router.get("/organisations", operation_id="list_organisations")
def list_organisations(tools: ToolsDep, caller: Admin) -> OrganisationPage:
    """List the organisations you may see."""
    reach = administered_by(caller)
    return OrganisationPage(
        items=[
            OrganisationModel(id=one.id, name=one.name)
            for one in tools.store.organisations()
            if reach is None or one.id == reach
        ]
    )


def _require_first(caller: Caller) -> None:
    if administered_by(caller) is not None:
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
        "former_secret_until": key.former_until,
    }
