"""A kill spares the page cache, so it proves nothing about power cuts. Syncs are counted here."""

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.durability.writer import COUNTER

ROOT = Path(__file__).parents[2]
WRITES = 60


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The counting library, compiled; skipped where there is no compiler, but never in CI."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        if os.environ.get("CI"):
            pytest.fail("counting syncs needs Linux and a C compiler")
        pytest.skip("counting syncs needs Linux and a C compiler")
    library = tmp_path_factory.mktemp("shim") / "syncs.so"
    source = Path(__file__).with_name("syncs.c")
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)  # noqa: S603 - our own source
    return library


def _syncs(shim: Path, folder: Path, synchronous: str) -> list[tuple[str, int]]:
    """Let a process write; return, for each write, its kind and the syncs it waited for."""
    counter = folder / "counter"
    counter.write_bytes(bytes(8))
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "tests.durability.writer", str(folder), str(WRITES), synchronous],
        env={**os.environ, "LD_PRELOAD": str(shim), COUNTER: str(counter)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    kinds = [
        f"{line[1]} {'gone' if line[3] == 'gone' else 'put'}" for line in lines if line[0] == "did"
    ]
    counts = [int(line[1]) for line in lines if line[0] == "syncs"]
    assert len(kinds) == WRITES == len(counts) - 1
    each = [after - before for before, after in pairwise(counts)]
    return list(zip(kinds, each, strict=True))


def test_every_acknowledged_write_was_synced(shim: Path, tmp_path: Path) -> None:
    """Before each single write is acknowledged, the database was synced at least once."""
    syncs = _syncs(shim, tmp_path, "FULL")
    assert {kind for kind, _ in syncs} == {
        "listing put",
        "listing gone",
        "person put",
        "person gone",
    }
    assert [one for one in syncs if one[1] < 1] == []
    assert sum(count for _, count in syncs) >= WRITES


def test_the_count_tells_when_nothing_is_synced(shim: Path, tmp_path: Path) -> None:
    """The same writes with syncing turned off are counted as unsynced, so the test can fail."""
    syncs = _syncs(shim, tmp_path, "OFF")
    assert sum(count for _, count in syncs) < WRITES
    assert [one for one in syncs if one[1] < 1] != []
