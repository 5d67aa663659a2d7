"""Long work beside the requests: imports, one at a time, in the order they came."""

import threading
from typing import Final

import structlog

from service.api.checks import Contract
from service.ports import Tools
from service.usecases.import_records import give_up, run_imports

_log = structlog.get_logger(__name__)

_LOOK_EVERY_S: Final = 0.5
_TRIES: Final = 10


def work(tools: Tools, stopping: threading.Event) -> None:
    """Run what is queued until told to stop; what is left undone then resumes at the next start."""
    contract, failed = Contract(), 0
    while not stopping.wait(_LOOK_EVERY_S):
        try:
            if failed >= _TRIES:
                give_up(tools)
            run_imports(tools, contract, stopping.is_set)
            failed = 0
        except Exception:  # noqa: BLE001 - see below
            # A database that is away for a moment must not end the work for good.
            failed += 1
            _log.exception("an import could not go on; it is tried again")
