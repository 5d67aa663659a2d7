"""homeward import: take a file in on this machine, with a dry run first."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from service.api.checks import Contract
from service.cli.terminal import err, fail, log_to_stderr, out, progress_bar, read_settings
from service.domain.access import Caller, Scope
from service.domain.audit import Action
from service.domain.batch import ENDED, RowEffect, StoredBatch
from service.domain.errors import HomewardError
from service.domain.imported import FileFormat, ImportKind
from service.domain.listing import Visibility
from service.ports import ProgressBar, Tools
from service.usecases.export_refused import refused_as_csv
from service.usecases.import_records import run_imports
from service.usecases.log_command import COMMAND_KEY, log_of_command
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_organisation
from service.usecases.submit_import import Upload, import_defaults, mapping_of, submit_import
from service.wiring import open_tools
from service.worker import IMPORTS

_SHOWN = 20
_LOOK_EVERY_S = 0.5


def import_file(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV, XLSX, JSON Lines, HTML ...")
    ],
    kind: Annotated[ImportKind, typer.Option(help="What the rows are.")],
    dry_run: Annotated[  # noqa: FBT002 - a command-line flag
        bool, typer.Option(help="Only tell what would happen.")
    ] = False,
    source: Annotated[
        str | None, typer.Option(help="Whose records these are; unset: the file's name.")
    ] = None,
    file_format: Annotated[
        FileFormat | None, typer.Option("--format", help="Unset: told from the content.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(help='JSON, column to field: {"Job Title": "title"}.')
    ] = None,
    country: Annotated[str | None, typer.Option(help="Country of rows that name none.")] = None,
    currency: Annotated[
        str | None, typer.Option(help="Currency of amounts that name none.")
    ] = None,
    visibility: Annotated[
        Visibility | None,
        typer.Option(help="Of listings whose rows do not say; unset: public, or as it was."),
    ] = None,
    organisation: Annotated[str, typer.Option()] = FIRST_ORGANISATION,
    refused: Annotated[
        Path | None, typer.Option(help="Write the refused rows with their reasons here (CSV).")
    ] = None,
) -> None:
    """Import listings or people from a file. The service must be stopped (SQLite)."""
    settings = read_settings()
    log_to_stderr("WARNING")
    try:
        upload = Upload(
            content=file.read_bytes(),
            kind=kind,
            name=file.name,
            format=file_format,
            source=source,
            dry_run=dry_run,
            mapping=mapping_of(mapping),
            defaults=import_defaults(
                kind, country=country, currency=currency, visibility=visibility
            ),
        )
        with open_tools(settings) as tools, progress_bar() as bar:
            ensure_first_organisation(tools)
            caller = Caller(COMMAND_KEY, organisation, frozenset({Scope.ADMIN}))
            batch = submit_import(tools, upload, caller).batch
            log_of_command(tools, Action.IMPORT_SUBMIT, organisation, (batch.id,))
            stored = _run_to_end(tools, organisation, batch.id, bar)
            _show(tools, stored)
            if refused is not None:
                log_of_command(tools, Action.IMPORT_REFUSED_DOWNLOAD, organisation, (batch.id,))
                lines = refused_as_csv(tools, stored)
                refused.write_text("".join(lines), encoding="utf-8")
    except HomewardError as error:
        fail(error)
    if stored.progress.code:
        raise typer.Exit(1)


def _run_to_end(tools: Tools, organisation: str, batch_id: str, bar: ProgressBar) -> StoredBatch:
    """Run what is queued, or wait while it is another process's turn; return how it ended."""
    while True:
        with tools.store.turn(IMPORTS) as mine:
            if mine:
                run_imports(tools, Contract(), bar=bar)
        stored = tools.store.batch(organisation, batch_id)
        if stored.progress.state in ENDED:
            return stored
        time.sleep(_LOOK_EVERY_S)


def _show(tools: Tools, stored: StoredBatch) -> None:
    progress = stored.progress
    if progress.code:
        err.print(f"{progress.detail} ({progress.code})", markup=False)
        return
    if progress.columns:
        table = Table("column", "is taken for", "because", title="Columns")
        for one in progress.columns:
            table.add_row(one.column, one.field or "left out", one.reason)
        out.print(table)
    for note in progress.notes:
        out.print(note, markup=False)
    would = "would be " if stored.batch.dry_run else ""
    counts = (f"{progress.counts.get(effect, 0)} {would}{effect.value}" for effect in RowEffect)
    out.print(f"{progress.rows} rows: {', '.join(counts)}.", markup=False, highlight=False)
    page = tools.store.page_of_rows(
        stored.batch.id, after=0, limit=_SHOWN, effect=RowEffect.REFUSED
    )
    for row in page.items:
        for wrong in row.problems:
            line = f"  row {row.number}, {wrong.field or 'the row'}: {wrong.detail}"
            out.print(line, markup=False, highlight=False, soft_wrap=True)
    if page.next_after is not None:
        out.print("  ... and more; --refused FILE writes them all.", markup=False)
