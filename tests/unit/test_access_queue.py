"""The short queue of accesses: what waits is written in order, at the latest at the end."""

import asyncio
import threading
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from service.domain.access import Caller
from service.domain.audit import Access, Action
from service.domain.errors import StorageError
from service.web import audit
from service.web.audit import Accessing, AccessLog


class Written:
    """Stands in for the tools: keeps what is written, or fails."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self.lines: list[Access] = []
        self.broken = False
        self.store = self
        self.clock = SimpleNamespace(now=lambda: datetime(2026, 11, 22, tzinfo=UTC))

    def log_accesses(self, accesses: list[Access]) -> None:
        """Keep them, or fail as a full disk does."""
        if self.broken:
            raise OSError
        self.lines += accesses


@pytest.fixture
def written() -> Written:
    """An empty log."""
    return Written()


@pytest.fixture
def log(written: Written) -> AccessLog:
    """A queue before it."""
    tools: Any = written
    return AccessLog(lambda: tools)


def _note(log: AccessLog, name: str, status: int = 200, *, at_once: bool = False) -> None:
    call = Accessing(Action.RETURNEE_READ, at_once=at_once)
    route = SimpleNamespace(dependant=SimpleNamespace(dependencies=[SimpleNamespace(call=call)]))
    state = {"caller": Caller("key_1", "home", frozenset()), "request_id": name}
    asyncio.run(log.note({"route": route, "state": state}, status))


def test_reads_wait_and_writes_take_them_along(log: AccessLog, written: Written) -> None:
    """In the order they were answered."""
    _note(log, "a")
    _note(log, "b", 404)
    assert written.lines == []
    _note(log, "c", at_once=True)
    assert [(x.request_id, x.refused) for x in written.lines] == [
        ("a", None),
        ("b", "internal"),
        ("c", None),
    ]


@pytest.mark.parametrize("status", [400, 401, 413, 415, 422, 429])
def test_who_is_refused_for_a_form_or_a_rate_has_met_nobody(
    log: AccessLog, written: Written, status: int
) -> None:
    """It leaves no line."""
    _note(log, "a", status)
    log.flush()
    assert written.lines == []


@pytest.mark.parametrize("status", [403, 404, 409, 412, 500, 503])
def test_who_is_refused_otherwise_may_have_met_somebody(
    log: AccessLog, written: Written, status: int
) -> None:
    """It leaves a line; of an erasure that left bytes of a key behind too (503)."""
    _note(log, "a", status)
    log.flush()
    assert [one.refused for one in written.lines] == ["internal"]


def test_what_waits_is_written_at_the_end(log: AccessLog, written: Written) -> None:
    """A service that is stopped loses nothing."""
    stopping = threading.Event()
    _note(log, "a")
    stopping.set()
    log.keep_flushing(stopping)
    assert [one.request_id for one in written.lines] == ["a"]


def test_a_log_that_fails_keeps_its_lines_and_stops_reads_when_too_many_wait(
    log: AccessLog, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost or doubled, and what cannot be logged is not answered for ever."""
    monkeypatch.setattr(audit, "_MOST_WAITING", 2)
    written.broken = True
    _note(log, "a")
    with pytest.raises(StorageError):
        _note(log, "b", at_once=True)
    with pytest.raises(StorageError):
        _note(log, "c")
    written.broken = False
    log.flush()
    assert [one.request_id for one in written.lines] == ["a", "b", "c"]
