"""A file on its way in, step by step: held, looked at, tried, taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from service.domain.access import Caller
from service.domain.batch import BatchState, ColumnUse, StoredBatch
from service.domain.errors import NotFoundError
from service.domain.imported import ImportKind
from service.intake.missing import Lacking, lacking
from service.ports import Tools
from service.usecases.import_records import SAMPLE, columns_of
from service.usecases.submit_import import Upload, batch_of, submit_import

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """A column, what it seems to be, and a few of its cells. use.field None: left out."""

    use: ColumnUse
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileLook:
    """What stands in a file before anything is done with it. columns: None for JSON kinds."""

    columns: tuple[ColumnLook, ...] | None
    notes: tuple[str, ...]


def hold(tools: Tools, upload: Upload, caller: Caller) -> StoredBatch:
    """Keep a file, sealed, until it is said how to read it; a day later it is erased.

    Raises UnreadableFileError where there is no record in it.
    """
    batch = batch_of(tools, upload, caller)
    # Whoever chose the wrong file should hear of it now.
    with tools.files.open(upload.content, batch.format) as opened:
        next(opened, None)
    return tools.store.add_batch(batch, upload.content, tools.clock.now(), held=True)


def held(tools: Tools, organisation_id: str, batch_id: str) -> StoredBatch:
    """Return what this organisation holds; raise NotFoundError once it was let go."""
    stored = tools.store.batch(organisation_id, batch_id)
    if stored.progress.state is not BatchState.HELD:
        raise NotFoundError
    return stored


def look_at(tools: Tools, stored: StoredBatch) -> FileLook:
    """Return a held file's columns with suggestions; raise UnreadableFileError."""
    batch = stored.batch
    with tools.files.open(tools.store.batch_content(batch.id), batch.format) as opened:
        rows = [row.values for row in islice(opened, SAMPLE)]
        columns, notes = opened.columns, opened.notes
    if columns is None:
        return FileLook(None, notes)
    looks = []
    for use in columns_of(tools, batch, columns, rows):
        cells = (str(row[use.column]) for row in rows if row.get(use.column))
        looks.append(ColumnLook(use, tuple(islice(dict.fromkeys(cells), _SHOWN))))
    return FileLook(tuple(looks), notes)


def lacking_in(
    kind: ImportKind, mapping: Mapping[str, str | None], defaults: Mapping[str, Any]
) -> tuple[Lacking, ...]:
    """Return the fields without which every row is refused, and which column may be each."""
    return lacking(kind, mapping, frozenset(defaults))


def run_held(
    tools: Tools,
    stored: StoredBatch,
    mapping: Mapping[str, str | None] | None,
    caller: Caller,
    *,
    dry_run: bool,
) -> StoredBatch:
    """Queue a held file to be tried, or to be taken: then it is held no longer."""
    batch = stored.batch
    upload = Upload(
        content=tools.store.batch_content(batch.id),
        kind=batch.kind,
        name=batch.file_name,
        format=batch.format,
        source=batch.source,
        dry_run=dry_run,
        mapping=mapping,
        defaults=batch.defaults,
        held_id=batch.id if dry_run else None,
    )
    queued = submit_import(tools, upload, caller)
    if not dry_run:
        tools.store.let_go(batch.id)
    return queued
