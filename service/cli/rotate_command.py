"""homeward keys rotate and retire: another master key, and an end to the old one."""

from service.cli.terminal import err, fail, out, progress_bar, read_settings
from service.domain.errors import HomewardError
from service.wiring import open_rotation


def rotate() -> None:
    """Seal with a new master key, and everything anew that names an old one.

    The service must be stopped (SQLite). Cut off anywhere, run it again: it goes on.
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
    The service must be stopped (SQLite).
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
