"""homeward audit, run in this process over a store made for it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from service.adapters.store.sql import DATABASE_NAME, SqlStore
from service.cli import audit_command
from service.cli.commands import app
from service.domain.audit import Action
from tests.contracts.examples import OTHER, sqlite_store
from tests.contracts.test_audit_store import NOON, line

Run = Callable[..., Result]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store that stays open, as that of a running service."""
    with sqlite_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def run(store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `homeward audit` beside the service."""
    assert store.healthy()
    monkeypatch.setenv("HOMEWARD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HOMEWARD_KEY_FILE", str(tmp_path / "keys.json"))
    # Made anew, so that each writes to the runner's output and not to the first one's.
    monkeypatch.setattr(audit_command, "out", Console(width=200))
    return lambda *words: CliRunner().invoke(app, ["audit", *words])


def test_an_unbroken_log_is_said_to_be_so(store: SqlStore, run: Run) -> None:
    """How many, from when to when, and what to note elsewhere; which a later check takes."""
    assert run("verify").stdout == "0 entries, unbroken\n"
    store.log_accesses([line(1), line(2)])
    done = run("verify")
    assert done.exit_code == 0
    said, note = done.stdout.splitlines()
    ends = "first 2026-11-22T12:00:01.000000+00:00, last 2026-11-22T12:00:02.000000+00:00"
    assert said == f"2 entries, {ends}, unbroken"
    seen = note.split("--seen ")[1]
    assert seen.startswith("2:")
    store.log_accesses([line(3)])
    assert run("verify", "--seen", seen).exit_code == 0
    other = run("verify", "--seen", "2:0123456789abcdef")
    assert other.exit_code == 1
    assert "BROKEN at entry 2 (not as seen)" in other.stdout
    assert run("verify", "--seen", "nonsense").exit_code == 2


def test_a_broken_log_is_an_error(store: SqlStore, run: Run, tmp_path: Path) -> None:
    """The first broken entry and what is wrong with it, exit status 1."""
    store.log_accesses([line(number) for number in range(1, 6)])
    file = sqlite.connect(tmp_path / "data" / DATABASE_NAME, isolation_level=None)
    file.execute("UPDATE access_log SET subjects = '[]' WHERE sequence = 3")
    file.close()
    done = run("verify")
    assert done.exit_code == 1
    assert done.stdout.startswith("BROKEN at entry 3 (changed): ")


def test_entries_are_shown_as_a_table(store: SqlStore, run: Run) -> None:
    """The last ones, of an organisation, on a person, since a moment."""
    store.log_accesses(
        [
            line(1),
            line(2, organisation_id=OTHER.id, action=Action.RETURNEE_ERASE, refused="not_found"),
            line(3, at=NOON + timedelta(days=2)),
        ]
    )
    everything = run("show").stdout
    for part in ("2026-11-22 12:00:01", "returnee.read", "ret_1", "refused: not_found", "key_1"):
        assert part in everything
    for words, shown in (
        (("--organisation", "other"), {2}),
        (("--person", "ret_1"), {1}),
        (("--since", "2026-11-23"), {3}),
        (("--limit", "2"), {2, 3}),
        (("--person", "ret_9"), set()),
    ):
        said = run("show", *words).stdout
        assert {number for number in (1, 2, 3) if f"ret_{number}" in said} == shown


def test_an_altered_entry_cannot_be_shown(store: SqlStore, run: Run, tmp_path: Path) -> None:
    """What nobody can read is named, with the command that tells more."""
    store.log_accesses([line(1)])
    file = sqlite.connect(tmp_path / "data" / DATABASE_NAME, isolation_level=None)
    file.execute("UPDATE access_log SET action = 'something'")
    file.close()
    done = run("show")
    assert done.exit_code == 1
    assert "homeward audit verify" in done.stderr.replace("\n", " ")
