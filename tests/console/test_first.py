"""The first account, and accounts from the command line."""

import re
import shutil
from contextlib import closing
from pathlib import Path

from fastapi.testclient import TestClient
from typer.testing import CliRunner

from service.adapters.store.sql import SqlStore
from service.app import create_app, given
from service.cli.commands import app
from service.domain.audit import AccessQuery, Action
from service.ports import Tools
from service.settings import Settings
from tests.conftest import ADMIN
from tests.console.support import ORIGIN, PASSWORD, heading, hidden, sign_in
from tests.waiting import until_ready


def test_the_first_account_takes_the_admin_key(tools: Tools, settings: Settings) -> None:
    """Nothing else makes one; there is no second time."""
    with TestClient(create_app(settings, lambda: given(tools)), base_url=ORIGIN) as client:
        until_ready(client)
        page = client.get("/console/")
        assert heading(page.text) == "The first account"
        sent = hidden(page.text, "/console/first") | {"name": "Nasrin", "username": "nasrin"}
        wrong = client.post("/console/first", data=sent | {"admin_key": "x", "password": PASSWORD})
        assert wrong.status_code == 403
        assert 'value="nasrin"' in wrong.text
        sent |= {"admin_key": ADMIN}
        weak = client.post("/console/first", data=sent | {"password": "short"})
        assert weak.status_code == 422
        assert tools.store.officers() == []
        made = client.post("/console/first", data=sent | {"password": PASSWORD})
        assert heading(made.text) == "Sign in"
        assert "The account is made" in made.text
        again = client.post("/console/first", data=sent | {"username": "two", "password": PASSWORD})
        assert heading(again.text) == "Sign in"
        assert [one.username for one in tools.store.officers()] == ["nasrin"]
        assert heading(sign_in(client, "nasrin")) == "Good day, Nasrin"


def test_accounts_from_the_command_line(tmp_path: Path, encoded_taxonomy: Path) -> None:
    """Made, listed, reset, disabled; a generated password is shown once."""
    shutil.copytree(encoded_taxonomy, tmp_path / "data" / "index")
    env = {
        "HOMEWARD_DATA_DIR": str(tmp_path / "data"),
        "HOMEWARD_KEY_FILE": str(tmp_path / "keys.json"),
    }
    runner = CliRunner()

    def run(*words: str) -> str:
        done = runner.invoke(app, ["officers", *words], env=env)
        assert done.exit_code == 0, done.output
        return done.output

    said = run("add", "shirin", "--name", "Shirin Akter", "--generate")
    assert re.search(r"off_[0-9a-f]{32}  shirin  (\w{4}-){4}\w{4}", said)
    assert "shirin  officer  active" in run("list")
    run("disable", "shirin")
    assert "shirin  officer  disabled" in run("list")
    run("reset", "shirin", "--generate")
    assert "shirin  officer  active" in run("list")
    store = SqlStore.open(tmp_path / "data", tmp_path / "keys.json", writable=False)
    with closing(store):
        log = [one.access for one in store.last_accesses(AccessQuery(), 50)]
    assert [one.action for one in log] == [
        Action.OFFICER_CREATE,
        Action.OFFICER_CHANGE,
        Action.OFFICER_CHANGE,
    ]
    # In place of a key and of a request.
    assert {(one.key_id, one.request_id) for one in log} == {("cli", "cli")}
