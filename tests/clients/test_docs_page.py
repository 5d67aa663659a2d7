"""/docs in a real browser that reaches no other host."""

import subprocess
from pathlib import Path

from tests.clients.conftest import Served
from tests.console.browsing import chromium


def test_every_call_is_shown_without_a_network(served: Served, tmp_path: Path) -> None:
    """Swagger UI draws the calls, with all names but this machine's leading nowhere."""
    done = subprocess.run(  # noqa: S603 - a browser of the system
        [
            chromium(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path}",
            "--virtual-time-budget=10000",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--dump-dom",
            f"{served.url}/docs",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert 'data-path="/v1/match"' in done.stdout, done.stderr
    assert "What could they do next" in done.stdout
    assert "Authorize" in done.stdout
