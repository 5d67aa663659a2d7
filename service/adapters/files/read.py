"""A file's rows, whatever its format."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Final

from service.adapters.files.delimited import open_csv
from service.adapters.files.linked import open_html, open_json_ld
from service.adapters.files.objects import open_json, open_jsonl
from service.adapters.files.xlsx import open_xlsx
from service.domain.errors import UnreadableFileError
from service.domain.imported import FileFormat, Limits, Opened, RawRow

_OPENERS: Final[Mapping[FileFormat, Callable[[Path, Limits], Opened]]] = {
    FileFormat.CSV: open_csv,
    FileFormat.XLSX: open_xlsx,
    FileFormat.JSONL: open_jsonl,
    FileFormat.JSON: open_json,
    FileFormat.JSON_LD: open_json_ld,
    FileFormat.HTML: open_html,
    FileFormat.JSON_RESUME: open_json,
}
_DEFAULTS: Final = Limits()


def read_rows(path: Path, kind: FileFormat, *, limits: Limits = _DEFAULTS) -> Opened:
    """Open a file; it has at least one row.

    Raises:
        UnreadableFileError: it cannot be read, is too large, or has no record.
    """
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFileError(
            "This file is empty. Choose the file again, or export it anew.", code="file_empty"
        )
    if size > limits.max_bytes:
        raise UnreadableFileError(
            f"A file may have {limits.max_bytes // 2**20} MB; this one has {size / 2**20:,.0f}. "
            f"Split it and send the parts.",
            code="file_too_large",
        )
    opened = _OPENERS[kind](path, limits)
    try:
        first = next(opened.rows, None)
    except BaseException:
        opened.close()
        raise
    if first is None:
        opened.close()
        raise UnreadableFileError(
            "There is no record in this file"
            f"{', only a header' if opened.columns else ''}. Is it the right one?",
            code="file_has_no_records",
        )
    opened.rows = _closing(chain((first,), opened.rows), opened)
    return opened


def _closing(rows: Iterator[RawRow], opened: Opened) -> Iterator[RawRow]:
    """Let go of the file at its end, too."""
    try:
        yield from rows
    finally:
        opened.close()
