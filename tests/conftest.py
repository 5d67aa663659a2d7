"""Fixtures everybody shares: opened tools, the sample loaded once, an HTTP client over it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from filelock import FileLock
from hypothesis import settings as hypothesis_settings

from service.app import create_app, given
from service.ports import Tools
from service.settings import Settings, bundled
from service.usecases.load_sample import load_sample
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key
from service.wiring import open_tools
from tests.waiting import until_ready

# Tests run beside each other, one on each core: a second thread of the encoder only waits.
os.environ.setdefault("HOMEWARD_ENCODER_THREADS", "1")

# A busy machine is no fault of the code: no example fails for the time it took.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")

_LONG = (
    "quality",
    "clients",
    "durability",
    "postgres",
    "console",
    "notebooks",
    "packaging",
    "acceptance",
    "cli",
)
"""Folders whose single files take long: first, or one core waits for the other at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first; else the order stays."""
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0]
        return _LONG.index(folder) if folder in _LONG else len(_LONG)

    items.sort(key=place)


ADMIN = "test-admin-key-0001"


def settings_in(folder: Path) -> Settings:
    """Return settings that keep everything in `folder`."""
    return Settings(
        data_dir=folder / "data", key_file=folder / "keys.json", admin_key=ADMIN, rate_limit=0
    )


def _made_once(
    factory: pytest.TempPathFactory, name: str, fill: Callable[[Settings], None]
) -> Settings:
    """Return settings of a folder that the first process of a run fills: copied, never opened."""
    here = factory.getbasetemp()
    shared = here.parent if "PYTEST_XDIST_WORKER" in os.environ else here
    settings, done = settings_in(shared / name), shared / f"{name}.done"
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            fill(settings)
            done.touch()
    return settings


@pytest.fixture(scope="session")
def loaded_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample loaded."""

    def load(settings: Settings) -> None:
        with open_tools(settings) as opened:
            ensure_first_key(opened, ADMIN)
            load_sample(opened, bundled("data"), FIRST_ORGANISATION)

    return _made_once(tmp_path_factory, "loaded-sample", load).data_dir.parent


@pytest.fixture(scope="session")
def encoded_taxonomy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an empty index, with the taxonomy's words encoded."""

    def encode(settings: Settings) -> None:
        with open_tools(settings):
            pass

    return _made_once(tmp_path_factory, "taxonomy", encode).data_dir / "index"


@pytest.fixture
def settings(tmp_path: Path, encoded_taxonomy: Path) -> Settings:
    """Settings of an empty data directory."""
    made = settings_in(tmp_path)
    shutil.copytree(encoded_taxonomy, made.data_dir / "index")
    return made


@pytest.fixture
def tools(settings: Settings) -> Iterator[Tools]:
    """Tools over an empty store with an administrator."""
    with open_tools(settings) as opened:
        ensure_first_key(opened, ADMIN)
        yield opened


@pytest.fixture(scope="session")
def sample_tools(tmp_path_factory: pytest.TempPathFactory, loaded_sample: Path) -> Iterator[Tools]:
    """Tools with the sample loaded; shared, so tests only read."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(loaded_sample, folder, dirs_exist_ok=True)
    with open_tools(settings_in(folder)) as opened:
        yield opened


def client_over(tools: Tools, settings: Settings) -> Iterator[TestClient]:
    """Yield a client of an application over open tools, with the administrator's key."""
    app = create_app(settings, lambda: given(tools))
    with TestClient(app, headers={"Authorization": f"Bearer {ADMIN}"}) as client:
        until_ready(client)
        yield client


@pytest.fixture
def client(tools: Tools, settings: Settings) -> Iterator[TestClient]:
    """A client over an empty store."""
    yield from client_over(tools, settings)


@pytest.fixture(scope="session")
def sample_client(
    sample_tools: Tools, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A client over the sample; shared, so tests only read."""
    yield from client_over(sample_tools, settings_in(tmp_path_factory.mktemp("unused")))
