"""A store that all API tests share, its client, and keys with any scopes.

Tests name their own records, and compare what is stored before and after.
"""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from fastapi.testclient import TestClient

from service.domain.access import Scope
from service.ports import Tools
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key, new_key
from service.wiring import open_tools
from tests.api.support import KeyMaker
from tests.conftest import ADMIN, client_over, settings_in


@pytest.fixture(scope="session", autouse=True)
def quiet() -> Iterator[None]:
    """Write no log lines: an expected error's traceback takes longer than its request."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def api_tools(tmp_path_factory: pytest.TempPathFactory, encoded_taxonomy: Path) -> Iterator[Tools]:
    """Tools over a store that the API tests write to."""
    settings = settings_in(tmp_path_factory.mktemp("api"))
    shutil.copytree(encoded_taxonomy, settings.data_dir / "index")
    with open_tools(settings) as opened:
        ensure_first_key(opened, ADMIN)
        yield opened


@pytest.fixture(scope="session")
def api(api_tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client with the administrator's key over `api_tools`."""
    yield from client_over(api_tools, settings_in(tmp_path_factory.mktemp("unused-api")))


@pytest.fixture(scope="session")
def key_with(api_tools: Tools) -> KeyMaker:
    """Return a maker of keys: scopes in, headers out."""
    made: dict[tuple[str, ...], str] = {}

    def make(*scopes: str, organisation: str = FIRST_ORGANISATION) -> str:
        wanted = (organisation, *sorted(scopes))
        if wanted not in made:
            granted = frozenset(Scope(scope) for scope in scopes)
            _, secret = new_key(api_tools, organisation, "test", granted)
            made[wanted] = f"Bearer {secret}"
        return made[wanted]

    return make
