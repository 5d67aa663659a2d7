"""homeward keys rotate, retire, backup and forget-lost, run in this process."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli.commands import app
from service.domain.audit import AccessQuery, Action
from service.domain.errors import StorageError
from service.domain.person import StoredPerson
from service.usecases.verify_log import verify_log
from tests.contracts.examples import HOME, sqlite_store, write_person
from tests.contracts.test_audit_store import NoBar

Run = Callable[..., Result]


@pytest.fixture
def person(tmp_path: Path) -> StoredPerson:
    """Somebody in a store that is closed again, as with the service stopped."""
    with sqlite_store(tmp_path) as store:
        store.add_organisation(HOME)
        return write_person(store, "words").record


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `homeward keys` over that store."""
    monkeypatch.setenv("HOMEWARD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HOMEWARD_KEY_FILE", str(tmp_path / "keys.json"))
    return lambda *words: CliRunner().invoke(app, ["keys", *words])


def test_the_master_key_is_changed_and_the_old_one_retired(
    person: StoredPerson, run: Run, tmp_path: Path
) -> None:
    """Both commands end well, and the person opens with the one key that is left."""
    old = json.loads((tmp_path / "keys.json").read_text())["active"]
    assert run("rotate").exit_code == 0
    assert run("retire").exit_code == 0
    assert old not in json.loads((tmp_path / "keys.json").read_text())["keys"]
    with sqlite_store(tmp_path) as store:
        assert store.person(HOME.id, person.id) == person
        # Beside a service that writes neither may be changed, and a copy may be made.
        assert run("rotate").exit_code == 1
        assert run("backup", str(tmp_path / "copy")).exit_code == 0
    assert (tmp_path / "copy" / "keys-people.sqlite3").exists()


def test_nobody_is_given_up_without_yes(person: StoredPerson, run: Run, tmp_path: Path) -> None:
    """Without it nothing happens; with it who cannot be read is gone, and the rest opens."""
    for path in tmp_path.glob("keys-people*"):
        path.unlink()
    assert run("forget-lost").exit_code == 2
    with pytest.raises(StorageError, match="Nothing was removed"), sqlite_store(tmp_path):
        pass
    assert run("forget-lost", "--yes").exit_code == 0
    with sqlite_store(tmp_path) as store:
        assert store.people([person.id]) == {}
        (line,) = store.last_accesses(AccessQuery(organisation_id=HOME.id), 9)
        assert (line.access.action, line.access.key_id) == (Action.RETURNEE_ERASE, "cli")
        assert line.access.subjects == (person.id,)
        assert verify_log(store, NoBar()).broken is None
