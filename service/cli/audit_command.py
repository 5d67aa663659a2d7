"""homeward audit: is the access log as it was written, and what does it say."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from service.cli.terminal import err, fail, out, progress_bar, read_settings
from service.domain.audit import AccessQuery, LoggedAccess, LogHead, Verdict
from service.domain.errors import HomewardError
from service.usecases.verify_log import verify_log
from service.wiring import open_store

app = typer.Typer(no_args_is_help=True, help="The access log: who did what with whose record.")

_SEEN: Final = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{8,80})")
_DIGITS: Final = 16
_FORMATS: Final = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


@app.command()
def verify(
    seen: Annotated[
        str | None,
        typer.Option(help="NUMBER:SEAL as an earlier check printed it, kept elsewhere."),
    ] = None,
) -> None:
    """Check every entry, the order and the end; exit 1 where the log is broken. Only reads."""
    noted = None if seen is None else _noted(seen)
    settings = read_settings()
    try:
        with open_store(settings) as store, progress_bar() as bar:
            verdict = verify_log(store, bar, noted)
    except HomewardError as error:
        fail(error)
    out.print(_said(verdict), markup=False, highlight=False, soft_wrap=True)
    if verdict.broken is not None:
        raise typer.Exit(1)


def _noted(seen: str) -> LogHead:
    match = _SEEN.fullmatch(seen)
    if match is None:
        raise typer.BadParameter("write NUMBER:SEAL, such as 120:9f31c0aa", param_hint="--seen")
    return LogHead(int(match[1]), match[2])


def _said(verdict: Verdict) -> str:
    if verdict.broken is not None:
        broken = verdict.broken
        return f"BROKEN at entry {broken.sequence} ({broken.fault.value}): {broken.detail}"
    if verdict.head is None or not verdict.entries:
        return "0 entries, unbroken"
    ends = f"first {verdict.first_at}, last {verdict.last_at}"
    # The seal's end is the tag; its beginning names the key.
    noted = f"{verdict.head.count}:{verdict.head.seal[-_DIGITS:]}"
    return f"{verdict.entries} entries, {ends}, unbroken\nTo compare later: --seen {noted}"


@app.command()
def show(
    organisation: Annotated[
        str | None, typer.Option(help="Only what this organisation did.")
    ] = None,
    person: Annotated[str | None, typer.Option(help="Only on this person, ret_....")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=_FORMATS, help="From here on; UTC if it says none.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The last so many.")] = 50,
) -> None:
    """Print entries as a table, the last at the bottom. Only reads."""
    settings = read_settings()
    if since is not None:
        since = since.replace(tzinfo=since.tzinfo or UTC)
    query = AccessQuery(organisation_id=organisation, subject=person, since=since)
    try:
        with open_store(settings) as store:
            found = store.last_accesses(query, limit)
    except HomewardError as error:
        fail(error)
    if not found:
        err.print("No entries.")
        return
    out.print(_table(found))


def _table(found: list[LoggedAccess]) -> Table:
    table = Table()
    for name in ("no.", "when (UTC)", "organisation", "key", "action", "on", "outcome", "request"):
        table.add_column(name, overflow="fold")
    for logged in found:
        access = logged.access
        cells = (
            str(logged.sequence),
            access.at.strftime("%Y-%m-%d %H:%M:%S"),
            access.organisation_id,
            access.key_id,
            access.action.value,
            " ".join(access.subjects),
            "allowed" if access.refused is None else f"refused: {access.refused}",
            access.request_id,
        )
        table.add_row(*(escape(cell) for cell in cells))
    return table
