"""schema.org's JobPosting: as JSON-LD, and inside web pages."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from service.adapters.files.objects import load, parse
from service.adapters.files.tables import too_many_rows
from service.adapters.files.texts import read_text
from service.domain.errors import UnreadableFileError
from service.domain.imported import Limits, Opened, RawRow, RowProblem

_OPENING: Final = re.compile(r"<!--|<script\b", re.IGNORECASE)
_CLOSING: Final = re.compile(r"</script", re.IGNORECASE)
_LINKED: Final = re.compile(r"""\btype\s*=\s*["']?\s*application/ld\+json\b""", re.IGNORECASE)
_WRAPPING: Final = re.compile(r"^(?:\s|//|/\*|<!\[CDATA\[|<!--|\*/)+")
# Pages break lines inside strings, which JSON proper does not allow.
_LENIENT: Final = json.JSONDecoder(strict=False)
_SCRIPTS: Final = 2_000
_HIRING: Final = ("hiringOrganization", "jobLocation", "baseSalary", "identifier")


def open_json_ld(path: Path, limits: Limits) -> Opened:
    """Open every JobPosting of a JSON-LD file."""
    value, note = load(path, limits)
    return _opened(((number, one, None) for number, one in enumerate([value])), note, limits)


def open_html(path: Path, limits: Limits) -> Opened:
    """Open every JobPosting that a page's JSON-LD scripts hold."""
    text, note = read_text(path, limits.json_bytes)
    return _opened(_script_values(text), note, limits)


def _opened(
    values: Iterator[tuple[int, Any, str | None]], note: str | None, limits: Limits
) -> Opened:
    rows: list[RawRow] = []
    for number, value, broken in values:
        if broken:
            said = f"Script {number} of application/ld+json: {broken}"
            rows.append(RawRow(len(rows) + 1, {}, RowProblem("", said)))
        for posting in _postings(value):
            rows.append(RawRow(len(rows) + 1, posting))
            if len(rows) > limits.max_rows:
                raise too_many_rows(limits)
    if not rows:
        raise UnreadableFileError(
            "There is no schema.org JobPosting in this file. The page of a single job usually "
            "has one; a list of jobs often has none.",
            code="file_has_no_records",
        )
    return Opened(None, iter(rows), (note,) if note else ())


def _script_values(page: str) -> Iterator[tuple[int, Any, str | None]]:
    """Yield the number of each JSON-LD script, its value, or what is wrong with it."""
    at = number = 0
    while number < _SCRIPTS and (opening := _OPENING.search(page, at)):
        if opening.group() == "<!--":
            end = page.find("-->", opening.end())
            at = end + 3 if end >= 0 else len(page)
            continue
        start = page.find(">", opening.end()) + 1
        if not start:
            return
        closing = _CLOSING.search(page, start)
        at = closing.start() if closing else len(page)
        if not _LINKED.search(page[opening.end() : start]):
            continue
        number += 1
        try:
            yield number, _lenient(page[start:at]), None
        except ValueError as error:
            yield number, None, str(error)


def _lenient(script: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON a script begins with, whatever is wrapped around it or stands behind it."""
    bare = _WRAPPING.sub("", script)
    try:
        return _LENIENT.raw_decode(bare)[0]
    except RecursionError as error:
        raise ValueError("This JSON is nested too deep.") from error
    except ValueError:
        pass
    try:
        # Some pages escape their scripts as if they were text.
        return _LENIENT.raw_decode(html.unescape(bare))[0]
    except RecursionError as error:
        raise ValueError("This JSON is nested too deep.") from error
    except ValueError:
        return parse(bare)


def _postings(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield every JobPosting in a value, in its order, at any depth."""
    nodes: dict[str, Mapping[str, Any]] = {}
    found = []
    for node in _nodes(value):
        at = node.get("@id")
        if isinstance(at, str) and len(node) > 1:
            nodes.setdefault(at, node)
        if is_posting(node):
            found.append(node)
    for posting in found:
        yield {name: _followed(name, inner, nodes) for name, inner in posting.items()}


def _followed(name: str, value: object, nodes: Mapping[str, Mapping[str, Any]]) -> object:
    """Return what a property that is only {"@id": …} points to in the same file."""
    if name in _HIRING and isinstance(value, Mapping) and set(value) == {"@id"}:
        at = value["@id"]
        return nodes.get(at, value) if isinstance(at, str) else value
    return value


def _nodes(value: object) -> Iterator[Mapping[str, Any]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            yield one
            waiting.extend(reversed(list(one.values())))
        elif isinstance(one, list):
            waiting.extend(reversed(one))


def is_posting(node: Mapping[str, Any]) -> bool:
    """Tell whether an object says it is a JobPosting, with or without its vocabulary's name."""
    said = node.get("@type")
    kinds = said if isinstance(said, list) else [said]
    return any(isinstance(kind, str) and _bare(kind) == "JobPosting" for kind in kinds)


def _bare(kind: str) -> str:
    return re.split(r"[/#:]", kind.strip())[-1]
