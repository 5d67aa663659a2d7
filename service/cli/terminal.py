"""What all commands share: settings, errors, progress bars, logging."""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import structlog
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from service.domain.errors import HomewardError
from service.settings import Settings

out = Console()
err = Console(stderr=True)


class TerminalBar:
    """Implements `service.ports.ProgressBar` on the terminal."""

    def __init__(self, progress: Progress) -> None:
        """Draw on `progress`."""
        self._progress = progress
        self._task: TaskID | None = None

    def start(self, title: str, total: int) -> None:
        """See the port."""
        self._task = self._progress.add_task(title, total=total)

    def advance(self, steps: int) -> None:
        """See the port."""
        if self._task is not None:
            self._progress.advance(self._task, steps)


@contextmanager
def progress_bar() -> Iterator[TerminalBar]:
    """Show bars on standard error while the block runs."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err) as progress:
        yield TerminalBar(progress)


def read_settings(**changes: Any) -> Settings:  # noqa: ANN401 - any field of Settings
    """Read the settings, or say which are wrong and exit 2."""
    try:
        settings = Settings(**changes)
        logging.getLevelNamesMapping()[settings.log_level.upper()]
    except KeyError as error:
        err.print("[red]HOMEWARD_LOG_LEVEL[/]: use DEBUG, INFO, WARNING or ERROR")
        raise typer.Exit(2) from error
    except ValidationError as error:
        for one in error.errors():
            name = "_".join(str(part) for part in one["loc"]).upper()
            err.print(f"[red]HOMEWARD_{name}[/]: {one['msg']}")
        raise typer.Exit(2) from error
    return settings


def fail(error: HomewardError) -> NoReturn:
    """Say what is wrong and exit 1."""
    err.print(f"[red]{error.code}[/]: {escape(error.detail)}", soft_wrap=True)
    raise typer.Exit(1) from error


def log_to_stderr(level: str) -> None:
    """Write log lines as JSON to standard error from `level` on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def cells(row: Mapping[str, float | None]) -> list[str]:
    """Return a row of measurements as text: counts whole, others to a tenth, None as nothing."""
    return [
        "" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
        for value in row.values()
    ]


def put_between(path: Path, name: str, block: str | None) -> None:
    """Replace what stands between <!-- name:begin --> and <!-- name:end --> in a file.

    Without a block, only see that they are there, before minutes of measuring.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    text = path.read_text(encoding="utf-8")
    if begin not in text or end not in text:
        message = f"{path} has no {begin} and {end} to write between"
        raise typer.BadParameter(message)
    if block is None:
        return
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    path.write_text(f"{before}{begin}\n{block}\n{end}{after}", encoding="utf-8")
