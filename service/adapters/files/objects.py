"""JSON and JSON Lines: one object a record."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from service.adapters.files.tables import too_many_rows
from service.adapters.files.texts import encoding_of, lines, read_text
from service.domain.errors import UnreadableFileError
from service.domain.imported import Limits, Opened, RawRow, RowProblem

_WRAPPERS: Final = frozenset(
    """candidates courses data entries items jobs list listings openings people persons postings
    profiles records resumes results returnees rows trainings vacancies""".split()  # noqa: SIM905 - a list to read
)
_NO_OBJECT: Final = "This is no JSON object: a record is written as {…}."


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


_READER: Final = json.JSONDecoder(parse_constant=_no_constant)


def parse(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON's value.

    Raises:
        ValueError: what is wrong and where, in plain words; also where it is nested too deep.
    """
    try:
        return _READER.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, " if error.lineno > 1 else ""
        detail = f"This is broken JSON at {where}character {error.colno}: {error.msg}."
        raise ValueError(detail) from error
    except RecursionError as error:
        raise ValueError("This JSON is nested too deep.") from error
    except ValueError as error:
        raise ValueError(f"This is no JSON that can be used: {error}.") from error


def open_jsonl(path: Path, limits: Limits) -> Opened:
    """Open a file with one object a line."""
    codec, note = encoding_of(path)
    stream = path.open(encoding=codec, newline="\n")
    rows = _line_rows(lines(stream, limits.max_line), limits)
    return Opened(None, rows, (note,) if note else (), stream.close)


def _line_rows(source: Iterator[str], limits: Limits) -> Iterator[RawRow]:
    count = 0
    for number, line in enumerate(source, start=1):
        if not line.strip():
            continue
        count += 1
        if count > limits.max_rows:
            raise too_many_rows(limits)
        try:
            yield as_row(number, parse(line))
        except ValueError as error:
            yield RawRow(number, {}, RowProblem("", str(error)))


def as_row(number: int, value: object) -> RawRow:
    """Return a parsed value as a row; what is no object becomes a problem."""
    if isinstance(value, Mapping):
        return RawRow(number, value)
    return RawRow(number, {}, RowProblem("", _NO_OBJECT))


def load(path: Path, limits: Limits) -> tuple[Any, str | None]:
    """Return a whole JSON file's value, and a note about its encoding.

    Raises:
        UnreadableFileError: too large, broken, or nested too deep.
    """
    text, note = read_text(path, limits.json_bytes)
    try:
        return parse(text.removeprefix("\ufeff")), note
    except ValueError as error:
        raise UnreadableFileError(f"{error} Correct it there, or export it anew.") from error


def open_json(path: Path, limits: Limits) -> Opened:
    """Open an array of objects, one object, or the one list of objects inside it."""
    value, note = load(path, limits)
    records = value if isinstance(value, list) else _inside(value)
    if records is None:
        records = [value]
    if len(records) > limits.max_rows:
        raise too_many_rows(limits)
    rows = (as_row(number, one) for number, one in enumerate(records, start=1))
    return Opened(None, rows, (note,) if note else ())


def _inside(value: object) -> list[Any] | None:
    """Return the records of an object that is only a wrapper, None where it is a record."""
    if not isinstance(value, Mapping):
        raise UnreadableFileError(
            "This JSON is a single value. A file has an array of objects, or one object.",
            code="file_has_no_records",
        )
    lists = [
        (str(name), inner)
        for name, inner in value.items()
        if isinstance(inner, list) and all(isinstance(one, Mapping) for one in inner)
    ]
    if len(lists) == 1 and (len(value) == 1 or lists[0][0].casefold() in _WRAPPERS):
        return lists[0][1]
    return None
