"""The house keeps its shape: directions, sizes, and what the hot path never loads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from service.settings import Settings

ROOT = Path(__file__).parents[2]
MOST_LINES = 400
HEAVY = {"torch", "transformers", "sentence_transformers", "tensorflow"}

_SERVE_A_MATCH = """
import json, sys
from fastapi.testclient import TestClient
from service.app import create_app, given
from service.settings import Settings
from service.usecases.manage_keys import ensure_first_key
from service.wiring import open_tools

settings = Settings(rate_limit=0)
with open_tools(settings) as tools:
    ensure_first_key(tools, "key")
    headers = {"Authorization": "Bearer key"}
    with TestClient(create_app(settings, lambda: given(tools)), headers=headers) as client:
        while client.get("/readyz").status_code != 200:
            pass
        body = {"kind": "job", "title": "Welder", "country": "BD", "skills": ["weld pipes"]}
        assert client.put("/v1/listings/a/b", json=body).status_code == 201
        answer = client.post("/v1/match", json={"text": "I weld pipes", "home_country": "BD"})
        found = len(answer.json()["routes"]["local"])
print(json.dumps({"found": found, "modules": sorted({n.split(".")[0] for n in sys.modules})}))
"""


def test_rooms_import_in_one_direction_only() -> None:
    """Every import contract of pyproject.toml is kept."""
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(  # noqa: S603 - our own linter
        [str(command), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_a_match_is_served_without_torch(settings: Settings) -> None:
    """From start to answer the server loads no training library."""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", _SERVE_A_MATCH],
        cwd=settings.data_dir.parent,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "HOMEWARD_DATA_DIR": str(settings.data_dir),
            "HOMEWARD_KEY_FILE": str(settings.key_file),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["found"] == 1
    assert "onnxruntime" in seen["modules"]
    assert HEAVY.isdisjoint(seen["modules"])


@pytest.mark.parametrize(
    "path", sorted((ROOT / "service").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_file_outgrows_a_reader(path: Path) -> None:
    """A file of the service has 400 lines at most."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
