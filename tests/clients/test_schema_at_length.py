"""schemathesis over the whole document: every check, every phase, as long as is asked."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import ROOT, Served

EXAMPLES = os.environ.get("HOMEWARD_SCHEMA_EXAMPLES")
SEED = os.environ.get("HOMEWARD_SCHEMA_SEED", "1")
HERE = Path(__file__).parent


@pytest.mark.skipif(EXAMPLES is None, reason="some minutes: HOMEWARD_SCHEMA_EXAMPLES=20 runs it")
def test_every_answer_is_as_documented(served: Served, tmp_path: Path) -> None:
    """Thousands of requests, valid and not, alone and after one another: nothing undocumented."""
    done = subprocess.run(  # noqa: S603 - a development tool
        [
            str(Path(sys.executable).with_name("schemathesis")),
            f"--config-file={HERE / 'schemathesis.toml'}",
            "run",
            f"{served.url}/openapi.json",
            f"--header=Authorization: Bearer {served.key}",
            "--checks=all",
            # In its place stands refused_only_by_a_rule: see schema_hooks.py.
            "--exclude-checks=positive_data_acceptance",
            "--max-response-time=120",
            f"--max-examples={EXAMPLES}",
            f"--seed={SEED}",
            "--continue-on-failure",
            "--no-color",
        ],
        env=os.environ
        | {"SCHEMATHESIS_HOOKS": "tests.clients.schema_hooks", "PYTHONPATH": str(ROOT)},
        # It keeps what it found in a folder of where it runs.
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout[-20_000:])  # noqa: T201 - how much was asked, shown by pytest -s
    assert done.returncode == 0, done.stdout[-20_000:]
    asked = re.search(r"(\d+) generated", done.stdout)
    assert asked
    assert int(asked[1]) >= 5000
