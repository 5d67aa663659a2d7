"""homeward import: take a file in on this machine, with a dry run first."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from service.api.checks import Contract
from service.cli.terminal import err, fail, log_to_stderr, out, progress_bar, read_settings
from service.domain.access import Caller, Scope
from service.domain.batch import RowEffect, StoredBatch
from service.domain.errors import HomewardError
from service.domain.imported import FileFormat, ImportKind
from service.ports import Tools
from service.usecases.export_refused import refused_as_csv
from service.usecases.import_records import Upload, run_imports, submit_import
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_organisation
from service.wiring import open_tools

_SHOWN = 20


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
    organisation: Annotated[str, typer.Option()] = FIRST_ORGANISATION,
    refused: Annotated[
        Path | None, typer.Option(help="Write the refused rows with their reasons here (CSV).")
    ] = None,
) -> None:
    """Import listings or people from a file. The service must be stopped (SQLite)."""
    settings = read_settings()
    log_to_stderr("WARNING")
    home = "country" if kind is ImportKind.LISTINGS else "home_country"
    defaults: dict[str, Any] = {home: country, "wage_currency": currency}
    if kind is ImportKind.LISTINGS:
        defaults["kind"] = "job"
    try:
        upload = Upload(
            content=file.read_bytes(),
            kind=kind,
            name=file.name,
            format=file_format,
            source=source,
            dry_run=dry_run,
            mapping=None if mapping is None else _mapping(mapping),
            defaults={name: said for name, said in defaults.items() if said is not None},
        )
        with open_tools(settings) as tools, progress_bar() as bar:
            ensure_first_organisation(tools)
            caller = Caller("cli", organisation, frozenset({Scope.ADMIN}))
            batch = submit_import(tools, upload, caller).batch
            run_imports(tools, Contract(), bar=bar)
            stored = tools.store.batch(organisation, batch.id)
            _show(tools, stored)
            if refused is not None:
                lines = refused_as_csv(tools, stored)
                refused.write_text("".join(lines), encoding="utf-8")
    except HomewardError as error:
        fail(error)
    if stored.progress.code:
        raise typer.Exit(1)


def _mapping(text: str) -> dict[str, str | None]:
    try:
        said: dict[str, str | None] = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"no JSON: {error}", param_hint="--mapping") from error
    return said


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
