"""homeward forget: what has been kept long enough, or what that would be."""

from typing import Annotated

import typer

from service.cli.terminal import err, fail, out, read_settings
from service.domain.errors import HomewardError
from service.domain.retention import Forgotten
from service.usecases.forget_old import forget_old, what_is_old
from service.wiring import open_records


def forget(
    dry_run: Annotated[  # noqa: FBT002 - a flag of a command
        bool, typer.Option("--dry-run", help="Only say what would go; the service may run.")
    ] = False,
) -> None:
    """Forget what the HOMEWARD_RETENTION_... settings keep no longer; serve does so every day."""
    settings = read_settings()
    try:
        with open_records(settings, writable=not dry_run) as tools:
            found = what_is_old(tools) if dry_run else forget_old(tools)
    except HomewardError as error:
        fail(error)
    for line in said(found):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    if dry_run:
        err.print("Nothing was changed.")


def said(found: Forgotten) -> list[str]:
    """Return a line for each kind, and one for consents that have ended."""
    lines = [f"{what.value}  {count}" for what, count in found.counts.items()]
    return [*lines, f"people kept whose consent has ended  {found.ended}"]
