"""An import killed at random goes on at the next row, and ends as if nothing had happened.

HOMEWARD_KILL_ROWS and HOMEWARD_KILLS make it longer: 50000 and 10 for the whole proof.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from service.domain.access import Caller, Scope
from service.domain.batch import BatchState, RowResult, StoredBatch
from service.domain.imported import ImportKind
from service.ports import Tools
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_organisation
from service.usecases.submit_import import Upload, submit_import
from service.wiring import open_tools
from tests.conftest import settings_in

ROOT = Path(__file__).parents[2]
ROWS = int(os.environ.get("HOMEWARD_KILL_ROWS", "600"))
KILLS = int(os.environ.get("HOMEWARD_KILLS", "2"))


def _table() -> bytes:
    """Return a table of jobs: some refused, some the same as another row."""
    lines = ["Ref,Title,Country,Skills,Salary"]
    trades = ("Mason", "Welder", "Cook", "Driver", "Tailor", "Electrician", "")
    for number in range(ROWS):
        trade = trades[number % len(trades)]
        name = number if number % 50 else number - 1
        lines.append(
            f"{name},{trade} {number % 400 if trade else ''},BD,skill {number % 300},{number}"
        )
    return "\n".join(lines).encode()


def _queue(folder: Path) -> str:
    with open_tools(settings_in(folder)) as tools:
        ensure_first_organisation(tools)
        upload = Upload(
            content=_table(),
            kind=ImportKind.LISTINGS,
            source="board",
            defaults={"kind": "job"},
            mapping={
                "Ref": "external_id",
                "Title": "title",
                "Country": "country",
                "Skills": "skills",
                "Salary": "wage_max",
            },
        )
        caller = Caller("key", FIRST_ORGANISATION, frozenset({Scope.ADMIN}))
        return submit_import(tools, upload, caller).batch.id


def _run(folder: Path, kill_at: int | None = None, then_s: float = 0) -> None:
    """Run what is queued; kill it so long after it has taken `kill_at` rows, if it has got there.

    By rows, not by time: a machine is as quick as what else runs on it lets it be.
    """
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-m", "tests.durability.importer", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    if kill_at is None:
        process.stdout.read()
        assert process.wait(timeout=3600) == 0
        return
    while (line := process.stdout.readline()) and int(line) < kill_at:
        pass
    time.sleep(then_s)
    process.kill()
    process.wait()


def _state(folder: Path, batch_id: str) -> StoredBatch:
    with open_tools(settings_in(folder), writable=False) as tools:
        return tools.store.batch(FIRST_ORGANISATION, batch_id)


def _outcome(tools: Tools, batch_id: str) -> tuple[object, ...]:
    """Return all that an import leaves behind, without ids and times."""
    listings: list[tuple[object, ...]] = []
    ids: list[str] = []
    after: int | None = 0
    while after is not None:
        page = tools.store.page_of_listings(after=after, limit=1000, where={})
        listings += [(one.external_id, one.content, one.version) for one in page.items]
        ids += [one.id for one in page.items]
        after = page.next_after
    rows: list[RowResult] = []
    after = 0
    while after is not None:
        found = tools.store.page_of_rows(batch_id, after=after, limit=1000, effect=None)
        rows += found.items
        after = found.next_after
    said = [(x.place, x.number, x.effect, x.external_id, x.problems, dict(x.cells)) for x in rows]
    vectors = tools.store.listing_vectors(ids, tools.encoder.model)
    assert set(vectors) == set(ids)
    tools.index.follow()
    return listings, said, tools.index.state.listings


def test_a_killed_import_ends_like_an_undisturbed_one(
    tmp_path: Path, encoded_taxonomy: Path
) -> None:
    """The same records in the same order, the same word about every row, the same counts."""
    draw = random.Random(20261122)  # noqa: S311 - a test's dice
    ends = []
    for name in ("calm", "killed"):
        folder = tmp_path / name
        shutil.copytree(encoded_taxonomy, settings_in(folder).data_dir / "index")
        batch_id = _queue(folder)
        if name == "killed":
            reached = [0]
            for _ in range(KILLS):
                _run(folder, draw.randint(1, max(1, ROWS // (3 * KILLS))), draw.uniform(0, 0.2))
                reached.append(_state(folder, batch_id).progress.rows)
            assert reached == sorted(reached)
            assert reached[-1] < ROWS
        _run(folder)
        stored = _state(folder, batch_id)
        assert stored.progress.state is BatchState.DONE
        with open_tools(settings_in(folder)) as tools:
            ends.append((stored.progress, _outcome(tools, batch_id)))
    assert ends[0] == ends[1]
    assert ends[0][0].rows == ROWS
