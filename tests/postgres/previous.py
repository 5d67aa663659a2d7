"""The previous release's store and contract suite, as one archive beside this file.

`python -m tests.postgres.previous` records them as they are now: run at each release, behind its
last migration, so that the next release is held to what is then in the field. Of the suite those
tests are run later that together send every statement which all of them send.
"""

import importlib
import io
import re
import sys
import tarfile
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

ROOT: Final = Path(__file__).parents[2]
ARCHIVE: Final = Path(__file__).with_name("previous.tar.xz")
CHOSEN: Final = "chosen.txt"
_SUITE: Final = Path("tests") / "contracts"
_MIGRATIONS: Final = ROOT / "service" / "adapters" / "store" / "migrations"
_OURS: Final = ("service", "tests")
_VALUES: Final = re.compile(r"(%\(\w+\)s(::\w+)?(, )?)+")


def _paths() -> list[Path]:
    """Return all that the store and its contract suite are made of, and nothing else."""
    suite = ROOT / _SUITE
    for path in (*suite.glob("test_*_store.py"), suite / "conftest.py"):
        importlib.import_module(f"tests.contracts.{path.stem}")
    loaded = [
        Path(module.__file__)
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in _OURS and module.__file__ is not None
    ]
    # Migrations are loaded by path.
    return sorted({*loaded, *_MIGRATIONS.rglob("*.py")})


class _Noting:
    """A plugin of pytest that notes which statements each test sends."""

    def __init__(self) -> None:
        self.sent: dict[str, set[str]] = defaultdict(set)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Listen while a test runs."""

        def note(_connection: object, _cursor: object, statement: str, *_: Any) -> None:  # noqa: ANN401
            self.sent[item.nodeid].add(_VALUES.sub("?", statement))

        sa.event.listen(sa.Engine, "before_cursor_execute", note)
        said = yield
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
        return said


def _chosen() -> list[str]:
    """Return the names of tests that together send every statement; each adds the most."""
    noting = _Noting()
    words = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-k", "postgres and store"]
    if pytest.main([*words, str(_SUITE)], [noting]) != pytest.ExitCode.OK:
        raise SystemExit(1)
    left, chosen = set[str]().union(*noting.sent.values()), []
    while left:
        name = max(noting.sent, key=lambda one: len(noting.sent[one] & left))
        chosen.append(name)
        left -= noting.sent[name]
    return sorted(chosen)


def record() -> None:
    """Write the archive: the same bytes for the same files."""
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in _paths()}
    files[CHOSEN] = "\n".join(_chosen()).encode()
    with tarfile.open(ARCHIVE, "w:xz", preset=9) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def unpack(folder: Path) -> None:
    """Lay the archive's files out below a folder."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")


if __name__ == "__main__":
    record()
