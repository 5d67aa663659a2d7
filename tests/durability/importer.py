"""Runs the queued imports of a folder until it is killed, saying how many rows it has taken."""

import os
import sys
from pathlib import Path

from service.api.checks import Contract
from service.usecases import import_records
from service.usecases.import_records import run_imports
from service.wiring import open_tools
from tests.conftest import settings_in


class Told:
    """A progress bar for a test that listens: a line with the rows of this run so far."""

    def __init__(self) -> None:
        """Begin with none."""
        self.rows = 0

    def start(self, title: str, total: int) -> None:
        """Say nothing of the whole."""

    def advance(self, steps: int) -> None:
        """Say how many there are by now."""
        self.rows += steps
        print(self.rows, flush=True)  # noqa: T201 - the test listens


def main() -> None:
    """Open the tools in the folder named, say so, and run what is queued."""
    if "HOMEWARD_KILL_ROWS" not in os.environ:
        # A few hundred rows have as many chunks as the whole proof has between two kills.
        import_records.CHUNK = 100
    with open_tools(settings_in(Path(sys.argv[1]))) as tools:
        print(0, flush=True)  # noqa: T201 - the test listens
        run_imports(tools, Contract(), bar=Told())


if __name__ == "__main__":
    main()
