"""/v1/imports: files of other makers, row by row, with a dry run first."""

import hashlib
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from service.api.common import Cursor, Limit, read_cursor, write_cursor
from service.api.fields import CountryCode, CurrencyCode, Line
from service.api.import_models import ImportOut, ImportPage, RowOut, RowPage
from service.api.uploads import received
from service.domain.access import Caller, Scope
from service.domain.audit import Action
from service.domain.batch import RowEffect, StoredBatch
from service.domain.errors import NotFoundError
from service.domain.imported import FileFormat, ImportKind
from service.domain.listing import Visibility
from service.ports import Tools
from service.usecases.export_refused import refused_as_csv
from service.usecases.submit_import import Upload, import_defaults, mapping_of, submit_import
from service.web.access import CallerDep, ToolsDep, only_known_parameters
from service.web.audit import Accessing, Shown
from service.web.once import OnceDep

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
_FILE: Final = {"type": "string", "format": "binary", "description": "The file, whole."}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": _FILE},
            "multipart/form-data": {
                "schema": {
                    "title": "ImportForm",
                    "description": "A form with one file.",
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": _FILE},
                    "additionalProperties": False,
                }
            },
        },
    }
}


async def may_import(caller: CallerDep, kind: Annotated[ImportKind, Query()]) -> Caller:
    """Let in who may write what is to be imported."""
    caller.require(_SCOPE[kind])
    return caller


Importer = Annotated[Caller, Depends(may_import)]


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=_BODY,
    operation_id="create_import",
    responses={403: {}},
)
async def post(  # noqa: PLR0913 - one parameter per query parameter
    request: Request,
    response: Response,
    tools: ToolsDep,
    caller: Importer,
    shown: Submitting,
    once: OnceDep,
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
    visibility: Annotated[
        Visibility | None,
        Query(
            description="Of listings whose rows do not say; unset: public, or private as before."
        ),
    ] = None,
) -> ImportOut:
    """Take a file in: as the request's body under its own content type, or as multipart `file`.

    Needs listings:write or returnees:write, as `kind` says.

    CSV, XLSX, JSON Lines, JSON, schema.org JobPosting (JSON-LD, or HTML that holds it), JSON
    Resume. The answer comes before the rows are read; follow the Location.
    """
    file = await received(request)
    wanted = Upload(
        content=file.content,
        kind=kind,
        name=file.name,
        content_type=file.content_type,
        format=format,
        source=source,
        dry_run=dry_run,
        mapping=mapping_of(mapping),
        defaults=import_defaults(kind, country=country, currency=currency, visibility=visibility),
    )

    def submit() -> StoredBatch:
        with once.acting(file.told):
            return submit_import(tools, wanted, caller)

    stored = await run_in_threadpool(submit)
    shown.of(stored.batch.id)
    response.headers["Location"] = f"{PATH}/{stored.batch.id}"
    return ImportOut.of(stored)


@router.get("", operation_id="list_imports")
def page(
    tools: ToolsDep,
    caller: CallerDep,
    shown: Listing,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> ImportPage:
    """List the imports of your organisation that you may see, in order of arrival."""
    found = tools.store.page_of_batches(
        caller.organisation_id, after=read_cursor(tools, caller, "imports", cursor), limit=limit
    )
    seen = [one for one in found.items if _may_see(caller, one)]
    shown.of(*(one.batch.id for one in seen))
    return ImportPage(
        items=[ImportOut.of(one) for one in seen],
        next_cursor=write_cursor(tools, caller, "imports", found.next_after),
    )


@router.get("/{import_id}", operation_id="get_import")
def get(
    import_id: str, response: Response, tools: ToolsDep, caller: CallerDep, shown: Reading
) -> ImportOut:
    """Tell how far an import has come, and what is wrong with each refused row."""
    stored = _seen(tools, caller, import_id)
    shown.of(stored.batch.id)
    refused = tools.store.page_of_rows(
        stored.batch.id, after=0, limit=_SHOWN, effect=RowEffect.REFUSED
    )
    answer = ImportOut.of(stored, refused.items)
    # It has no versions: whoever waits for it is told as long as nothing has moved.
    said = hashlib.sha256(answer.model_dump_json().encode()).hexdigest()
    response.headers["ETag"] = f'"{said[:32]}"'
    return answer


@router.get("/{import_id}/rows", operation_id="list_import_rows")
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
        stored.batch.id,
        after=read_cursor(tools, caller, stored.batch.id, cursor),
        limit=limit,
        effect=effect,
    )
    people = found.items if stored.batch.kind is ImportKind.RETURNEES else ()
    shown.of(stored.batch.id, *(one.record_id for one in people if one.record_id is not None))
    return RowPage(
        items=[RowOut.of(one) for one in found.items],
        next_cursor=write_cursor(tools, caller, stored.batch.id, found.next_after),
    )


@router.get(
    "/{import_id}/refused.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    operation_id="get_refused_rows",
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
