"""A rotation killed anywhere goes on where it was; nothing is lost and everything opens."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from service.domain.person import Contact, StoredPerson
from service.usecases.verify_log import verify_log
from tests.contracts.examples import HOME, MODEL, person_put, reading, sqlite_store
from tests.contracts.test_audit_store import NoBar, line
from tests.unit.adapters.test_rotation import rotation_in

ROOT = Path(__file__).parents[2]
PEOPLE = int(os.environ.get("HOMEWARD_ROTATION_PEOPLE", "100"))
KILLS = int(os.environ.get("HOMEWARD_KILLS", "8"))


@contextmanager
def _rotator() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.durability.rotator"]
    process = subprocess.Popen(  # noqa: S603 - our own module
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.communicate(timeout=60)


def _ends(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def _run(process: subprocess.Popen[str], folder: Path, kill_after: float) -> int:
    """Let one rotate; kill it after so many parts, a little later at random. Return its code."""
    into, out = _ends(process)
    into.write(f"{folder}\n")
    into.flush()
    child, parts = int(out.readline().split()[1]), 0
    for said in out:
        word, value = said.split()
        if word == "ended":
            return int(value)
        parts += word == "sealed"
        if parts >= kill_after:
            time.sleep(kill_after % 1 / 100)
            os.kill(child, signal.SIGKILL)
            kill_after = float("inf")
    raise AssertionError


def _fill(folder: Path) -> dict[str, StoredPerson]:
    with sqlite_store(folder) as store:
        store.add_organisation(HOME)
        store.log_accesses([line(1), line(2)])
        people = [
            store.put_person(person_put(f"w{n}"), Contact(f"Name {n}"), reading(f"w{n}")).record
            for n in range(PEOPLE)
        ]
    return {one.id: one for one in people}


def test_nothing_is_lost_when_a_rotation_is_killed(tmp_path: Path) -> None:
    """Killed at random moments, between and amid its parts, it ends with all of it opening."""
    people = _fill(tmp_path)
    draw = random.Random(7)  # noqa: S311 - a test's dice
    killed = 0
    with _rotator() as process:
        for _ in range(KILLS):
            code = _run(process, tmp_path, draw.uniform(0, PEOPLE / 20))
            assert code in {0, -signal.SIGKILL}
            killed += code != 0
            with sqlite_store(tmp_path) as store:
                assert store.people(list(people)) == people
        assert _run(process, tmp_path, float("inf")) == 0
    assert killed >= KILLS // 2
    with rotation_in(tmp_path) as opened:
        assert opened.left() == 0
        opened.retire()
    assert len(json.loads((tmp_path / "keys.json").read_text())["keys"]) == 1
    with sqlite_store(tmp_path) as store:
        assert store.people(list(people)) == people
        assert set(store.readings(list(people), MODEL)) == set(people)
        assert verify_log(store, NoBar()).broken is None
    assert [path.name for path in tmp_path.glob(".keys*")] == []
