"""Import: a file is held, its columns are named, it is tried, and then taken."""

from collections import Counter
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import UploadFile

from service.console.choices import countries, currencies
from service.console.desk import Desk, desk_with
from service.console.forms import Form
from service.console.imports_words import (
    EFFECTS,
    FIELDS,
    KINDS,
    PROBLEMS,
    STATES,
    Mistake,
    code_of,
    file_words,
    reason_words,
)
from service.console.languages import N_
from service.console.listings_words import KINDS as LISTING_KINDS
from service.domain.access import Scope
from service.domain.audit import Action
from service.domain.batch import ENDED, BatchState, RowEffect, RowResult, StoredBatch
from service.domain.errors import NotFoundError, UnreadableFileError
from service.domain.imported import ImportKind
from service.intake.headers import SEVERAL
from service.ports import Tools
from service.usecases.export_refused import refused_as_csv
from service.usecases.hold_file import FileLook, held, hold, lacking_in, look_at, run_held
from service.usecases.sign_in import caller_of_officer
from service.usecases.submit_import import Upload, import_defaults
from service.web.audit import Accessing, Shown

router = APIRouter(prefix="/console", include_in_schema=False)

_PATH: Final = "/console/import"
_INVALID: Final = 422
_RECENT: Final = 20
_PAGE: Final = 500
_LOOKED_AT: Final = 5_000
_MISTAKES: Final = 1_000
_ON_A_PAGE: Final = 50
_NO_COLUMN: Final = N_("No column is “%(field)s”; every row needs it.")
_NO_COUNTRY: Final = N_(
    "No column is “%(field)s”. Choose one; or give up this file, bring it in again, and choose the "
    "country there for all rows."
)

Importing = Annotated[Desk, Depends(desk_with(Scope.LISTINGS_WRITE, Scope.RETURNEES_WRITE))]
Listing = Annotated[Shown, Depends(Accessing(Action.IMPORT_LIST))]
Submitting = Annotated[Shown, Depends(Accessing(Action.IMPORT_SUBMIT, at_once=True))]
Reading = Annotated[Shown, Depends(Accessing(Action.IMPORT_READ))]
ReadingRows = Annotated[Shown, Depends(Accessing(Action.IMPORT_ROWS))]
Downloading = Annotated[Shown, Depends(Accessing(Action.IMPORT_REFUSED_DOWNLOAD, at_once=True))]


@router.get("/import")
def show(desk: Importing, shown: Listing) -> Response:
    """Ask for a file; show what was brought in lately."""
    form = desk.form("import")
    if form.draft is None:
        form.values = {"kind": [ImportKind.LISTINGS.value], "listing_kind": ["job"]}
    return _start(desk, form, shown)


def _start(desk: Desk, form: Form, shown: Shown, status: int = 200) -> Response:
    recent = desk.tools.store.last_batches(desk.me.organisation_id, _RECENT)
    shown.of(*(one.batch.id for one in recent))
    return desk.page(
        "imports/start.html",
        status,
        form=form,
        recent=recent,
        kinds=KINDS,
        states=STATES,
        listing_kinds=LISTING_KINDS,
        countries=countries(desk.language),
        currencies=currencies(desk.language),
        sources=desk.tools.store.sources_of(desk.me.organisation_id),
    )


@router.post("/import")
def take_file(desk: Importing, shown: Submitting) -> Response:
    """Hold a file, and lead to its columns."""
    form = desk.form("import", _PATH)
    file = desk.sent.get("file") if desk.sent is not None else None
    if not isinstance(file, UploadFile) or not file.filename:
        form.refuse("file", desk.text(N_("Choose a file.")))
        return _start(desk, form, shown, _INVALID)
    upload = _upload(form, file)

    def act() -> str:
        stored = hold(desk.tools, upload, caller_of_officer(desk.me))
        shown.of(stored.batch.id)
        return f"{_PATH}/{stored.batch.id}/columns"

    try:
        return desk.once(form, act)
    except UnreadableFileError as error:
        form.refuse("file", desk.text(file_words(error.code)))
        return _start(desk, form, shown, _INVALID)


def _upload(form: Form, file: UploadFile) -> Upload:
    people = form.text("kind") == ImportKind.RETURNEES.value
    kind = ImportKind.RETURNEES if people else ImportKind.LISTINGS
    return Upload(
        content=file.file.read(),
        kind=kind,
        name=file.filename,
        content_type=file.content_type,
        source=form.text("source")[:100] or None,
        defaults=import_defaults(
            kind,
            listing_kind=form.text("listing_kind"),
            country=form.text("country"),
            currency=form.text("currency"),
            visibility="" if people else form.text("visibility"),
        ),
    )


@router.get("/import/{import_id}/columns")
def show_columns(desk: Importing, import_id: str, shown: Reading) -> Response:
    """Show what each column is taken for, and why."""
    stored = held(desk.tools, desk.me.organisation_id, import_id)
    shown.of(import_id)
    look = look_at(desk.tools, stored)
    form = desk.form(f"import:{import_id}")
    if form.draft is None:
        form.values = {
            f"column-{at}": [one.use.field or ""] for at, one in enumerate(look.columns or ())
        }
    return _columns(desk, stored, look, form)


def _columns(
    desk: Desk, stored: StoredBatch, look: FileLook, form: Form, status: int = 200
) -> Response:
    words = FIELDS[stored.batch.kind]
    fields = sorted(((name, desk.text(said)) for name, said in words.items()), key=lambda x: x[1])
    return desk.page(
        "imports/columns.html",
        status,
        form=form,
        stored=stored,
        look=look,
        fields=fields,
        words=words,
        lacking=lacking_in(stored.batch.kind, _mapping(look, form), stored.batch.defaults)
        if look.columns
        else (),
        reason_words=reason_words,
    )


def _mapping(look: FileLook, form: Form) -> dict[str, str | None]:
    return {
        one.use.column: form.text(f"column-{at}") or None
        for at, one in enumerate(look.columns or ())
    }


@router.post("/import/{import_id}/columns")
def take_columns(desk: Importing, import_id: str, shown: Submitting) -> Response:
    """Try the file with these columns: nothing is kept of it yet."""
    stored = held(desk.tools, desk.me.organisation_id, import_id)
    shown.of(import_id)
    look = look_at(desk.tools, stored)
    form = desk.form(f"import:{import_id}", f"{_PATH}/{import_id}/columns")
    mapping = _mapping(look, form)
    _check(desk, stored, mapping, form)
    if not form.ok:
        return _columns(desk, stored, look, form, _INVALID)
    said = None if look.columns is None else mapping

    def act() -> str:
        caller = caller_of_officer(desk.me)
        tried = run_held(desk.tools, stored, said, caller, dry_run=True)
        return f"{_PATH}/{tried.batch.id}"

    return desk.once(form, act)


def _check(desk: Desk, stored: StoredBatch, mapping: dict[str, str | None], form: Form) -> None:
    words = FIELDS[stored.batch.kind]
    used = Counter(name for name in mapping.values() if name)
    for at, name in enumerate(mapping.values()):
        if name and name != "ignore" and name not in words:
            form.refuse(f"column-{at}", desk.text(N_("Choose one of the list.")))
        elif name and used[name] > 1 and name not in SEVERAL:
            form.refuse(f"column-{at}", desk.text(N_("Two columns are chosen for the same thing.")))
    lacking = lacking_in(stored.batch.kind, mapping, stored.batch.defaults) if mapping else ()
    columns = list(mapping)
    for one in lacking:
        field = f"column-{columns.index(one.column)}" if one.column else ""
        text = _NO_COUNTRY if one.field == "country" and not one.column else _NO_COLUMN
        form.refuse(field, desk.text(text) % {"field": desk.text(words[one.field])})


@router.post("/import/{import_id}/drop")
def drop(desk: Importing, import_id: str, shown: Submitting) -> Response:
    """Erase a file that is held."""
    stored = held(desk.tools, desk.me.organisation_id, import_id)
    shown.of(import_id)
    desk.tools.store.let_go(stored.batch.id)
    desk.tools.store.forget_drafts(desk.me.id, [f"import:{import_id}"])
    return desk.redirect(_PATH, N_("The file is erased. Nothing was taken from it."))


@router.get("/import/{import_id}")
def show_import(
    desk: Importing, import_id: str, shown: ReadingRows, problem: str = "", page: int = 1
) -> Response:
    """Show how far an import is, then what came of its rows, one class of mistake at a time."""
    stored = _seen(desk, import_id)
    shown.of(import_id)
    progress = stored.progress
    if progress.state is BatchState.HELD:
        return desk.redirect(f"{_PATH}/{import_id}/columns")
    if progress.state not in ENDED:
        return desk.page("imports/progress.html", **_how_far(desk, stored))
    mistakes = _mistakes(desk.tools, import_id)
    classes = Counter(one.code for one in mistakes).most_common()
    chosen = problem if problem in dict(classes) else (classes[0][0] if classes else "")
    rows = [one for one in mistakes if one.code == chosen]
    page = min(max(page, 1), max(1, -(-len(rows) // _ON_A_PAGE)))
    alike = _alike(desk.tools, stored)
    shown.of(*(one.record_id for one in alike if one.record_id))
    mapping = {one.column: one.field for one in progress.columns}
    batch = stored.batch
    return desk.page(
        "imports/result.html",
        stored=stored,
        form=Form("", f"{_PATH}/{import_id}"),
        effects=EFFECTS,
        problems=PROBLEMS,
        classes=classes,
        chosen=chosen,
        mistakes=rows[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE],
        page=page,
        pages=-(-len(rows) // _ON_A_PAGE),
        more=progress.counts.get(RowEffect.REFUSED, 0) > _MISTAKES,
        lacking=lacking_in(batch.kind, mapping, batch.defaults) if mapping else (),
        words=FIELDS[batch.kind],
        alike=alike,
        held=_still_held(desk, stored),
        failure=file_words(progress.code) if progress.code else "",
    )


def _seen(desk: Desk, import_id: str) -> StoredBatch:
    return desk.tools.store.batch(desk.me.organisation_id, import_id)


def _how_far(desk: Desk, stored: StoredBatch) -> dict[str, object]:
    state = desk.text(STATES[stored.progress.state])
    return {"stored": stored, "state": state, "over": stored.progress.state in ENDED}


def _still_held(desk: Desk, stored: StoredBatch) -> str | None:
    name = stored.batch.held_id
    try:
        return held(desk.tools, desk.me.organisation_id, name).batch.id if name else None
    except NotFoundError:
        return None


def _mistakes(tools: Tools, import_id: str) -> list[Mistake]:
    """Return what is wrong in the first refused rows, in their order."""
    found = tools.store.page_of_rows(import_id, after=0, limit=_MISTAKES, effect=RowEffect.REFUSED)
    return [
        Mistake(code_of(one.detail), row.number, one.field, _written(row, one.field))
        for row in found.items
        for one in row.problems
    ]


def _written(row: RowResult, place: str) -> str:
    """Return what stands in the cell that a problem names, "wage (C7)" for a sheet's."""
    for name in (place, place.rpartition(" (")[0], *place.split(", ")):
        if name in row.cells:
            return str(row.cells[name])[:200]
    return ""


def _alike(tools: Tools, stored: StoredBatch) -> list[RowResult]:
    """Return rows of people who may be there already under another name."""
    if stored.batch.kind is not ImportKind.RETURNEES:
        return []
    found: list[RowResult] = []
    after: int | None = 0
    while after is not None and after < _LOOKED_AT and len(found) < _ON_A_PAGE:
        page = tools.store.page_of_rows(stored.batch.id, after=after, limit=_PAGE, effect=None)
        found += [row for row in page.items if row.alike]
        after = page.next_after
    return found[:_ON_A_PAGE]


@router.get("/import/{import_id}/progress")
def show_progress(desk: Importing, import_id: str, shown: Reading, request: Request) -> Response:
    """Say how far it is; once it is over, have the page ask for what came of it."""
    stored = _seen(desk, import_id)
    shown.of(import_id)
    over = stored.progress.state in ENDED
    if "hx-request" not in request.headers:
        return desk.redirect(f"{_PATH}/{import_id}")
    response = desk.page("imports/how_far.html", **_how_far(desk, stored))
    if over:
        response.headers["HX-Redirect"] = f"{_PATH}/{import_id}"
    return response


@router.post("/import/{import_id}/run")
def take_all(desk: Importing, import_id: str, shown: Submitting) -> Response:
    """Take the rows that were tried; those refused stay out."""
    tried = _seen(desk, import_id)
    shown.of(import_id)
    form = desk.form("", f"{_PATH}/{import_id}")

    def act() -> str:
        stored = held(desk.tools, desk.me.organisation_id, tried.batch.held_id or "")
        caller = caller_of_officer(desk.me)
        taken = run_held(desk.tools, stored, tried.batch.mapping, caller, dry_run=False)
        shown.of(taken.batch.id)
        return f"{_PATH}/{taken.batch.id}"

    return desk.once(form, act)


@router.get("/import/{import_id}/refused.csv")
def refused(desk: Importing, import_id: str, shown: Downloading) -> StreamingResponse:
    """Download the refused rows with the reasons, to be mended and brought in again."""
    stored = _seen(desk, import_id)
    shown.of(import_id)
    return StreamingResponse(
        refused_as_csv(desk.tools, stored),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="refused.csv"'},
    )
