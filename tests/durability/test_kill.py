"""Killed at any moment, fifty times over: no acknowledged write is lost."""

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.domain.errors import NotFoundError
from service.ports import Store
from tests.contracts.examples import HOME, MODEL
from tests.contracts.test_index import assert_equal_to_store
from tests.durability.writer import SOURCE, open_folder

ROOT = Path(__file__).parents[2]
ROUNDS = 50

Record = tuple[str, str]
"""("listing" or "person", external id)."""


class _Rounds:
    """The process that forks a writer for each round, and the lines that all of them say."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._rest = b""

    def ask(self, line: str) -> None:
        """Send one line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def lines(self, wait_s: float) -> list[list[str]]:
        """Return what was said since, waiting at most `wait_s` for the first of it."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        if not select.select([pipe], [], [], wait_s)[0]:
            return []
        *whole, self._rest = (self._rest + os.read(pipe, 1 << 16)).split(b"\n")
        return [line.decode().split() for line in whole]


@contextmanager
def _rounds() -> Iterator[_Rounds]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.durability.writer", "rounds"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        yield _Rounds(process)
    finally:
        process.communicate(timeout=60)


def _kill_somewhere(rounds: _Rounds, folder: Path, seed: int) -> list[list[str]]:
    """Run one writer, kill it at a moment drawn from `seed`, and return what it said.

    Every other round counts writes before it strikes; the others strike by the clock, so
    that opening, migrating and rebuilding are hit as well.
    """
    draw = random.Random(seed)  # noqa: S311 - a test's dice
    writes = draw.randint(1, 60) if seed % 2 else None
    rounds.ask(f"{folder} {seed}")
    heard: list[list[str]] = []
    while not heard:
        heard += rounds.lines(60)
    child = int(heard[0][1])
    strike = time.monotonic() + (draw.uniform(0, 0.6) if writes is None else 60)
    while (left := strike - time.monotonic()) > 0:
        heard += rounds.lines(left)
        if writes is not None and sum(line[0] == "did" for line in heard) >= writes:
            break
        assert heard[-1][0] != "ended", "the writer failed by itself"
    os.kill(child, signal.SIGKILL)
    while heard[-1][0] != "ended":
        heard += rounds.lines(60)
    assert heard[-1][1] == str(-signal.SIGKILL)
    return heard


def _state(store: Store, record: Record) -> str:
    kind, name = record
    try:
        if kind == "listing":
            return store.listing_by_source(HOME.id, SOURCE, name).content.title
        person = store.person_by_source(HOME.id, SOURCE, name)
    except NotFoundError:
        return "gone"
    assert person.contact.name == person.profile.text
    understood = store.understanding(person, MODEL)
    assert understood is not None
    assert understood.understanding.phrases[0].text == person.profile.text
    return person.profile.text


def test_no_acknowledged_write_is_lost(tmp_path: Path) -> None:
    """After fifty kills every record is as last acknowledged, or as a write under way wanted it.

    The directory opens each time, and the index equals the store at the end.
    """
    possible: dict[Record, set[str]] = defaultdict(lambda: {"gone"})
    acknowledged, kinds = 0, set[str]()
    with _rounds() as rounds:
        for seed in range(ROUNDS):
            for line in _kill_somewhere(rounds, tmp_path, seed):
                if line[0] == "try":
                    possible[line[1], line[2]].add(line[3])
                elif line[0] == "did":
                    possible[line[1], line[2]] = {line[3]}
                    acknowledged += 1
                    kinds.add(f"{line[1]} {'gone' if line[3] == 'gone' else 'put'}")
    with open_folder(tmp_path) as (store, index):
        lost = {
            record: (states, found)
            for record, states in possible.items()
            if (found := _state(store, record)) not in states
        }
        assert lost == {}
        assert_equal_to_store(index, store, MODEL)
        with store._database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    assert kinds == {"listing put", "listing gone", "person put", "person gone"}
    assert acknowledged > 200
