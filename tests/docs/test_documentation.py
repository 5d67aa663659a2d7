"""What the documents say, held to the code and the files."""

import ast
import csv
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import yaml
from typer.core import TyperGroup

from models.gold_agreement import TwoJudges, evidence_report, report
from service.cli.commands import app
from service.domain import errors
from service.settings import Settings
from service.web.problems import _STATUS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_DECISIONS = sorted((ROOT / "service" / "decisions").glob("*.md"))


def section(heading: str) -> str:
    """Return the README's text under a heading of the second level."""
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no section {heading!r}"
    return found[1]


def rows(markdown: str) -> list[list[str]]:
    """Return the cells of every table row, without headers and rules."""
    lines = [line for line in markdown.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def code_spans(markdown: str) -> Iterator[str]:
    """Yield every line of a code block and every piece of inline code."""
    for block in _FENCE.findall(markdown):
        yield from block.splitlines()[1:-1]
    yield from (" ".join(span.split()) for span in _CODE.findall(_FENCE.sub("", markdown)))


def test_every_setting_is_listed_with_its_default() -> None:
    """The README's table names exactly the settings there are, with their defaults."""
    listed = {cells[0].strip("`"): cells[1] for cells in rows(section("Settings"))}
    assert set(listed) == {f"HOMEWARD_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        shown = listed[f"HOMEWARD_{name.upper()}"]
        if field.default_factory is not None:
            made = field.get_default(call_default_factory=True, validated_data={})
            assert f"`{made.parent.name}/{made.name}`" in shown, name
        elif field.default is None:
            assert shown == "unset", name
        else:
            assert shown == f"`{field.default}`", name


@pytest.mark.parametrize("name", ["compose.yaml", "kubernetes.yaml"])
def test_the_composition_sets_only_settings(name: str) -> None:
    """Each HOMEWARD_… that a container is given is a setting, or asked of the file's reader."""
    text = (ROOT / name).read_text(encoding="utf-8")
    asked = {"HOMEWARD_DB_PASSWORD", "HOMEWARD_KEYS_PASSWORD"}
    known = {f"HOMEWARD_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"HOMEWARD_\w+", text)) - asked <= known


def test_the_cluster_runs_what_there_is() -> None:
    """Two servers or more, and workers, contained; commands, paths and user are the image's."""
    text = (ROOT / "kubernetes.yaml").read_text(encoding="utf-8")
    parts = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(text)}
    pods = {
        name: one["spec"]["template"]["spec"]
        for (kind, name), one in parts.items()
        if kind == "Deployment"
    }
    assert set(pods) == {"homeward-server", "homeward-worker"}
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for name, pod in pods.items():
        assert parts["PodDisruptionBudget", name]["spec"]["maxUnavailable"] == 1
        user = pod["securityContext"]["runAsUser"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert f"--uid {user} homeward" in dockerfile
        (container,) = pod["containers"]
        program, command, *options = container["command"]
        assert program == "homeward"
        assert {one for one in options if one[0] == "-"} <= commands(group)[command,]
        for each in (container, *pod["initContainers"]):
            assert each["securityContext"]["readOnlyRootFilesystem"]
            assert {one["name"] for one in each["volumeMounts"]} <= {
                one["name"] for one in pod["volumes"]
            }
        mounted = {one["mountPath"] for one in container["volumeMounts"]}
        assert set(re.findall(r'VOLUME \["(.*?)", "(.*?)"\]', dockerfile)[0]) <= mounted
    probes = {
        one: pods["homeward-server"]["containers"][0][f"{one}Probe"]["httpGet"]["path"]
        for one in ("startup", "readiness", "liveness")
    }
    assert probes == {"startup": "/readyz", "readiness": "/readyz", "liveness": "/healthz"}
    scaled = parts["HorizontalPodAutoscaler", "homeward-server"]["spec"]
    assert scaled["scaleTargetRef"]["name"] in pods
    assert scaled["minReplicas"] >= 2


def commands(group: TyperGroup, prefix: tuple[str, ...] = ()) -> dict[tuple[str, ...], set[str]]:
    """Return every command below a group, by its words, with its options."""
    found: dict[tuple[str, ...], set[str]] = {}
    for name, command in group.commands.items():
        words = (*prefix, name)
        if isinstance(command, TyperGroup):
            found |= commands(command, words)
        else:
            options = {text for one in command.params for text in (*one.opts, *one.secondary_opts)}
            found[words] = options | {"--help"}
    return found


def shown_commands(markdown: str) -> Iterator[list[str]]:
    """Yield the words behind `homeward` wherever the text shows the command."""
    for span in code_spans(markdown):
        found = re.match(r"(?:\$ )?(?:\S*/)?homeward (.+)", span)
        if found:
            yield shlex.split(found[1])


def test_every_shown_command_exists_and_every_command_is_shown() -> None:
    """Each `homeward ...` of the README is a command with those options, and none is left out."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    known, shown = commands(group), set()
    for words in shown_commands(README):
        named = next((one for one in known if words[: len(one)] == list(one)), None)
        assert named is not None, f"README.md shows: homeward {' '.join(words)}"
        shown.add(named)
        options = {word.split("=")[0] for word in words if word.startswith("--")}
        assert options <= known[named], f"README.md shows: homeward {' '.join(words)}"
    assert shown == set(known)


def test_shown_make_targets_exist() -> None:
    """Each `make ...` in README.md and CONTRIBUTING.md is a target of the Makefile."""
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    shown = {
        word
        for name in ("README.md", "CONTRIBUTING.md")
        for span in code_spans((ROOT / name).read_text(encoding="utf-8"))
        if (made := re.match(r"make ((?:[a-z]+ ?)+)", span))
        for word in made[1].split()
    }
    assert {"run", "test"} <= shown <= set(targets)


def tree() -> Iterator[tuple[str, str]]:
    """Yield (entry, path named beside it or the entry itself) of the README's tree."""
    block = _FENCE.search(section("The house"))
    assert block
    entry = ""
    for line in block[0].splitlines()[1:-1]:
        text = line
        if not line.startswith(" "):
            entry, _, text = line.partition(" ")
            yield entry, entry
        for word in re.findall(r"[\w.-]+/|[\w-]+\.\w+", text):
            yield entry, word


def test_the_tree_names_only_what_exists() -> None:
    """Each path in the README's tree exists, beside its entry or at the top."""
    for entry, path in tree():
        assert (ROOT / path).exists() or (ROOT / entry / path).exists(), f"{entry}: {path}"


def test_the_chain_of_imports_is_the_one_that_is_held() -> None:
    """As import-linter's first contract has it, the highest first."""
    (found,) = re.findall(r"^`(cli >.*?)`", section("The house"), re.MULTILINE | re.DOTALL)
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert " ".join(found.split()).split(" > ") == linter["importlinter"]["contracts"][0]["layers"]


def test_fonts_are_among_the_files_of_others() -> None:
    """As many as there are, with their licence."""
    text = (ROOT / "THIRD-PARTY.md").read_text(encoding="utf-8")
    fonts = list((ROOT / "service" / "adapters" / "print" / "fonts").glob("*.ttf"))
    assert f"{len(fonts)} Noto fonts" in text
    assert "SIL Open Font License 1.1" in text


def test_the_tree_names_every_room() -> None:
    """No folder of service/ is missing in the README's tree."""
    named = {path.strip("/") for _, path in tree()}
    rooms = {
        path.name for path in (ROOT / "service").iterdir() if path.is_dir() and path.name[0] != "_"
    }
    assert rooms <= named


def _status_of(name: str) -> int | None:
    kind = getattr(errors, name, None)
    if not isinstance(kind, type) or not issubclass(kind, errors.HomewardError):
        return None
    return next((_STATUS[base][0] for base in kind.__mro__ if base in _STATUS), None)


def _texts(node: ast.AST) -> set[str]:
    return {
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def _number(node: ast.expr | None) -> int | None:
    """Return an HTTP error status where the node is one."""
    number = node.value if isinstance(node, ast.Constant) else None
    return number if isinstance(number, int) and 400 <= number < 600 else None


def _of_class(node: ast.ClassDef) -> Iterator[tuple[str, int | None]]:
    status = _status_of(node.name)
    for line in node.body if status else ():
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "code":
            yield from ((text, status) for text in _texts(line.value))


def _of_call(node: ast.Call) -> Iterator[tuple[str, int | None]]:
    status = _status_of(ast.unparse(node.func).split(".")[-1])
    status = status or next((n for x in node.args if (n := _number(x))), None)
    for keyword in node.keywords:
        if keyword.arg == "code":
            yield from ((text, status) for text in _texts(keyword.value))


def _codes_in(node: ast.AST) -> Iterator[tuple[str, int | None]]:
    """Yield (error code, its status where the code states it) from one piece of code."""
    if isinstance(node, ast.ClassDef):
        yield from _of_class(node)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.Tuple) and len(node.elts) > 1 and _number(node.elts[1]):
        yield from ((text, _number(node.elts[1])) for text in _texts(node.elts[0]))
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if _number(key) and isinstance(value, ast.Constant):
                yield from ((text, _number(key)) for text in _texts(value))


def codes_in_use() -> dict[str, set[int]]:
    """Return every error code in service/, with the statuses the code states for it."""
    found: dict[str, set[int]] = {}
    for path in sorted((ROOT / "service").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for code, status in _codes_in(node):
                found.setdefault(code, set()).update({status} if status else set())
    return found


def test_every_error_code_is_listed_with_its_status() -> None:
    """The README's table names exactly the codes the service gives, with their statuses."""
    listed = {cells[0].strip("`"): cells[1] for cells in rows(section("Errors"))}
    used = codes_in_use()
    assert set(listed) == set(used)
    for code, statuses in used.items():
        assert {str(status) for status in statuses} <= {listed[code]}, code


@pytest.mark.parametrize("path", _DECISIONS, ids=lambda path: path.stem)
def test_a_decision_record_has_its_form(path: Path) -> None:
    """A record is numbered, says context, decision, consequence, rejected, and is short."""
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.name[:4]} ")
    said = re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE)
    assert said == ["Context", "Decision", "Consequence", "Rejected"]
    assert len(text.split()) <= 350


def test_decision_records_are_numbered_without_gaps() -> None:
    """Records carry 0001, 0002 and so on."""
    assert [path.name[:4] for path in _DECISIONS] == [
        f"{number:04}" for number in range(1, len(_DECISIONS) + 1)
    ]


def test_links_between_documents_lead_somewhere() -> None:
    """Each relative link in a Markdown file of the project points at a file that exists."""
    folders = ("service", "models", "data", "notebooks")
    paths = [*ROOT.glob("*.md"), *(path for one in folders for path in (ROOT / one).rglob("*.md"))]
    for path in paths:
        text = _FENCE.sub("", path.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.relative_to(ROOT)}: {target}"


def _records(path: Path) -> int:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return sum(1 for _ in csv.DictReader(file))
    return sum(1 for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def test_every_data_file_is_described_with_its_size() -> None:
    """data/README.md lists every file under data/ with the number of records it has."""
    data = ROOT / "data"
    said = rows((data / "README.md").read_text(encoding="utf-8"))
    listed = {cells[0].strip("`"): int(cells[1]) for cells in said}
    held = {
        str(path.relative_to(data)): _records(path)
        for path in data.rglob("*")
        if path.is_file() and path.suffix != ".md"
    }
    assert listed == held


def test_the_agreement_of_the_judges_is_what_the_command_prints() -> None:
    """The figures in data/gold/README.md are those of `python -m models.gold_agreement`."""
    text = (ROOT / "data" / "gold" / "README.md").read_text(encoding="utf-8")
    printed = text.split("<!-- agreement:begin -->\n")[1].split("<!-- agreement:end -->")[0]
    figure = re.compile(r"\d+\.\d+")
    data = ROOT / "data"
    now = "\n".join([*report(TwoJudges.read(data)), "", *evidence_report(data)]) + "\n"
    assert figure.sub("#", printed) == figure.sub("#", now)
    # Drawn intervals may differ in the last digit from one processor to another.
    assert [float(one) for one in figure.findall(printed)] == pytest.approx(
        [float(one) for one in figure.findall(now)], abs=0.0015
    )
