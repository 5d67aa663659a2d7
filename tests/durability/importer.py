"""Runs the queued imports of a folder until it is killed."""

import sys
from pathlib import Path

from service.api.checks import Contract
from service.usecases.import_records import run_imports
from service.wiring import open_tools
from tests.conftest import settings_in


def main() -> None:
    """Open the tools in the folder named, say so, and run what is queued."""
    with open_tools(settings_in(Path(sys.argv[1]))) as tools:
        print("open", flush=True)  # noqa: T201 - the test listens
        run_imports(tools, Contract())


if __name__ == "__main__":
    main()
