"""README, "Integrate in ten minutes": its blocks, run in order, answer what it shows."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.clients.conftest import ROOT, Served

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CUT = "=====8<====="
_MARK = {"bash": f"\necho '{_CUT}'\n", "python": f"\nprint('{_CUT}', flush=True)\n"}


@dataclass
class Block:
    """A piece of code, and what it is said to print."""

    language: str
    code: str
    shown: str = ""


def blocks() -> list[Block]:
    """Return the section's blocks, each with the output shown below it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("\n## Integrate in ten minutes\n")[1].split("\n## ")[0]
    found: list[Block] = []
    for language, body in _BLOCK.findall(section):
        if language in _MARK:
            found.append(Block(language, body))
        else:
            found[-1].shown = body
    return found


def as_pattern(shown: str) -> str:
    """Return a pattern for what is shown: … stands for anything, and space is free."""
    # A shortened text may break off anywhere; so whatever closes it there may be elsewhere.
    parts = [re.escape(part.strip()) for part in shown.split("…")]
    return r".*?".join(re.sub(r"(?:\\?\s)+", r"\\s*", part) for part in parts)


@pytest.fixture(scope="module")
def folder(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to run in. What other tests have stored is taken away first."""
    with httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {served.key}"}) as c:
        while items := c.get("/v1/listings").json()["items"]:
            for one in items:
                c.delete(f"/v1/listings/{one['source']}/{one['external_id']}")
    return tmp_path_factory.mktemp("integrator")


@pytest.mark.parametrize("language", ["bash", "python"])
def test_the_blocks_do_what_they_show(served: Served, folder: Path, language: str) -> None:
    """The blocks of bash are run by bash in one go, then those of Python by Python."""
    mine = [block for block in blocks() if block.language == language]
    script = folder / f"blocks.{language}"
    head = "set -euo pipefail\n" if language == "bash" else ""
    script.write_text(head + _MARK[language].join(block.code for block in mine), encoding="utf-8")
    tools = Path(sys.executable).parent
    done = subprocess.run(  # noqa: S603 - our own documentation
        ["/bin/bash" if language == "bash" else sys.executable, str(script)],
        env=os.environ
        | {"URL": served.url, "KEY": served.key, "PATH": f"{tools}:{os.environ['PATH']}"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.split(f"{_CUT}\n")
    assert len(printed) == len(mine)
    assert sum(bool(block.shown) for block in mine) >= 3
    for block, out in zip(mine, printed, strict=True):
        spaced = re.sub(r'(?<=[":,}\]])\s+', "", out)
        assert re.match(
            as_pattern(re.sub(r'(?<=[":,}\]])[ \n]+', "", block.shown)), spaced, re.DOTALL
        ), f"{block.code}\nprinted:\n{out}"
