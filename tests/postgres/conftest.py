"""Stores on a server, handed back empty."""

from collections.abc import Iterator

import pytest

from tests.postgres.server import TestServer, server


@pytest.fixture
def postgres() -> Iterator[TestServer]:
    """The server; what a test was lent there is taken back."""
    yield server()
    server().take_back()
