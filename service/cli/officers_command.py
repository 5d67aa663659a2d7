"""homeward officers: who may work in the console."""

from typing import Annotated, Final

import typer

from service.cli.terminal import fail, out, read_settings
from service.domain.audit import Action
from service.domain.errors import HomewardError
from service.domain.officer import Officer, Role
from service.ports import Records, Tools
from service.usecases.log_command import log_of_command
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_organisation
from service.usecases.manage_officers import (
    add_officer,
    disable_officer,
    new_password,
    officer_named,
    set_password,
)
from service.wiring import open_records, open_store

app = typer.Typer(no_args_is_help=True, help="Accounts of officers, for the console.")

DEMO_USERNAME: Final = "demo"

Username = Annotated[str, typer.Argument(help="Small Latin letters and digits.")]
Generate = Annotated[bool, typer.Option(help="Make a password and show it once.")]


def _password(*, generate: bool) -> str:
    if generate:
        return new_password()
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _say(line: str) -> None:
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def _log(tools: Records, action: Action, officer: Officer) -> None:
    log_of_command(tools, action, officer.organisation_id, (officer.id,))


@app.command("add")
def add(
    username: Username,
    name: Annotated[str, typer.Option(help="As colleagues know them.")],
    role: Annotated[Role, typer.Option()] = Role.OFFICER,
    organisation: Annotated[str, typer.Option()] = FIRST_ORGANISATION,
    generate: Generate = False,  # noqa: FBT002 - a flag of the command
) -> None:
    """Make an account; asks for a password, or makes one. The service must be stopped (SQLite)."""
    settings, password = read_settings(), _password(generate=generate)
    try:
        with open_records(settings) as tools:
            ensure_first_organisation(tools)
            officer = add_officer(
                tools,
                username=username,
                name=name,
                password=password,
                role=role,
                organisation_id=organisation,
            )
            _log(tools, Action.OFFICER_CREATE, officer)
    except HomewardError as error:
        fail(error)
    _say(f"{officer.id}  {officer.username}" + (f"  {password}" if generate else ""))


@app.command("list")
def list_officers() -> None:
    """List every account with its role and state."""
    try:
        with open_store(read_settings()) as store:
            for one in store.officers():
                state = "disabled" if one.disabled else "active"
                _say(f"{one.id}  {one.organisation_id}  {one.username}  {one.role}  {state}")
    except HomewardError as error:
        fail(error)


@app.command("disable")
def disable(username: Username) -> None:
    """Let nobody in with an account, and end its sessions. The service must be stopped."""
    try:
        with open_records(read_settings()) as tools:
            _log(tools, Action.OFFICER_CHANGE, disable_officer(tools, username))
    except HomewardError as error:
        fail(error)
    _say(f"{username} is disabled.")


@app.command("reset")
def reset(username: Username, generate: Generate = False) -> None:  # noqa: FBT002 - a flag
    """Give an account a new password and let it in again. The service must be stopped."""
    settings, password = read_settings(), _password(generate=generate)
    try:
        with open_records(settings) as tools:
            officer = officer_named(tools, username)
            set_password(tools, officer, password)
            _log(tools, Action.OFFICER_CHANGE, officer)
    except HomewardError as error:
        fail(error)
    _say(f"{username} has a new password." + (f"  {password}" if generate else ""))


def demo_officer(tools: Tools) -> tuple[str, str]:
    """Return username and a fresh password of the demo's officer."""
    password = new_password()
    if tools.store.officer_by_username(DEMO_USERNAME) is not None:
        set_password(tools, officer_named(tools, DEMO_USERNAME), password)
    else:
        add_officer(
            tools,
            username=DEMO_USERNAME,
            name="Demo officer",
            password=password,
            role=Role.ADMIN,
            organisation_id=FIRST_ORGANISATION,
        )
    return DEMO_USERNAME, password
