"""homeward keys rotate, retire, backup and forget-lost: what is done to the keys of records."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.terminal import err, fail, out, progress_bar, read_settings
from service.domain.errors import HomewardError
from service.wiring import open_rotation


def rotate() -> None:
    """Seal with a new master key, and everything anew that names an old one.

    The service must be stopped, all processes of it. Cut off anywhere, run it again: it goes on.
    """
    settings = read_settings()
    try:
        with open_rotation(settings) as opened, progress_bar() as bar:
            rotation = opened.begin()
            total = rotation.left()
            bar.start("Sealing anew", total)
            rotation.run(bar.advance)
            active = rotation.active
    except HomewardError as error:
        fail(error)
    out.print(
        f"Key {active} seals from now on; {total} values were sealed anew.\n"
        f"Back up {settings.key_file} now. Old keys stay in it, for backups that need them, "
        "until you run: homeward keys retire",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def retire() -> None:
    """Take master keys that seal nothing any more out of the key file, for good.

    Backups of the data directory from before the rotation open no more: see that none is needed.
    The service must be stopped, all processes of it.
    """
    settings = read_settings()
    try:
        with open_rotation(settings) as rotation:
            gone = rotation.retire()
    except HomewardError as error:
        fail(error)
    if not gone:
        err.print("There is no old key.")
        return
    line = f"{gone} old keys are gone. Back up {settings.key_file} now, and destroy older copies."
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def backup(
    folder: Annotated[Path, typer.Argument(help="Where to; made if it is not there.")],
) -> None:
    """Copy key file, people's keys and erasure ledger, whole, beside a running service.

    Keep only the newest copy of people's keys: an older one still opens who was erased since.
    """
    settings = read_settings()
    try:
        with open_rotation(settings, writable=False) as rotation:
            written = rotation.copy_keys(folder)
    except HomewardError as error:
        fail(error)
    for path in written:
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)


def forget_lost(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Really: it cannot be undone.")] = False,
) -> None:
    """Erase people whose keys are lost for good, so that everybody else can be served again.

    The service must be stopped, all processes of it.
    """
    if not yes:
        err.print("This erases everybody whose key is not there. If so, say --yes.")
        raise typer.Exit(2)
    settings = read_settings()
    try:
        with open_rotation(settings, forget_lost=True):
            out.print("Who could not be read any more is erased.", highlight=False)
    except HomewardError as error:
        fail(error)
