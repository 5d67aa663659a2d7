"""Waiting for what comes about beside a test: it fails in words, and never waits for good."""

import time
from collections.abc import Callable
from typing import Final

from fastapi.testclient import TestClient

_PATIENCE_S: Final = 120.0
"""Only so that a run ends: it says nothing about how fast anything should be."""
_PAUSE_S: Final = 0.01


def until(come_about: Callable[[], bool], what: str) -> None:
    """Return once it is so; fail with `what` was waited for if it does not come about."""
    ends = time.monotonic() + _PATIENCE_S
    while not come_about():
        assert time.monotonic() < ends, f"waited {_PATIENCE_S:.0f} s in vain for {what}"
        time.sleep(_PAUSE_S)


def until_ready(client: TestClient) -> None:
    """Return once the service behind a client has opened what it works with."""
    until(lambda: client.get("/readyz").status_code == 200, "/readyz to answer 200")


def until_imported(client: TestClient, location: str) -> None:
    """Return once an import has ended, however it did."""
    until(lambda: client.get(location).json()["state"] in {"done", "failed"}, f"{location} to end")
