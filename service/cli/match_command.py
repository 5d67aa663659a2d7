"""homeward match: one question in the terminal."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from service.api.match_models import AnswerOut, MatchIn
from service.cli.terminal import err, fail, out, progress_bar, read_settings
from service.domain.errors import HomewardError, StorageError
from service.domain.match import Answer, Match
from service.domain.person import Profile
from service.domain.request import MatchRequest
from service.ports import Tools
from service.settings import bundled
from service.usecases.find_matches import match_profile
from service.usecases.load_sample import load_sample_listings
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_organisation
from service.wiring import open_tools

_ROUTES = {"local": "Jobs at home", "overseas": "Jobs abroad", "training": "Trainings"}


def match(
    text: Annotated[str, typer.Argument(help="What the person can do, in their own words.")],
    home: Annotated[str, typer.Option(help="Home country, ISO 3166-1 alpha-2, such as BD.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100, help="Matches per route.")] = 5,
    as_json: Annotated[  # noqa: FBT002 - a command-line flag
        bool, typer.Option("--json", help="Print the answer of POST /v1/match as JSON.")
    ] = False,
) -> None:
    """Rank jobs and trainings for free words; the same answer as POST /v1/match."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        asked = MatchIn(text=text, home_country=home or None, limit=limit)
    except ValidationError as error:
        for one in error.errors():
            name = "/".join(map(str, one["loc"])).replace("home_country", "--home")
            err.print(f"[red]{name}[/]: {one['msg']}")
        raise typer.Exit(2) from error
    profile = Profile(text=asked.text or "", home_country=asked.home_country)
    try:
        with _tools() as tools:
            answer = match_profile(tools, MatchRequest(profile=profile, limit=limit))
    except HomewardError as error:
        fail(error)
    if as_json:
        sys.stdout.write(AnswerOut.of(answer).model_dump_json(indent=2) + "\n")
    else:
        _print(answer)


@contextmanager
def _tools() -> Iterator[Tools]:
    """Open the data directory for reading; without one, the sample, loaded on first use."""
    changes: dict[str, Any] = {}
    if "HOMEWARD_DATA_DIR" not in os.environ:
        changes["data_dir"] = Path("homeward-demo")
        if "HOMEWARD_KEY_FILE" not in os.environ:
            changes["key_file"] = Path("homeward-demo-keys.json")
    settings = read_settings(**changes)
    with ExitStack() as stack:
        try:
            tools = stack.enter_context(open_tools(settings, writable=False))
        except StorageError:
            tools = None
        if tools is not None and not tools.index.state.listings:
            # An empty store may be somebody's own: the sample is not put into it unasked.
            err.print(f"There are no listings in {settings.data_dir} yet.")
        if tools is None:
            err.print(f"Loading the sample listings into {settings.data_dir} ...")
            tools = stack.enter_context(open_tools(settings))
            ensure_first_organisation(tools)
            with progress_bar() as bar:
                load_sample_listings(tools, bundled("data"), FIRST_ORGANISATION, bar)
        yield tools


def _print(answer: Answer) -> None:
    table = Table(title="Understood as", show_edge=False)
    for column in ("words", "taken to mean", "sure"):
        table.add_column(column)
    for phrase in answer.understood.phrases:
        table.add_row(escape(phrase.text), phrase.means or "-", f"{phrase.confidence:.0%}")
    out.print(table)
    for notice in answer.understood.notices:
        out.print(f"[yellow]{notice.text}[/]")
    for route, matches in answer.routes.items():
        out.print()
        out.print(_route_table(_ROUTES[route], matches))
    for blocked in answer.blocked:
        reasons = " ".join(reason.text for reason in blocked.reasons)
        line = f"Left out: {blocked.listing.content.title}. {reasons}"
        out.print(f"[dim]{escape(line)}[/]")


def _route_table(title: str, matches: tuple[Match, ...]) -> Table:
    table = Table(title=title, show_lines=True)
    for column in ("", "what", "where", "fit", "why", "missing", "mind"):
        table.add_column(column)
    for one in matches:
        listing = one.listing.content
        cells = (
            str(one.rank),
            listing.title,
            f"{listing.region or ''} {listing.country}".strip(),
            f"{one.tier} {one.score:.2f}",
            "\n".join(f"{x.skill} -> {x.requirement}" for x in one.evidence[:3]) or "-",
            "\n".join(x.requirement for x in one.missing[:4]) or "-",
            "\n".join(x.text for x in one.flags) or "-",
        )
        table.add_row(*(escape(cell) for cell in cells))
    return table
