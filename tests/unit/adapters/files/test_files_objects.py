"""JSON in all its wrappings, and telling formats apart."""

import json
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.adapters.files import read_rows, sniff
from service.domain.errors import UnreadableFileError
from service.domain.imported import FileFormat, Limits, RawRow

_POSTING = {"@context": "https://schema.org", "@type": "JobPosting", "title": "Welder"}


def _write(folder: Path, content: str | bytes, name: str = "upload") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _rows(folder: Path, content: str | bytes, kind: FileFormat) -> list[RawRow]:
    return list(read_rows(_write(folder, content), kind))


def _refused(folder: Path, content: str | bytes, kind: FileFormat, code: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        _rows(folder, content, kind)
    assert caught.value.code == code


def test_json_lines(tmp_path: Path) -> None:
    """A broken line costs only itself; blank lines count as lines, not as records."""
    content = '\ufeff{"title": "Mason"}\n\n{"title": \n[1]\n{"pay": NaN}\n{"title": "Cook"}'
    rows = _rows(tmp_path, content, FileFormat.JSONL)
    assert [row.number for row in rows] == [1, 3, 4, 5, 6]
    assert [bool(row.problem) for row in rows] == [False, True, True, True, False]
    assert rows[-1].values == {"title": "Cook"}


def test_json_arrays_objects_and_wrappers(tmp_path: Path) -> None:
    """An array, one object, and a list inside an object that says nothing else."""
    jobs = [{"title": "Mason"}, {"title": "Cook"}]
    for value in (jobs, {"jobs": jobs}, {"count": 2, "next": None, "results": jobs}):
        rows = _rows(tmp_path, json.dumps(value), FileFormat.JSON)
        assert [row.values for row in rows] == jobs
    person = {"text": "I weld", "experiences": [{"title": "Welder"}]}
    assert [row.values for row in _rows(tmp_path, json.dumps(person), FileFormat.JSON)] == [person]
    assert _rows(tmp_path, '[{"a": 1}, 2]', FileFormat.JSON)[1].problem is not None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("[]", "file_has_no_records"),
        ('{"jobs": []}', "file_has_no_records"),
        ("7", "file_has_no_records"),
        ('{"a": ', "file_damaged"),
        ("[" * 100_000, "file_damaged"),
        ('{"a": ' * 50_000, "file_damaged"),
        ('[{"a": ' + "9" * 5000 + "}]", "file_damaged"),
    ],
)
def test_json_refusals(tmp_path: Path, content: str, code: str) -> None:
    """Nothing in it, broken, and bombs of depth and size."""
    _refused(tmp_path, content, FileFormat.JSON, code)


def test_json_limits(tmp_path: Path) -> None:
    """JSON in one piece is held in memory, so it has a lower limit; rows are bounded, too."""
    path = _write(tmp_path, '[{"a": 1}, {"a": 2}]')
    for limits in (Limits(json_bytes=5), Limits(max_rows=1)):
        with pytest.raises(UnreadableFileError) as caught:
            list(read_rows(path, FileFormat.JSON, limits=limits))
        assert caught.value.code == "file_too_large"
    path = _write(tmp_path, '{"a": 1}\n{"a": 2}\n')
    with pytest.raises(UnreadableFileError):
        list(read_rows(path, FileFormat.JSONL, limits=Limits(max_rows=1)))


@pytest.mark.parametrize(
    "value",
    [
        _POSTING,
        [_POSTING],
        {"@graph": [{"@type": "WebPage"}, _POSTING]},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": _POSTING}]},
        {"@type": "WebPage", "mainEntity": _POSTING | {"@type": ["Thing", "schema:JobPosting"]}},
        _POSTING | {"@type": "http://schema.org/JobPosting"},
    ],
)
def test_postings_anywhere(tmp_path: Path, value: object) -> None:
    """Wherever JSON-LD puts a posting, it is found."""
    rows = _rows(tmp_path, json.dumps(value), FileFormat.JSON_LD)
    assert [row.values["title"] for row in rows] == ["Welder"]


def test_references_within_a_graph(tmp_path: Path) -> None:
    """An employer that stands elsewhere in the file is fetched from there."""
    graph = [
        _POSTING | {"hiringOrganization": {"@id": "#us"}},
        {"@id": "#us", "@type": "Organization", "name": "River Works"},
    ]
    (row,) = _rows(tmp_path, json.dumps({"@graph": graph}), FileFormat.JSON_LD)
    assert row.values["hiringOrganization"]["name"] == "River Works"


def test_a_page_with_several_scripts(tmp_path: Path) -> None:
    """A broken script spoils no other; comments, wrappings and trailing marks do no harm."""
    second = _POSTING | {"title": "Cook\nand baker"}
    page = f"""<!doctype html><html><head>
    <!-- <script type="application/ld+json">{json.dumps(_POSTING)}</script> -->
    <script>var a = "<p>";</script>
    <SCRIPT id=x type='application/ld+json; charset=utf-8'>
    //<![CDATA[
    {json.dumps(_POSTING)};
    //]]></SCRIPT>
    <script type="application/ld+json">{{"@type": "JobPosting", </script>
    <script type="application/ld+json">{json.dumps(second).replace(chr(92) + "n", chr(10))}</script>
    <script type="application/ld+json">{{"@type": "Organization"}}</script>
    <script type="application/ld+json">{json.dumps(_POSTING).replace('"', "&quot;")}</script>
    """
    rows = _rows(tmp_path, page, FileFormat.HTML)
    assert [row.values.get("title") for row in rows] == [
        *("Welder", None, "Cook\nand baker", "Welder")
    ]
    assert rows[1].problem is not None
    assert "Script 2" in rows[1].problem.detail


def test_a_page_without_postings(tmp_path: Path) -> None:
    """It is refused with the likely reason."""
    page = '<html><script type=\'application/ld+json\'>{"@type": "WebPage"}</script></html>'
    _refused(tmp_path, page, FileFormat.HTML, "file_has_no_records")


@pytest.mark.parametrize("page", ["<script" * 200_000, "<!--" * 300_000, "<script>" * 100_000])
def test_a_hostile_page_takes_no_time(tmp_path: Path, page: str) -> None:
    """Reading is linear in the page's length."""
    _refused(tmp_path, page, FileFormat.HTML, "file_has_no_records")


_RESUME = '{"basics": {"name": "A"}, "work": [{"position": "Cook"}]}'


@pytest.mark.parametrize(
    ("content", "media", "name", "expected"),
    [
        ("title,country\nMason,BD", None, None, FileFormat.CSV),
        ("title,country\nMason,BD", "application/octet-stream", "a.bin", FileFormat.CSV),
        ('{"title": "Mason"}\n{"title": "Cook"}', "text/csv", "a.csv", FileFormat.JSONL),
        ('{"title": "Mason"}\n{"title": broken\n{"a": 1}', None, None, FileFormat.JSONL),
        ('{"title": broken\n{"a": 1}\n{"a": 1}', None, None, FileFormat.JSONL),
        ('{"title": "Mason"}', "application/x-ndjson", None, FileFormat.JSONL),
        ('{"title": "Mason"}', None, "a.jsonl", FileFormat.JSONL),
        ('{\n  "title": "Mason"\n}', None, None, FileFormat.JSON),
        (' [\n{"title": "Mason"}]', None, None, FileFormat.JSON),
        (json.dumps(_POSTING), "application/json", None, FileFormat.JSON_LD),
        (json.dumps({"a": 1}), "application/ld+json", None, FileFormat.JSON_LD),
        (_RESUME, "application/json", "cv.json", FileFormat.JSON_RESUME),
        (f"[{_RESUME}]", None, None, FileFormat.JSON_RESUME),
        ("  <!DOCTYPE html><p>", None, None, FileFormat.HTML),
        ("<?xml version='1.0'?>\n<html>", None, None, FileFormat.HTML),
        ("[id],title\n1,Mason", "text/csv", None, FileFormat.CSV),
        ("\ufefftitle,country\n".encode("utf-16"), None, None, FileFormat.CSV),
    ],
)
def test_sniffing(
    tmp_path: Path, content: str | bytes, media: str | None, name: str | None, expected: FileFormat
) -> None:
    """What is in a file counts before what it is called."""
    assert sniff(_write(tmp_path, content), media, name) is expected


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "file_empty", "empty"),
        (b"\xef\xbb\xbf \n", "file_empty", "empty"),
        (b"%PDF-1.7", "file_format_unknown", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_format_unknown", ".xls"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            *("file_password", "password"),
        ),
        (b"PK\x03\x04cut off", "file_damaged", "damaged"),
        (b"PK\x05\x06", "file_format_unknown", "archive"),
        (b"<?xml version='1.0'?><jobs/>", "file_format_unknown", "XML"),
        (b"ab\0c", "file_format_unknown", "NUL"),
    ],
)
def test_sniffing_refuses(tmp_path: Path, content: bytes, code: str, words: str) -> None:
    """What cannot be read is called by its name."""
    with pytest.raises(UnreadableFileError, match=words) as caught:
        sniff(_write(tmp_path, content))
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["a.json", "a.xlsx"])
def test_a_name_that_promises_more(tmp_path: Path, name: str) -> None:
    """Plain text under the name of another format is not taken for a table."""
    with pytest.raises(UnreadableFileError, match="called"):
        sniff(_write(tmp_path, "title,country"), None, name)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (["xl/workbook.bin"], "xlsb"),
        (["mimetype", "content.xml"], "ods"),
        (["word/document.xml"], "text document"),
        (["jobs.csv"], "zip archive"),
    ],
)
def test_archives_that_are_no_workbook(tmp_path: Path, parts: list[str], words: str) -> None:
    """The reader learns what to do instead."""
    path = tmp_path / "upload"
    with zipfile.ZipFile(path, "w") as archive:
        for part in parts:
            archive.writestr(part, "x")
    with pytest.raises(UnreadableFileError, match=words):
        sniff(path)


_BYTES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(str.encode),
    st.text('",;\t|\n\r=a1 é', max_size=200).map(lambda text: text.encode()),
    st.text('{}[]":,@typeJobPosting \n<script/>!-', max_size=200).map(str.encode),
    st.text(max_size=100).map(lambda text: text.encode("utf-16", "surrogatepass")),
    st.binary(max_size=100).map(lambda tail: b"PK\x03\x04" + tail),
)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=_BYTES, kind=st.sampled_from(FileFormat))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes, kind: FileFormat) -> None:
    """Nothing but the one error comes out, whatever the file and the format asked for."""
    path = _write(tmp_path, content)
    with suppress(UnreadableFileError):
        assert list(read_rows(path, kind))
    with suppress(UnreadableFileError):
        sniff(path)
