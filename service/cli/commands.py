"""Every command; the long ones live in modules of their own."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from service import __version__
from service.cli import (
    audit_command,
    bench_alerts_command,
    bench_command,
    bench_find_command,
    bench_import_command,
    bench_people_command,
    evaluate_command,
    forget_command,
    import_command,
    match_command,
    officers_command,
    rotate_command,
    work_command,
)
from service.cli.terminal import (
    err,
    fail,
    log_to_stderr,
    out,
    progress_bar,
    read_settings,
)
from service.domain.access import Scope
from service.domain.audit import Action
from service.domain.errors import HomewardError
from service.ports import Tools
from service.settings import Settings, bundled
from service.usecases.load_sample import load_sample
from service.usecases.log_command import log_of_command
from service.usecases.manage_keys import (
    FIRST_ORGANISATION,
    admin_key,
    ensure_first_key,
    ensure_first_organisation,
    new_key,
)
from service.usecases.put_listings import encode_missing
from service.wiring import move_to_server, open_records, open_tools

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Ranks what people who come home from working abroad could do next.",
)
keys_app = typer.Typer(
    no_args_is_help=True, help="Keys of partners and officers, and the key that seals the records."
)
app.add_typer(keys_app, name="keys")
keys_app.command("rotate")(rotate_command.rotate)
keys_app.command("retire")(rotate_command.retire)
keys_app.command("backup")(rotate_command.backup)
keys_app.command("forget-lost")(rotate_command.forget_lost)
app.add_typer(audit_command.app, name="audit")
app.add_typer(officers_command.app, name="officers")
app.command("work")(work_command.work)
app.command("match")(match_command.match)
app.command("import")(import_command.import_file)
app.command("forget")(forget_command.forget)
app.command("evaluate")(evaluate_command.evaluate)
app.command("bench")(bench_command.bench)
app.command("bench-alerts")(bench_alerts_command.bench_alerts)
app.command("bench-people")(bench_people_command.bench_people)
app.command("bench-find")(bench_find_command.bench_find)
app.command("bench-import")(bench_import_command.bench_import)

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]


@app.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve the API. Settings come from the environment (HOMEWARD_...)."""
    settings = read_settings()
    log_to_stderr(settings.log_level)

    @contextmanager
    def opener() -> Iterator[Tools]:
        with open_tools(settings) as tools:
            secret = ensure_first_key(tools, settings.admin_key)
            if secret is not None:
                out.print(
                    f"\nThe first admin key, shown this once:\n\n    {secret}\n",
                    markup=False,
                    highlight=False,
                    soft_wrap=True,
                )
            yield tools

    _run(settings, opener, host, port)


@app.command()
def demo(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve with the sample listings and people loaded; prints an admin key."""
    settings = demo_settings()
    log_to_stderr("WARNING" if settings.log_level == "INFO" else settings.log_level)

    @contextmanager
    def opener() -> Iterator[Tools]:
        with open_tools(settings) as tools:
            ensure_first_key(tools, settings.admin_key)
            with progress_bar() as bar:
                counts = load_sample(tools, bundled("data"), FIRST_ORGANISATION, bar)
            secret = settings.admin_key or admin_key(tools, "demo")
            officer = officers_command.demo_officer(tools)
            _say_what_next(f"http://{host}:{port}", secret, officer, counts)
            yield tools

    _run(settings, opener, host, port)


def demo_settings() -> Settings:
    """Return the settings of a demo: its own folder, unless the environment names one."""
    changes: dict[str, Any] = {}
    if "HOMEWARD_DATA_DIR" not in os.environ:
        changes["data_dir"] = Path("homeward-demo")
        if "HOMEWARD_KEY_FILE" not in os.environ:
            # The demo's people are invented, so its key may lie beside its data.
            changes["key_file"] = Path("homeward-demo-keys.json")
    return read_settings(**changes)


def _run(
    settings: Settings,
    opener: Callable[[], AbstractContextManager[Tools]],
    host: str,
    port: int,
) -> None:
    # Only here: it takes a second to import, and most commands serve nothing.
    from service.app import create_app  # noqa: PLC0415

    uvicorn.run(
        create_app(settings, opener),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        # The longest `mapping` of an import, each letter of it percent-encoded, and some more.
        h11_max_incomplete_event_size=2**18,
    )


def _say_what_next(
    url: str, secret: str, officer: tuple[str, str], counts: tuple[int, int]
) -> None:
    body = '{"text": "I lay bricks and plaster, eight years in Dammam", "home_country": "BD"}'
    out.print(
        f"\nHomeward {__version__} is ready at {url} "
        f"with {counts[0]} sample listings and {counts[1]} sample people.\n"
        f"Admin key: {secret}\n"
        f"Officer:   {officer[0]}, password {officer[1]}\n\n"
        f"In the browser: {url}/console/\n\n"
        "Try next, in another terminal:\n\n"
        f"  curl -s {url}/v1/match -H 'Authorization: Bearer {secret}' \\\n"
        f"    -H 'Content-Type: application/json' -d '{body}'\n"
        '  .venv/bin/homeward match "I lay bricks and plaster" --home BD\n\n'
        f"All calls: {url}/docs      Stop: Ctrl-C\n",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )


@app.command()
def migrate(
    from_data_dir: Annotated[  # noqa: FBT002 - a flag of a command
        bool,
        typer.Option(
            "--from-data-dir",
            help="First copy everything from HOMEWARD_DATA_DIR to HOMEWARD_DATABASE_URL.",
        ),
    ] = False,
) -> None:
    """Bring the database to this release's schema; serve does so too when it starts."""
    settings = read_settings()
    try:
        if from_data_dir:
            with progress_bar() as bar:
                bar.start("Copying", 0)
                rows, keys = move_to_server(settings, bar.advance)
            out.print(f"{rows} rows and {keys} keys of people were copied.", highlight=False)
        with open_records(settings):
            place = settings.data_dir if settings.database_url is None else "The database"
            line = f"{place} is ready for this release."
            out.print(line, markup=False, highlight=False, soft_wrap=True)
    except HomewardError as error:
        fail(error)


@app.command()
def reindex() -> None:
    """Encode every listing that has no vectors of the present encoder, then save the index."""
    settings = read_settings()
    try:
        with open_tools(settings) as tools, progress_bar() as bar:
            bar.start("Encoding listings", tools.store.count_listings())
            done = encode_missing(tools, bar)
            tools.index.tidy()
        err.print(f"{done} listings encoded.")
    except HomewardError as error:
        fail(error)


@keys_app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[list[Scope], typer.Option(help="Repeat for several.")],
    organisation: Annotated[str, typer.Option()] = FIRST_ORGANISATION,
) -> None:
    """Make a key and print its secret once. The service must be stopped (SQLite)."""
    settings = read_settings()
    try:
        with open_records(settings) as tools:
            ensure_first_organisation(tools)
            key, secret = new_key(tools, organisation, name, frozenset(scope))
            log_of_command(tools, Action.KEY_CREATE, organisation, (key.id,))
    except HomewardError as error:
        fail(error)
    out.print(f"{key.id}\n{secret}", markup=False, highlight=False, soft_wrap=True)


@keys_app.command("list")
def list_keys() -> None:
    """List all keys with their scopes and state."""
    settings = read_settings()
    try:
        with open_records(settings, writable=False) as tools:
            for key in tools.store.keys(None):
                state = "revoked" if key.revoked_at else "valid"
                scopes = ",".join(sorted(key.scopes))
                line = f"{key.id}  {key.organisation_id}  {key.name}  {scopes}  {state}"
                out.print(line, markup=False, highlight=False, soft_wrap=True)
    except HomewardError as error:
        fail(error)


@app.command()
def version() -> None:
    """Print the version."""
    out.print(__version__, highlight=False)
