"""The wheel and the Dockerfile's commands, run outside a container."""

import ast
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import Parser
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

BUILD = "python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels ."
INSTALL = "python -m pip install --no-cache-dir /wheels/*.whl && rm -r /wheels"
SERVE = '["homeward", "serve", "--host", "0.0.0.0", "--port", "8000"]'
HEALTH = (
    '["python", "-c", "import urllib.request as u; u.urlopen(\'http://127.0.0.1:8000/readyz\')"]'
)
HEAVY = ("torch", "transformers", "sentence_transformers")
# `homeward bench` measures beside them where they are installed; nothing else imports them.
BESIDE = ("faiss", "txtai")
WORDS = "I lay bricks and plaster, eight years in Dammam"


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions in order: (word, what follows it)."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split(None, 1) for line in text.splitlines() if line.strip()]
    return [(word, " ".join(rest.split())) for word, rest in lines]


def test_every_command_of_the_dockerfile_is_run_here() -> None:
    """RUN, CMD and HEALTHCHECK are the very commands these tests run, beside making a user."""
    said = [rest for word, rest in instructions() if word in {"RUN", "CMD", "ENTRYPOINT"}]
    ours = [command for command in said if not command.startswith("useradd ")]
    assert ours == [BUILD, INSTALL, SERVE]
    checks = [rest for word, rest in instructions() if word == "HEALTHCHECK"]
    assert [check.split(" CMD ", 1)[1] for check in checks] == [HEALTH]


@dataclass(frozen=True)
class Built:
    """The wheel: what it holds, and the commands' folder that stands for /wheels."""

    wheels: Path
    names: tuple[str, ...]
    requirements: tuple[str, ...]


def run_there(command: str, folder: Path, wheels: Path) -> None:
    """Run a RUN line in `folder` with this Python, /wheels standing elsewhere."""
    line = command.replace("python ", f"{shlex.quote(sys.executable)} ")
    line = line.replace("/wheels", shlex.quote(str(wheels)))
    done = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S602 - RUN lines are shell
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Copy what the Dockerfile copies and build as it builds."""
    source = tmp_path_factory.mktemp("src")
    wheels = tmp_path_factory.mktemp("wheels")
    ignored = shutil.ignore_patterns("__pycache__", "cache")
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            *froms, to = rest.split()
            for name in froms:
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, source / to, ignore=ignored)
                else:
                    shutil.copy(ROOT / name, source / to)
    run_there(BUILD, source, wheels)
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        names = tuple(file.namelist())
        (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        said = Parser().parsestr(file.read(metadata).decode()).get_all("Requires-Dist") or []
    return Built(wheels, names, tuple(said))


def _asked_for() -> set[str]:
    """Return every file under the paths that service/ asks `bundled` for, from the root."""
    asked = set()
    for path in (ROOT / "service").rglob("*.py"):
        for parts in re.findall(r"\bbundled\(([\"\w, ]+)\)", path.read_text(encoding="utf-8")):
            asked.add(ROOT.joinpath(*(part.strip().strip('"') for part in parts.split(","))))
    files = {file for path in asked for file in (path, *path.rglob("*")) if file.is_file()}
    return {str(file.relative_to(ROOT)) for file in files if "__pycache__" not in file.parts}


def test_the_wheel_carries_what_the_service_reads(built: Built) -> None:
    """Models, taxonomy, lexicon and sample travel in it; tests and notebooks do not."""
    wanted = _asked_for()
    assert {"isco08.csv", "building.jsonl", "english.jsonl", "model.onnx", "tokenizer.json"} <= {
        Path(name).name for name in wanted
    }
    assert {f"service/bundled/{name}" for name in wanted} <= set(built.names)
    assert "service/adapters/store/migrations/versions/0001_first_schema.py" in built.names
    assert not [name for name in built.names if {"tests", "notebooks"} & set(Path(name).parts)]
    assert {name.split("/")[0].split("-")[0] for name in built.names} == {"service", "homeward"}


def test_the_wheel_carries_what_stands_beside_the_code(built: Built) -> None:
    """Templates, catalogues, styles, scripts, fonts and the sheet, whoever opens them."""
    beside = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "service").rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    kinds = {Path(name).suffix for name in beside}
    assert {".html", ".po", ".css", ".js", ".ttf", ".typ"} <= kinds
    assert beside <= set(built.names)


def test_what_is_no_part_of_the_image_is_left_out() -> None:
    """Keys and data of a demonstration, models that were fetched."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {"homeward-data", "homeward-demo", "homeward-demo-keys*", "models/cache"} <= set(lines)


def _closure(requirements: tuple[str, ...]) -> set[str]:
    """Return the distributions that installing these brings, extras not asked for left out."""
    found: set[str] = set()
    todo = [(Requirement(one), "") for one in requirements]
    while todo:
        one, extra = todo.pop()
        if one.marker is not None and not one.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(one.name)
        if name in found and not one.extras:
            continue
        found.add(name)
        try:
            below = [Requirement(text) for text in requires(name) or []]
        except PackageNotFoundError:
            continue
        todo += [(deeper, asked) for deeper in below for asked in ("", *one.extras)]
    return found


def test_the_wheel_requires_what_the_service_imports(built: Built) -> None:
    """Every package service/ imports comes with the wheel's own requirements."""
    brought, owners = _closure(built.requirements), packages_distributions()
    for path in (ROOT / "service").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = []
            if isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                named = [node.module]
            for name in {one.split(".")[0] for one in named} - sys.stdlib_module_names:
                if name not in {"service", *HEAVY, *BESIDE}:
                    held = {canonicalize_name(owner) for owner in owners[name]}
                    assert held & brought, f"{path.relative_to(ROOT)} imports {name}"


@dataclass(frozen=True)
class Installed:
    """Homeward as installed, in an empty folder far from the checkout."""

    folder: Path
    environment: dict[str, str]
    heavy: Path

    def command(self, said: str, port: int = 8000) -> list[str]:
        """Return a JSON command of the Dockerfile with this Python and `port`."""
        parts: list[str] = json.loads(said.replace("8000", str(port)))
        program = {"python": sys.executable, "homeward": str(self.folder / "bin" / "homeward")}
        return [program[parts[0]], *parts[1:]]

    def run(self, command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a command of this installation to its end in `folder`."""
        return subprocess.run(  # noqa: S603 - commands of this file
            command, cwd=folder, env=self.environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install as the Dockerfile does, into a folder of its own; dependencies are here already."""
    folder, heavy = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("seen") / "heavy"
    into = f"pip install --no-deps --quiet --target {shlex.quote(str(folder))}"
    run_there(INSTALL.replace("pip install", into), folder, built.wheels)
    # Whoever imports one of these leaves a note, installed here or not.
    traps = tmp_path_factory.mktemp("traps")
    for name in HEAVY:
        note = f"open({str(heavy)!r}, 'a').write({name!r})\nraise ImportError({name!r})\n"
        (traps / f"{name}.py").write_text(note)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HOMEWARD_", "PYTHON"))}
    environment = {**kept, "PYTHONPATH": f"{traps}{os.pathsep}{folder}", "COLUMNS": "200"}
    return Installed(folder, environment, heavy)


def test_the_command_answers_in_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
    """`homeward match --json` loads its own sample, ranks, and imports no torch."""
    ask = [str(installed.folder / "bin" / "homeward"), "match", WORDS, "--home", "BD", "--json"]
    done = installed.run(ask, tmp_path)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["index"]["listings"] == sum(
        len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "data" / "listings").glob("*.jsonl")
    )
    assert all(answer["routes"][route] for route in ("local", "overseas", "training"))
    assert not installed.heavy.exists()


@pytest.fixture
def serving(installed: Installed, tmp_path: Path) -> Iterator[int]:
    """Serve by the Dockerfile's CMD with its settings on a free port; yield the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    settings = next(rest for word, rest in instructions() if word == "ENV")
    own = {
        name: f"{tmp_path}{path}"
        for name, path in (one.split("=", 1) for one in settings.split())
        if path.startswith("/")
    }
    assert set(own) == {"HOMEWARD_DATA_DIR", "HOMEWARD_KEY_FILE"}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 - the Dockerfile's own command
            installed.command(SERVE, port),
            cwd=tmp_path,
            env={**installed.environment, **own},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield port
            assert process.poll() is None, (tmp_path / "log").read_text()
        finally:
            process.terminate()
            process.wait(timeout=60)


def test_the_served_wheel_becomes_healthy(
    installed: Installed, serving: int, tmp_path: Path
) -> None:
    """The CMD starts, the HEALTHCHECK succeeds once /readyz is 200, and no torch is imported."""
    deadline = time.monotonic() + 120
    check = installed.command(HEALTH, serving)
    while installed.run(check, tmp_path).returncode != 0:
        assert time.monotonic() < deadline, (tmp_path / "log").read_text()
    assert (tmp_path / "keys" / "keys.json").stat().st_mode & 0o777 == 0o600
    assert not installed.heavy.exists()


def test_the_installed_code_is_the_wheels(installed: Installed, tmp_path: Path) -> None:
    """What ran above came from the wheel, not from the checkout."""
    code = "import service, service.settings as s; print(service.__file__, s.bundled('data'))"
    done = installed.run([sys.executable, "-c", code], tmp_path)
    at, data = done.stdout.split()
    assert Path(at).is_relative_to(installed.folder)
    assert Path(data) == installed.folder / "service" / "bundled" / "data"
