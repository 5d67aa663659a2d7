"""/v1/returnees: the people an organisation looks after."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response, status
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from service.api.checks import check_person
from service.api.common import (
    Cursor,
    IfMatch,
    IfNoneMatch,
    Limit,
    etag,
    expected_version,
    read_cursor,
    require_free_name,
    require_match,
    write_cursor,
)
from service.api.fields import CountryCode
from service.api.returnee_models import ReturneeIn, ReturneeOut, ReturneePage, as_input
from service.domain.access import Caller, Scope
from service.domain.audit import Action
from service.domain.imported import ImportKind
from service.domain.person import StoredPerson
from service.domain.records import Effect, Put, Written
from service.ports import Tools
from service.usecases.erase_person import erase_person
from service.usecases.register_person import register_person
from service.web.access import ToolsDep, only_known_parameters, with_scope
from service.web.audit import Accessing, Shown
from service.web.once import OnceDep

router = APIRouter(
    prefix="/v1/returnees", tags=["returnees"], dependencies=[Depends(only_known_parameters)]
)

Reader = Annotated[Caller, Depends(with_scope(Scope.RETURNEES_READ))]
Writer = Annotated[Caller, Depends(with_scope(Scope.RETURNEES_WRITE))]
Creating = Annotated[Shown, Depends(Accessing(Action.RETURNEE_CREATE, at_once=True))]
Changing = Annotated[Shown, Depends(Accessing(Action.RETURNEE_CHANGE, at_once=True))]
Erasing = Annotated[Shown, Depends(Accessing(Action.RETURNEE_ERASE, at_once=True))]
Reading = Annotated[Shown, Depends(Accessing(Action.RETURNEE_READ))]
Listing = Annotated[Shown, Depends(Accessing(Action.RETURNEE_LIST))]
Source = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
ExternalId = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]


@router.post(
    "", status_code=status.HTTP_201_CREATED, operation_id="create_returnee", responses={409: {}}
)
def post(  # noqa: PLR0913 - one parameter per part of the request
    body: ReturneeIn,
    response: Response,
    tools: ToolsDep,
    caller: Writer,
    shown: Creating,
    once: OnceDep,
) -> ReturneeOut:
    """Register a person."""
    with once.acting():
        _check(tools, caller, body)
        put = Put(organisation_id=caller.organisation_id, content=body.to_domain())
        return _written(tools, response, caller, shown, register_person(tools, put, body.contact()))


@router.put(
    "/{source}/{external_id}", responses={201: {"model": ReturneeOut}}, operation_id="put_returnee"
)
def put(  # noqa: PLR0913 - one parameter per part of the request
    source: Source,
    external_id: ExternalId,
    body: ReturneeIn,
    response: Response,
    tools: ToolsDep,
    caller: Writer,
    shown: Changing,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> ReturneeOut:
    """Create or replace a person under your own names for them."""
    require_free_name(ImportKind.RETURNEES, external_id)
    _check(tools, caller, body)
    store, mine = tools.store, caller.organisation_id
    require_match(if_match, lambda: store.person_by_source(mine, source, external_id))
    written = register_person(
        tools,
        Put(
            organisation_id=caller.organisation_id,
            source=source,
            external_id=external_id,
            content=body.to_domain(),
            if_version=expected_version(if_match, if_none_match),
            keeps_category=not caller.may(Scope.RESTRICTED),
        ),
        body.contact(),
    )
    answer = _written(tools, response, caller, shown, written)
    if written.effect is Effect.CREATED:
        response.status_code = status.HTTP_201_CREATED
    return answer


@router.get("/{returnee_id}", operation_id="get_returnee")
def get(
    returnee_id: str, response: Response, tools: ToolsDep, caller: Reader, shown: Reading
) -> ReturneeOut:
    """Read a person of your organisation."""
    person = tools.store.person(caller.organisation_id, returnee_id)
    shown.of(person.id)
    response.headers["ETag"] = etag(person.version)
    return ReturneeOut.of(tools, person, restricted=caller.may(Scope.RESTRICTED))


@router.get("/{source}/{external_id}", operation_id="get_returnee_by_source")
def get_by_source(  # noqa: PLR0913 - one parameter per part of the request
    source: Source,
    external_id: ExternalId,
    response: Response,
    tools: ToolsDep,
    caller: Reader,
    shown: Reading,
) -> ReturneeOut:
    """Read a person by your own names for them."""
    person = tools.store.person_by_source(caller.organisation_id, source, external_id)
    shown.of(person.id)
    response.headers["ETag"] = etag(person.version)
    return ReturneeOut.of(tools, person, restricted=caller.may(Scope.RESTRICTED))


@router.patch("/{returnee_id}", operation_id="patch_returnee")
def patch(  # noqa: PLR0913 - one parameter per part of the request
    returnee_id: str,
    body: dict[str, Any],
    response: Response,
    tools: ToolsDep,
    caller: Writer,
    shown: Changing,
    if_match: IfMatch = None,
) -> ReturneeOut:
    """Change some fields of a person, by JSON merge patch (RFC 7396): null removes.

    Also taken as `application/merge-patch+json`.
    """
    person = tools.store.person(caller.organisation_id, returnee_id)
    merged = _merged(as_input(person), body)
    try:
        model = ReturneeIn.model_validate(merged)
    except ValidationError as error:
        wrong = [
            {**one, "loc": ("body", *one["loc"]), "model": ReturneeIn} for one in error.errors()
        ]
        raise RequestValidationError(wrong) from error
    _check(tools, caller, model, changed=body)
    put = Put(
        organisation_id=caller.organisation_id,
        record_id=person.id,
        content=model.to_domain(),
        # What was read above is what was merged with, so nobody may have written between.
        if_version=person.version if if_match is None else expected_version(if_match),
        keeps_category=not caller.may(Scope.RESTRICTED),
    )
    return _written(tools, response, caller, shown, register_person(tools, put, model.contact()))


@router.delete(
    "/{returnee_id}", status_code=status.HTTP_204_NO_CONTENT, operation_id="delete_returnee"
)
def delete(
    returnee_id: str, tools: ToolsDep, caller: Writer, shown: Erasing, if_match: IfMatch = None
) -> None:
    """Erase a person and everything derived from their words."""
    person = tools.store.person(caller.organisation_id, returnee_id)
    shown.of(person.id)
    erase_person(tools, person, if_version=expected_version(if_match))


@router.get("", operation_id="list_returnees")
def page(  # noqa: PLR0913 - one parameter per query parameter
    tools: ToolsDep,
    caller: Reader,
    shown: Listing,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
    home_country: Annotated[CountryCode | None, Query()] = None,
    source: Annotated[str | None, Query(max_length=100)] = None,
) -> ReturneePage:
    """List the people of your organisation in order of creation."""
    wanted = {"home_country": home_country, "source": source}
    found = tools.store.page_of_people(
        caller.organisation_id,
        after=read_cursor(tools, caller, "returnees", cursor),
        limit=limit,
        where={name: value for name, value in wanted.items() if value is not None},
    )
    restricted = caller.may(Scope.RESTRICTED)
    shown.of(*(one.id for one in found.items))
    return ReturneePage(
        items=[ReturneeOut.of(tools, one, restricted=restricted) for one in found.items],
        next_cursor=write_cursor(tools, caller, "returnees", found.next_after),
    )


def _check(
    tools: Tools, caller: Caller, body: ReturneeIn, changed: dict[str, Any] | None = None
) -> None:
    said = body.model_fields_set if changed is None else changed.keys()
    check_person(tools, body, said, restricted=caller.may(Scope.RESTRICTED))


def _written(
    tools: Tools, response: Response, caller: Caller, shown: Shown, written: Written[StoredPerson]
) -> ReturneeOut:
    shown.of(written.record.id)
    if written.effect is Effect.CREATED:
        shown.action = Action.RETURNEE_CREATE
    response.headers["ETag"] = etag(written.record.version)
    if written.effect is Effect.CREATED:
        response.headers["Location"] = f"/v1/returnees/{written.record.id}"
    return ReturneeOut.of(tools, written.record, restricted=caller.may(Scope.RESTRICTED))


def _merged(into: Any, patch_: Any) -> Any:  # noqa: ANN401 - any JSON
    """Apply a JSON merge patch (RFC 7396)."""
    if not isinstance(patch_, dict):
        return patch_
    result = dict(into) if isinstance(into, dict) else {}
    for name, value in patch_.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name), value)
    return result
