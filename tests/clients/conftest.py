"""A real `homeward serve` process, and a receiver of its messages, as an integrator has them."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.webhooks.receivers import until

ROOT = Path(__file__).parents[2]
KEY = "an-integrators-key"


@dataclass(frozen=True)
class Served:
    """Where a service answers, and an administrator's key to it."""

    url: str
    key: str


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, encoded_taxonomy: Path) -> Iterator[Served]:
    """A service process of its own, over an empty store; webhooks may go to this machine."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(encoded_taxonomy, folder / "data" / "index")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "HOMEWARD_DATA_DIR": str(folder / "data"),
        "HOMEWARD_KEY_FILE": str(folder / "keys.json"),
        "HOMEWARD_ADMIN_KEY": KEY,
        "HOMEWARD_WEBHOOK_PRIVATE": "true",
        "HOMEWARD_LOG_LEVEL": "WARNING",
        "HOMEWARD_RATE_LIMIT": "0",
        "PYTHONPATH": str(ROOT),
    }
    url = f"http://127.0.0.1:{port}"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "service.cli", "serve", "--port", str(port)],
            env=os.environ | settings,
            cwd=folder,
            stdout=log,
            stderr=log,
        )
        try:
            until(lambda: process.poll() is not None or _ready(url))
            assert process.poll() is None, (folder / "log").read_text()
            yield Served(url, KEY)
        finally:
            process.terminate()
            process.wait(30)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
