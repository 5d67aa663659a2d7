"""A process that changes the master key of a folder, to be killed.

`python -m tests.durability.rotator`, from the root of the checkout. For each folder named on
stdin it forks one that rotates, and says, one line each: "started PID", "sealed COUNT" after
each part, "ended CODE".
"""

import os
import sys
from contextlib import ExitStack
from pathlib import Path

from service.adapters.store import rotation
from service.adapters.store.rotation import Rotation
from service.adapters.store.sql import KeyPlaces, open_parts

SMALL = 5
"""Values of a part: many parts, so that there is much to be killed between."""


def say(line: str) -> None:
    """Say a line at once."""
    os.write(1, f"{line}\n".encode())


def rotate(folder: Path) -> None:
    """Rotate from wherever the last one was stopped."""
    with ExitStack() as stack:
        places = KeyPlaces.beside(folder / "keys.json")
        parts = open_parts(folder / "data", places, stack, writable=True)
        begun = Rotation(*parts, folder / "keys.json").begin()
        say(f"active {begun.active}")
        begun.run(lambda count: say(f"sealed {count}"))


def main() -> None:
    """Fork for every folder; this process itself opens nothing."""
    rotation._CHUNK = SMALL
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                rotate(Path(line.strip()))
                os._exit(0)
            finally:
                os._exit(1)
        say(f"started {child}")
        _, status = os.waitpid(child, 0)
        say(f"ended {os.waitstatus_to_exitcode(status)}")


if __name__ == "__main__":
    main()
