"""Every backend that a contract suite runs over. A new store or index joins here."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import pytest

from service.adapters.vectors.local import LocalListingIndex
from service.adapters.vectors.pgvector.filling import Source
from service.adapters.vectors.pgvector.index import PgvectorListingIndex
from service.domain.embedding import ModelIdentity
from service.ports import ListingIndex, Store
from tests.contracts.examples import HOME, OTHER, sqlite_store
from tests.postgres.server import pgvector_database, postgres_store, server

StoreOpener = Callable[[Path], AbstractContextManager[Store]]
IndexOpener = Callable[[Store, ModelIdentity], ListingIndex]

STORES: Final[dict[str, StoreOpener]] = {"postgres": postgres_store, "sqlite": sqlite_store}
INDEXES: Final = ("local", "pgvector")


@pytest.fixture(params=sorted(STORES))
def open_store(request: pytest.FixtureRequest) -> Iterator[StoreOpener]:
    """How to open each store in turn; opening the same folder again finds the same records."""
    yield STORES[request.param]
    if request.param == "postgres":
        server().take_back()


@pytest.fixture
def store(open_store: StoreOpener, tmp_path: Path) -> Iterator[Store]:
    """Each store in turn, with two organisations and nothing else."""
    with open_store(tmp_path) as opened:
        opened.add_organisation(HOME)
        opened.add_organisation(OTHER)
        yield opened


@pytest.fixture(params=INDEXES)
def open_index(request: pytest.FixtureRequest) -> Iterator[IndexOpener]:
    """How to open each index in turn over a store."""
    if request.param == "local":
        yield LocalListingIndex
        return
    with pgvector_database() as database:
        yield lambda store, model: PgvectorListingIndex(database, Source(store, model))
