"""Which format a file has: what is in it first, what it is called after that."""

import codecs
import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from service.adapters.files.objects import parse
from service.adapters.files.workbook import locked
from service.domain.errors import UnreadableFileError
from service.domain.imported import FileFormat

_HEAD: Final = 1 << 16
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_OTHERS: Final = {
    b"%PDF": "a PDF",
    b"\x1f\x8b": "packed with gzip",
    b"7z\xbc\xaf": "packed with 7-Zip",
    b"Rar!": "packed with RAR",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"SQLite format 3": "a database",
    b"PAR1": "Parquet",
    b"{\\rtf": "a rich text document",
}
_PAGE: Final = re.compile(
    r"<(?:!doctype\s+html|html|head|body|script|meta|title|div|main|article|section|!--|"
    r"\?xml[^>]{0,200}\?>\s*<(?:!doctype\s+html|html))",
    re.IGNORECASE,
)
_JSON: Final = re.compile(r'\[\s*(?:[\[{"\]\d-]|true|false|null|$)|\{\s*(?:["}]|$)')
_LINKED: Final = re.compile(r'"@(?:context|graph|type)"\s*:')
_RESUME: Final = re.compile(r'"basics"\s*:\s*\{')
_RESUME_WORK: Final = re.compile(r'"work"\s*:\s*\[\s*\{')
_RESUME_HINT: Final = re.compile(r'"(?:position|highlights|startDate)"\s*:')
_BY_NAME: Final = {
    "csv": FileFormat.CSV,
    "tsv": FileFormat.CSV,
    "txt": FileFormat.CSV,
    "jsonl": FileFormat.JSONL,
    "ndjson": FileFormat.JSONL,
    "json": FileFormat.JSON,
    "jsonld": FileFormat.JSON_LD,
    "xlsx": FileFormat.XLSX,
    "xlsm": FileFormat.XLSX,
    "html": FileFormat.HTML,
    "htm": FileFormat.HTML,
}
_BY_TYPE: Final = {
    "text/csv": FileFormat.CSV,
    "text/tab-separated-values": FileFormat.CSV,
    "application/csv": FileFormat.CSV,
    "application/jsonl": FileFormat.JSONL,
    "application/x-jsonlines": FileFormat.JSONL,
    "application/x-ndjson": FileFormat.JSONL,
    "application/ndjson": FileFormat.JSONL,
    "application/json": FileFormat.JSON,
    "application/ld+json": FileFormat.JSON_LD,
    "text/html": FileFormat.HTML,
    "application/xhtml+xml": FileFormat.HTML,
}
_TAKEN: Final = "Send CSV, XLSX, JSON, JSON Lines, JSON-LD, a web page or JSON Resume."


def sniff(path: Path, content_type: str | None = None, filename: str | None = None) -> FileFormat:
    """Return a file's format.

    Raises:
        UnreadableFileError: empty, locked, or a format that cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_OLE):
        raise _old_office(path)
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path)
    for mark, name in _OTHERS.items():
        if head.startswith(mark):
            raise _unknown(f"This file is {name}.")
    if head[:2] == b"PK":
        raise _unknown("This is an empty or broken archive.")
    text = _text(head)
    if not text:
        raise UnreadableFileError(
            "This file is empty. Choose the file again, or export it anew.", code="file_empty"
        )
    return _textual(text, _declared(content_type, filename), whole=len(head) < _HEAD)


def _declared(content_type: str | None, filename: str | None) -> FileFormat | None:
    media = (content_type or "").partition(";")[0].strip().casefold()
    suffix = PurePosixPath((filename or "").casefold()).suffix.lstrip(".")
    return _BY_TYPE.get(media) or _BY_NAME.get(suffix)


def _text(head: bytes) -> str:
    """Return the head's letters well enough to tell formats apart."""
    codec = "utf-16" if head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "utf-8-sig"
    return head.decode(codec, errors="replace").lstrip("\ufeff").strip()


def _textual(text: str, declared: FileFormat | None, *, whole: bool) -> FileFormat:
    if "\0" in text:
        raise _unknown("This file holds NUL bytes: it is not text, or it is UTF-16 unmarked.")
    if _PAGE.match(text):
        return FileFormat.HTML
    if _JSON.match(text):
        return _json(text, declared, whole=whole)
    if text.startswith("<?xml") or (text.startswith("<") and declared is not FileFormat.CSV):
        if declared is FileFormat.HTML:
            return FileFormat.HTML
        raise _unknown("This file is XML.")
    if declared in {FileFormat.JSON, FileFormat.JSON_LD, FileFormat.JSONL}:
        raise _unknown("This file is called JSON, but does not begin with { or [.")
    if declared is FileFormat.XLSX:
        raise _unknown("This file is called a workbook, but it is not one.")
    return FileFormat.HTML if declared is FileFormat.HTML else FileFormat.CSV


def _json(text: str, declared: FileFormat | None, *, whole: bool) -> FileFormat:
    if text.startswith("{") and _lines_of_objects(text, declared, whole=whole):
        return FileFormat.JSONL
    if _LINKED.search(text):
        return FileFormat.JSON_LD
    if _RESUME.search(text) or (_RESUME_WORK.search(text) and _RESUME_HINT.search(text)):
        return FileFormat.JSON_RESUME
    return FileFormat.JSON_LD if declared is FileFormat.JSON_LD else FileFormat.JSON


def _lines_of_objects(text: str, declared: FileFormat | None, *, whole: bool) -> bool:
    """Tell whether lines are records. One line alone is, where it is called so."""
    first, *others = [line for line in text.split("\n") if line.strip()]
    if declared is FileFormat.JSONL:
        return True
    if not others:
        # A first line longer than what has been read; JSON in one piece can be one line.
        return False
    if not (whole or len(others) > 1) or not others[0].lstrip().startswith("{"):
        return False
    try:
        parse(first)
    except ValueError:
        return len(others) > 1 and _parses(others[0])
    return True


def _parses(line: str) -> bool:
    try:
        parse(line)
    except ValueError:
        return False
    return True


def _old_office(path: Path) -> UnreadableFileError:
    # A workbook with a password is an old container around the locked new one.
    with path.open("rb") as file:
        if _ENCRYPTED in file.read(1 << 20):
            return locked()
    return _unknown(
        'This is an old Office file (.xls or .doc). Save it as "Excel Workbook (.xlsx)".'
    )


def _zipped(path: Path) -> FileFormat:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist()[:20_000])
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError) as error:
        raise UnreadableFileError(
            "This workbook or archive is cut off or damaged. Send it again, or save it anew."
        ) from error
    if "xl/workbook.xml" in names:
        return FileFormat.XLSX
    if "xl/workbook.bin" in names:
        raise _unknown("This is a binary workbook (.xlsb). Save it as .xlsx.")
    if "content.xml" in names and "mimetype" in names:
        raise _unknown("This is an OpenDocument file (.ods). Save it as .xlsx or CSV.")
    if any(name.startswith(("word/", "ppt/")) for name in names):
        raise _unknown("This is a text document or slides. Put the records into a table.")
    raise _unknown("This is a zip archive. Unpack it and send the files one by one.")


def _unknown(what: str) -> UnreadableFileError:
    return UnreadableFileError(f"{what} {_TAKEN}", code="file_format_unknown")
