"""The command line, run as a user runs it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from service import __version__
from service.cli import app
from service.domain.audit import AccessQuery, Action
from service.domain.listing import Visibility
from service.domain.records import Put
from service.settings import Settings, bundled
from service.usecases.load_sample import SOURCE, sample_listings
from service.usecases.manage_keys import (
    FIRST_ORGANISATION,
    ensure_first_key,
    ensure_first_organisation,
)
from service.usecases.put_listings import put_listings
from service.wiring import open_tools
from tests.conftest import ADMIN, client_over, settings_in

Ran = subprocess.CompletedProcess[str]
Run = Callable[..., Ran]
WORDS = "I weld steel pipes [/red] and lay bricks"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, encoded_taxonomy: Path) -> Path:
    """A folder whose data directory holds some of the sample's listings."""
    folder = tmp_path_factory.mktemp("cli")
    settings = settings_in(folder)
    shutil.copytree(encoded_taxonomy, settings.data_dir / "index")
    with open_tools(settings) as tools:
        ensure_first_organisation(tools)
        some = list(sample_listings(bundled("data"), tools.clock.today()))[::15]
        puts = [
            Put(
                organisation_id=FIRST_ORGANISATION,
                source=SOURCE,
                external_id=name,
                content=content,
            )
            for name, content in some
        ]
        put_listings(tools, puts)
    return folder


def _runner(folder: Path) -> Run:
    def run(*arguments: str, **environment: str) -> Ran:
        plain = {name: value for name, value in os.environ.items() if "HOMEWARD" not in name}
        paths = {
            "HOMEWARD_DATA_DIR": str(folder / "data"),
            "HOMEWARD_KEY_FILE": str(folder / "keys.json"),
        }
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-c", "from service.cli import main; main()", *arguments],
            cwd=folder,
            env=plain | paths | environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def run_here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run the command in this process: a process of its own imports for seconds."""
    logging = structlog.get_config()
    for name in [name for name in os.environ if "HOMEWARD" in name]:
        monkeypatch.delenv(name)
    folder = settings.data_dir.parent

    def run(*arguments: str, **environment: str) -> Ran:
        paths = {
            "HOMEWARD_DATA_DIR": str(folder / "data"),
            "HOMEWARD_KEY_FILE": str(folder / "keys.json"),
        }
        done = CliRunner().invoke(app, arguments, env=paths | environment)
        # Anything but leaving is what a user would see as a traceback.
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return Ran(arguments, done.exit_code, done.stdout, done.stderr)

    yield run
    # A command logs to the standard error of its own run, which has ended.
    structlog.configure(**logging)


@pytest.fixture
def run(settings: Settings) -> Run:
    """Run the command over an empty data directory."""
    return _runner(settings.data_dir.parent)


def test_version(run: Run) -> None:
    """It prints the version and nothing else."""
    done = run("version")
    assert (done.returncode, done.stdout) == (0, f"{__version__}\n")


def test_without_a_command_there_is_help(run: Run) -> None:
    """Every command is named; the exit status says that nothing was done."""
    done = run()
    assert done.returncode == 2
    shown = done.stdout + done.stderr
    assert all(name in shown for name in ("serve", "demo", "match", "migrate", "reindex", "keys"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOMEWARD_RATE_LIMIT", "many"),
        ("HOMEWARD_RATE_LIMIT", "-1"),
        ("HOMEWARD_MAX_BODY_BYTES", "1"),
        ("HOMEWARD_LOG_LEVEL", "LOUD"),
        ("HOMEWARD_ADMIN_KEY", ""),
        ("HOMEWARD_ADMIN_KEY", "fifteen letters"),
        ("HOMEWARD_ENCODER_THREADS", "0"),
    ],
)
def test_a_bad_setting_is_named(run_here: Run, name: str, value: str) -> None:
    """The variable is named, on standard error, without a traceback."""
    done = run_here("migrate", **{name: value})
    assert done.returncode == 2
    assert name in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("HOMEWARD_RATE_LIMIT", "many", 2),
        ("HOMEWARD_ENCODER", "no-such-model-anywhere", 1),
        ("HOMEWARD_DATA_DIR", "/dev/null/data", 1),
    ],
)
def test_a_setting_that_leads_nowhere_is_named(
    run: Run, name: str, value: str, status: int
) -> None:
    """In a process of its own as well, where what is named is looked for."""
    # Where there is no network, asking for a model by name would wait for it a minute long.
    done = run("reindex", **{name: value, "HF_HUB_OFFLINE": "1"})
    assert done.returncode == status
    assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_migrate_prepares_and_repeats(run: Run, settings: Settings) -> None:
    """An empty directory becomes a database; once more changes nothing."""
    for _ in range(2):
        done = run("migrate")
        assert done.returncode == 0, done.stderr
        assert done.stdout == f"{settings.data_dir} is ready for this release.\n"
    assert settings.key_file.stat().st_mode & 0o777 == 0o600


def test_keys_are_made_and_listed(run: Run) -> None:
    """A new key's secret is printed once; the list names keys as they were called."""
    name = "Board of [bold] jobs " + "x" * 60
    made = run("keys", "create", name, "--scope", "match", "--scope", "listings:read")
    assert made.returncode == 0, made.stderr
    key, secret = made.stdout.split()
    listed = run("keys", "list")
    assert listed.returncode == 0, listed.stderr
    assert listed.stdout == f"{key}  home-office  {name}  listings:read,match  valid\n"
    assert secret.startswith("hw_")
    assert secret not in listed.stdout + listed.stderr


def test_a_made_key_opens_the_api(run: Run, settings: Settings) -> None:
    """The printed secret is the one the service knows, with its scopes."""
    made = run("keys", "create", "reader", "--scope", "listings:read")
    secret = made.stdout.split()[1]
    with open_tools(settings) as tools:
        for client in client_over(tools, settings):
            sent = {"Authorization": f"Bearer {secret}"}
            assert client.get("/v1/listings", headers=sent).status_code == 200
            assert client.get("/v1/returnees", headers=sent).status_code == 403


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["keys", "create", "x", "--scope", "everything"], "--scope"),
        (["keys", "create", "x"], "--scope"),
        (["match", "weld", "--home", "Atlantis"], "--home"),
        (["match", "!!!"], "text"),
        (["match", "weld", "--limit", "0"], "--limit"),
        (["serve", "--port", "0"], "--port"),
        (["nonsense"], "nonsense"),
    ],
)
def test_a_bad_argument_is_named(run_here: Run, arguments: list[str], said: str) -> None:
    """Exit status 2, the argument on standard error, nothing done."""
    done = run_here(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_a_key_for_nobody_is_refused(run: Run) -> None:
    """An unknown organisation is an error of its own; no key is made."""
    run("migrate")
    done = run("keys", "create", "x", "--scope", "match", "--organisation", "nobody")
    assert done.returncode == 1
    assert "nobody" in done.stderr
    assert run("keys", "list").stdout == ""


@pytest.fixture(scope="module")
def sample(home: Path) -> Run:
    """Run the command over the sample."""
    return _runner(home)


@pytest.fixture
def sample_api(home: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A client over the very same data directory."""
    with open_tools(settings_in(home)) as tools:
        ensure_first_key(tools, ADMIN)
        yield from client_over(tools, settings_in(tmp_path))


def test_match_as_json_is_the_apis_answer(sample: Run, sample_api: TestClient) -> None:
    """Field for field the answer of POST /v1/match, and nothing else on standard output."""
    done = sample("match", WORDS, "--home", "BD", "--limit", "3", "--json")
    assert done.returncode == 0, done.stderr
    body = {"text": WORDS, "home_country": "BD", "limit": 3}
    assert json.loads(done.stdout) == sample_api.post("/v1/match", json=body).json()


def test_match_as_a_table_shows_the_same(sample: Run) -> None:
    """The words as they were said, the routes, and each title that the JSON has."""
    done = sample("match", WORDS, "--home", "BD", "--limit", "1", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "I weld steel pipes [/red]" in done.stdout
    for title in ("Jobs at home", "Jobs abroad", "Trainings"):
        assert title in done.stdout
    answer = json.loads(sample("match", WORDS, "--home", "BD", "--limit", "1", "--json").stdout)
    for some in answer["routes"].values():
        for word in some[0]["listing"]["title"].split():
            assert word in done.stdout


def test_match_reads_beside_a_running_service(sample: Run, sample_api: TestClient) -> None:
    """A question needs no writer's lock, while a second writer is refused and told why."""
    assert sample_api.get("/readyz").status_code == 200
    assert sample("match", "weld", "--home", "BD", "--json").returncode == 0
    refused = sample("keys", "create", "x", "--scope", "match")
    assert refused.returncode == 1
    assert "in_use" in refused.stderr


def test_no_words_about_work_is_an_error(sample: Run) -> None:
    """It exits 1 with the code the API gives."""
    done = sample("match", "017 11 22", "--home", "BD")
    assert done.returncode == 1
    assert "no_work_words" in done.stderr


def test_an_import_says_who_may_know_of_it(run: Run, settings: Settings, tmp_path: Path) -> None:
    """What is private stays so in a file that does not speak of it; people have no such thing."""
    file = tmp_path / "board.csv"
    file.write_text("Ref,Job Title,Country\n1,Mason,BD\n", encoding="utf-8")
    wanted = ("import", str(file), "--kind", "listings")
    assert "1 created" in run(*wanted, "--visibility", "private").stdout
    assert "1 unchanged" in run(*wanted).stdout
    refused = run("import", str(file), "--kind", "returnees", "--visibility", "private")
    assert refused.returncode == 1
    assert "People are never public" in refused.stderr
    with open_tools(settings) as tools:
        stored = tools.store.listing_by_source(FIRST_ORGANISATION, "board", "1")
        lines = tools.store.last_accesses(AccessQuery(action=Action.IMPORT_SUBMIT), 9)
        batches = tools.store.last_batches(FIRST_ORGANISATION, 9)
    assert stored.content.visibility is Visibility.PRIVATE
    said = [(one.access.key_id, *one.access.subjects) for one in lines]
    assert said == [("cli", one.batch.id) for one in reversed(batches)]


@pytest.mark.parametrize("mapping", ['["title"]', '{"Job Title": 1}', "null", "{"])
def test_a_mapping_that_is_none_is_refused_in_words(
    run_here: Run, tmp_path: Path, mapping: str
) -> None:
    """As the API refuses it."""
    file = tmp_path / "board.csv"
    file.write_text("Job Title,Country\nMason,BD\n", encoding="utf-8")
    done = run_here("import", str(file), "--kind", "listings", "--mapping", mapping)
    assert done.returncode == 1
    assert "Send a JSON object" in done.stderr
