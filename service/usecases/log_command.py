"""Lines of the access log where nobody came with a key: a command, or the limit of keeping."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from service.domain.audit import Access, Action
from service.ports import Records, Tools

COMMAND_KEY: Final = "cli"
"""What the log names in place of key and request where somebody gave a command on the machine."""
RETENTION_KEY: Final = "retention"
"""And where the limit of keeping erased somebody."""


def log_of_command(
    tools: Tools | Records, action: Action, organisation_id: str, subjects: Sequence[str]
) -> None:
    """Note what a command did. organisation_id: whose records it was done to."""
    line = line_of_command(tools.clock.now(), action, organisation_id, subjects)
    tools.store.log_accesses([line])


def line_of_command(
    at: datetime, action: Action, organisation_id: str, subjects: Sequence[str]
) -> Access:
    """Return what is noted of a command; for those that open no tools."""
    return Access(
        at=at,
        organisation_id=organisation_id,
        key_id=COMMAND_KEY,
        action=action,
        subjects=tuple(subjects),
        request_id=COMMAND_KEY,
    )
