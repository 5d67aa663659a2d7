"""Workbooks: what their cells mean, and what a hostile one cannot do."""

import sys
import zipfile
from collections.abc import Mapping, Sequence  # noqa: TC003 - beside the others
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.adapters.files import read_rows, sniff
from service.adapters.files.workbook import inspect
from service.adapters.files.xlsx_child import written
from service.domain.errors import UnreadableFileError
from service.domain.imported import FileFormat, Limits, Opened, RawRow

sys.path.insert(0, str(Path(__file__).parent))
from tests.unit.adapters.files.workbooks import Cell, date, formula, sheet_xml, write_workbook

_LIMITS = Limits()
_ROWS: list[list[Cell]] = [["title", "pay"], ["Mason", 1500]]


def _open(path: Path, limits: Limits = _LIMITS) -> Opened:
    return read_rows(path, FileFormat.XLSX, limits=limits)


def _refused(path: Path, code: str, limits: Limits = _LIMITS) -> str:
    with pytest.raises(UnreadableFileError) as caught:
        list(_open(path, limits))
    assert caught.value.code == code
    return caught.value.detail


def test_cells_as_a_person_would_type_them(tmp_path: Path) -> None:
    """Whole numbers, days, truths and long numbers; rows by the sheet's own numbers."""
    rows: Sequence[Sequence[Cell]] = [
        [None, "Name", "Mobile", "Returned", "Agrees", "Rate", "Years"],
        [],
        [None, "A", 8801700000000, date(46053), True, 0.1 + 0.2, 8.0],
    ]
    path = write_workbook(tmp_path / "a.xlsx", {"People": sheet_xml(rows, first_row=3)})
    with pytest.raises(UnreadableFileError, match="Column 1"):
        _open(path)
    path = write_workbook(tmp_path / "b.xlsx", {"People": [row[1:] for row in rows]})
    assert list(_open(path)) == [
        RawRow(
            3,
            {
                "Name": "A",
                "Mobile": "8801700000000",
                "Returned": "2026-01-31",
                "Agrees": "true",
                "Rate": "0.3",
                "Years": "8",
            },
        )
    ]


def test_formulas_and_errors_name_their_cell(tmp_path: Path) -> None:
    """A formula is a problem with or without a last result, an error value too."""
    error = '<c r="HERE" t="e"><v>#N/A</v></c>'
    rows: Sequence[Sequence[Cell]] = [
        ["title", "wage"],
        ["Mason", formula("1+1", "2")],
        ["Cook", formula("1+1")],
        ["Guard", 900],
        ["Baker", error],
    ]
    found = list(_open(write_workbook(tmp_path / "a.xlsx", {"Jobs": rows})))
    assert [row.problem.field if row.problem else None for row in found] == [
        *("wage (B2)", "wage (B3)", None, "wage (B5)")
    ]


def test_the_first_visible_sheet_with_cells(tmp_path: Path) -> None:
    """Empty and hidden sheets are passed over; others with cells are mentioned."""
    sheets: Mapping[str, Sequence[Sequence[Cell]]] = {
        "Lists": [["x", "y"], ["1", "2"]],
        "Blank": [],
        "Jobs & more": _ROWS,
        "Old": _ROWS,
    }
    path = write_workbook(tmp_path / "a.xlsx", sheets, hidden=["Lists"])
    file = _open(path)
    assert file.columns == ("title", "pay")
    assert '"Old"' in file.notes[0]
    assert "Lists" not in file.notes[0]
    path = write_workbook(tmp_path / "b.xlsx", {"Blank": []})
    _refused(path, "file_has_no_records")


def test_a_far_cell_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """A tiny sheet with a cell in the last corner would take gigabytes."""
    far = '<c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c>'
    sheet = sheet_xml(_ROWS).replace("</sheetData>", f'<row r="1048576">{far}</row></sheetData>')
    path = write_workbook(tmp_path / "a.xlsx", {"Jobs": sheet})
    assert path.stat().st_size < 5000
    assert "XFD1048576" in _refused(path, "sheet_too_large")
    styled = sheet.replace(far, '<c r="XFD1048576" s="1"/>')
    assert len(list(_open(write_workbook(tmp_path / "b.xlsx", {"Jobs": styled})))) == 1


def test_the_child_may_not_take_memory_or_time(tmp_path: Path) -> None:
    """What the first look lets through, the child's own limits end."""
    path = write_workbook(tmp_path / "a.xlsx", {"Jobs": _ROWS})
    _refused(path, "sheet_too_large", Limits(xlsx_memory=2**20))
    _refused(path, "sheet_too_large", Limits(xlsx_seconds=0))
    far = sheet_xml(_ROWS).replace(
        "</sheetData>", '<row r="1000000"><c r="ZZ1000000"><v>1</v></c></row></sheetData>'
    )
    path = write_workbook(tmp_path / "b.xlsx", {"Jobs": far})
    _refused(path, "sheet_too_large", Limits(max_rows=2**20, max_columns=1000))


def test_too_many_rows(tmp_path: Path) -> None:
    """One row more than the limit is refused."""
    path = write_workbook(tmp_path / "a.xlsx", {"Jobs": [*_ROWS, *_ROWS[1:] * 3]})
    assert len(list(_open(path, Limits(max_rows=4)))) == 4
    _refused(path, "file_too_large", Limits(max_rows=3))


def test_bombs(tmp_path: Path) -> None:
    """A part packed beyond reason, and more than a workbook may unpack to."""
    path = write_workbook(
        tmp_path / "a.xlsx", {"Jobs": _ROWS}, more={"xl/media/a.bin": bytes(8 * 2**20)}
    )
    _refused(path, "file_expands_too_much")
    path = write_workbook(tmp_path / "b.xlsx", {"Jobs": _ROWS})
    _refused(path, "file_expands_too_much", Limits(xlsx_expanded=100))


def test_entities_are_refused(tmp_path: Path) -> None:
    """No document type, so no entity can grow or fetch anything."""
    laughs = (
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + sheet_xml(_ROWS).partition("?>")[2]
    )
    _refused(write_workbook(tmp_path / "a.xlsx", {"Jobs": laughs}), "file_damaged")


def test_damaged_and_locked_workbooks(tmp_path: Path) -> None:
    """Cut off, not well-formed, or with a password."""
    whole = write_workbook(tmp_path / "a.xlsx", {"Jobs": _ROWS}).read_bytes()
    path = tmp_path / "b.xlsx"
    path.write_bytes(whole[: len(whole) // 2])
    _refused(path, "file_damaged")
    _refused(
        write_workbook(tmp_path / "c.xlsx", {"Jobs": "<worksheet><sheetData>"}), "file_damaged"
    )
    locked = bytearray(whole)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + offset] |= 1
            at = locked.find(mark, at + 4)
    path.write_bytes(locked)
    _refused(path, "file_password")


def test_no_two_headers_and_no_empty_ones(tmp_path: Path) -> None:
    """A sheet's header is held to the same rules as a CSV's."""
    path = write_workbook(tmp_path / "a.xlsx", {"Jobs": [["pay", "Pay"], [1, 2]]})
    _refused(path, "header_repeated")
    path = write_workbook(tmp_path / "b.xlsx", {"Jobs": [["a", formula("1")], ["b", "c"]]})
    _refused(path, "header_missing")


def test_closing_early_ends_the_child(tmp_path: Path) -> None:
    """Nobody is left behind when a reader stops in the middle."""
    path = write_workbook(tmp_path / "a.xlsx", {"Jobs": [*_ROWS, *_ROWS[1:] * 5000]})
    with _open(path) as file:
        next(file)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0, 2000), byte=st.integers(0, 255), cut=st.integers(0, 40))
def test_a_changed_workbook_is_read_or_refused(
    tmp_path: Path, at: int, byte: int, cut: int
) -> None:
    """One wrong byte, or a lost end, is no other error."""
    content = bytearray(write_workbook(tmp_path / "a.xlsx", {"Jobs": _ROWS}).read_bytes())
    content[at % len(content)] = byte
    path = tmp_path / "b.xlsx"
    path.write_bytes(content[: len(content) - cut])
    for read in (lambda: list(_open(path)), lambda: [sniff(path)]):
        with suppress(UnreadableFileError):
            assert read()


def test_written_numbers() -> None:
    """No exponents, no dust of binary fractions."""
    assert [written(one) for one in (1e-7, 1e15, 2.5, 1e22)] == [
        *("0.0000001", "1000000000000000", "2.5", "10000000000000000000000")
    ]


def test_other_ways_of_packing(tmp_path: Path) -> None:
    """A packing that spreadsheets do not use is damage."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(UnreadableFileError):
        inspect(path, _LIMITS)
