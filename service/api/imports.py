"""/v1/imports: files of other makers, row by row, with a dry run first."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from python_multipart.multipart import parse_options_header
from starlette.formparsers import MultiPartException

from service.api.common import Cursor, Limit, read_cursor, write_cursor
from service.api.fields import CountryCode, CurrencyCode, Line
from service.api.import_models import ImportOut, ImportPage, RowOut, RowPage
from service.domain.access import Caller, Scope
from service.domain.audit import Action
from service.domain.batch import RowEffect, StoredBatch
from service.domain.errors import (
    FieldProblem,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    TooLargeError,
)
from service.domain.imported import FileFormat, ImportKind
from service.ports import Tools
from service.usecases.export_refused import refused_as_csv
from service.usecases.import_records import Upload, submit_import
from service.web.access import CallerDep, ToolsDep, only_known_parameters
from service.web.audit import Accessing, Shown
from service.web.uploads import InMemory

router = APIRouter(
    prefix="/v1/imports", tags=["imports"], dependencies=[Depends(only_known_parameters)]
)

Submitting = Annotated[Shown, Depends(Accessing(Action.IMPORT_SUBMIT, at_once=True))]
Reading = Annotated[Shown, Depends(Accessing(Action.IMPORT_READ))]
Listing = Annotated[Shown, Depends(Accessing(Action.IMPORT_LIST))]
ReadingRows = Annotated[Shown, Depends(Accessing(Action.IMPORT_ROWS))]
Downloading = Annotated[Shown, Depends(Accessing(Action.IMPORT_REFUSED_DOWNLOAD, at_once=True))]

PATH: Final = "/v1/imports"
_SCOPE: Final = {
    ImportKind.LISTINGS: Scope.LISTINGS_WRITE,
    ImportKind.RETURNEES: Scope.RETURNEES_WRITE,
}
_SHOWN: Final = 1000
_FILE: Final = {"type": "string", "format": "binary"}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": _FILE},
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": _FILE}}
            },
        },
    }
}


def may_import(caller: CallerDep, kind: Annotated[ImportKind, Query()]) -> Caller:
    """Let in who may write what is to be imported."""
    if not caller.may(_SCOPE[kind]):
        message = f'This key lacks the scope "{_SCOPE[kind].value}".'
        raise ForbiddenError(message)
    return caller


Importer = Annotated[Caller, Depends(may_import)]


@router.post("", status_code=status.HTTP_202_ACCEPTED, openapi_extra=_BODY)
async def post(  # noqa: PLR0913 - one parameter per query parameter
    request: Request,
    response: Response,
    tools: ToolsDep,
    caller: Importer,
    shown: Submitting,
    kind: Annotated[ImportKind, Query(description="What the rows are.")],
    dry_run: Annotated[bool, Query(description="Only tell what would happen, row by row.")] = False,  # noqa: FBT002 - a query flag
    format: Annotated[  # noqa: A002 - the parameter's name in the contract
        FileFormat | None, Query(description="Unset: told from the content.")
    ] = None,
    source: Annotated[
        Line | None, Query(max_length=100, description="Whose records these are; unset: the file.")
    ] = None,
    mapping: Annotated[
        str | None,
        Query(max_length=20_000, description="JSON object, column to field or null; is kept."),
    ] = None,
    country: Annotated[
        CountryCode | None, Query(description="Country (home country) of rows that name none.")
    ] = None,
    currency: Annotated[
        CurrencyCode | None, Query(description="Currency of amounts that name none.")
    ] = None,
) -> ImportOut:
    """Take a file in: as the request's body under its own content type, or as multipart `file`.

    CSV, XLSX, JSON Lines, JSON, schema.org JobPosting (JSON-LD, or HTML that holds it), JSON
    Resume. The answer comes before the rows are read; follow the Location.
    """
    content, name, content_type = await _received(request)
    wanted = Upload(
        content=content,
        kind=kind,
        name=name,
        content_type=content_type,
        format=format,
        source=source,
        dry_run=dry_run,
        mapping=None if mapping is None else _mapping(mapping),
        defaults=_defaults(kind, country, currency),
    )
    stored = await run_in_threadpool(submit_import, tools, wanted, caller)
    shown.of(stored.batch.id)
    response.headers["Location"] = f"{PATH}/{stored.batch.id}"
    return ImportOut.of(stored)


@router.get("")
def page(
    tools: ToolsDep,
    caller: CallerDep,
    shown: Listing,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> ImportPage:
    """List the imports of your organisation that you may see, in order of arrival."""
    found = tools.store.page_of_batches(
        caller.organisation_id, after=read_cursor(cursor), limit=limit
    )
    seen = [one for one in found.items if _may_see(caller, one)]
    shown.of(*(one.batch.id for one in seen))
    return ImportPage(
        items=[ImportOut.of(one) for one in seen],
        next_cursor=write_cursor(found.next_after),
    )


@router.get("/{import_id}")
def get(import_id: str, tools: ToolsDep, caller: CallerDep, shown: Reading) -> ImportOut:
    """Tell how far an import has come, and what is wrong with each refused row."""
    stored = _seen(tools, caller, import_id)
    shown.of(stored.batch.id)
    refused = tools.store.page_of_rows(
        stored.batch.id, after=0, limit=_SHOWN, effect=RowEffect.REFUSED
    )
    return ImportOut.of(stored, refused.items)


@router.get("/{import_id}/rows")
def rows(  # noqa: PLR0913 - one parameter per query parameter
    import_id: str,
    tools: ToolsDep,
    caller: CallerDep,
    shown: ReadingRows,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
    effect: Annotated[RowEffect | None, Query()] = None,
) -> RowPage:
    """List what became of the rows, in their order."""
    stored = _seen(tools, caller, import_id)
    found = tools.store.page_of_rows(
        stored.batch.id, after=read_cursor(cursor), limit=limit, effect=effect
    )
    people = found.items if stored.batch.kind is ImportKind.RETURNEES else ()
    shown.of(stored.batch.id, *(one.record_id for one in people if one.record_id is not None))
    return RowPage(
        items=[RowOut.of(one) for one in found.items],
        next_cursor=write_cursor(found.next_after),
    )


@router.get(
    "/{import_id}/refused.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def refused(
    import_id: str, tools: ToolsDep, caller: CallerDep, shown: Downloading
) -> StreamingResponse:
    """Download the refused rows as they were sent, with the reasons, to be mended and resent."""
    stored = _seen(tools, caller, import_id)
    shown.of(stored.batch.id)
    return StreamingResponse(
        refused_as_csv(tools, stored),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="refused.csv"'},
    )


def _may_see(caller: Caller, stored: StoredBatch) -> bool:
    return caller.may(_SCOPE[stored.batch.kind])


def _seen(tools: Tools, caller: Caller, import_id: str) -> StoredBatch:
    stored = tools.store.batch(caller.organisation_id, import_id)
    if not _may_see(caller, stored):
        message = "There is no such import."
        raise NotFoundError(message)
    return stored


def _mapping(text: str) -> dict[str, str | None]:
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not all(isinstance(one, str | None) for one in said.values()):
        detail = 'Send a JSON object such as {"Job Title": "title", "Remarks": null}.'
        raise InvalidInputError(
            f"query:mapping: {detail}", problems=(FieldProblem("query:mapping", detail),)
        )
    return said


def _defaults(kind: ImportKind, country: str | None, currency: str | None) -> Mapping[str, Any]:
    listings = kind is ImportKind.LISTINGS
    said = {
        "kind": "job" if listings else None,
        "country" if listings else "home_country": country,
        "wage_currency": currency,
    }
    return {name: value for name, value in said.items() if value is not None}


async def _received(request: Request) -> tuple[bytes, str | None, str | None]:
    """Return what was sent, its file name and its content type; raise TooLargeError."""
    most: int = request.app.state.most_import_bytes
    content_type = request.headers.get("content-type")
    kind, _ = parse_options_header(content_type or "")

    async def within() -> Any:  # noqa: ANN401 - an async generator of bytes
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > most:
                message = f"A file may have {most:,} bytes. Split it and send the parts."
                raise TooLargeError(message)
            yield part

    if kind != b"multipart/form-data":
        parts = [part async for part in within()]
        _, options = parse_options_header(request.headers.get("content-disposition", ""))
        name = options.get(b"filename")
        called = None if name is None else name.decode("utf-8", "replace")
        return b"".join(parts), called, content_type
    try:
        form = await InMemory(request.headers, within(), max_files=1, max_fields=1).parse()
    except (MultiPartException, KeyError) as error:
        message = "This multipart body cannot be read; send the file as the part `file`."
        raise InvalidInputError(message, code="multipart_damaged") from error
    file = form.get("file")
    if file is None or isinstance(file, str):
        message = "There is no part `file` in this form."
        raise InvalidInputError(message, problems=(FieldProblem("/file", message),))
    return await file.read(), file.filename, file.content_type
