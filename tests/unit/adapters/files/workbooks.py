"""Small workbooks written by hand, so that a test can put anything into one."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"

STATE: Final = ("", ' state="hidden"')

Cell = str | float | bool | None
"""Text, a number or a truth; text in angle brackets is a whole `<c>` element."""


def _name(at: int) -> str:
    return chr(65 + at) if at < 26 else _name(at // 26 - 1) + chr(65 + at % 26)


def cell(place: str, value: Cell) -> str:
    """Return one `<c>` element, "" for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    if value.startswith("<c "):
        return value.replace("HERE", place)
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def date(serial: float) -> str:
    """Return a cell that a workbook shows as a day; 46053 is 31 January 2026."""
    return f'<c r="HERE" s="1"><v>{serial}</v></c>'


def formula(words: str, shown: str = "") -> str:
    """Return a cell with a formula and what it last came to."""
    return f'<c r="HERE" t="str"><f>{escape(words)}</f><v>{escape(shown)}</v></c>'


def sheet_xml(rows: Sequence[Sequence[Cell]], *, first_row: int = 1) -> str:
    """Return a worksheet part."""
    written = "".join(
        f'<row r="{number}">'
        + "".join(cell(f"{_name(at)}{number}", value) for at, value in enumerate(row))
        + "</row>"
        for number, row in enumerate(rows, start=first_row)
    )
    return (
        f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}"><sheetData>{written}</sheetData>'
        f"</worksheet>"
    )


def write_workbook(
    path: Path,
    sheets: Mapping[str, Sequence[Sequence[Cell]] | str],
    *,
    hidden: Sequence[str] = (),
    more: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a workbook; a sheet is rows, or the part's XML. `more` are further parts."""
    names = list(sheets)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(
            f'<sheet name="{escape(name)}" sheetId="{at}" r:id="rId{at}"{STATE[name in hidden]}/>'
            for at, name in enumerate(names, start=1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{at}" Type="{_OFFICE}/worksheet" '
            f'Target="worksheets/sheet{at}.xml"/>'
            for at in range(1, len(names) + 1)
        )
        + f'<Relationship Id="rIdS" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    for at, content in enumerate(sheets.values(), start=1):
        parts[f"xl/worksheets/sheet{at}.xml"] = (
            content if isinstance(content, str) else sheet_xml(content)
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        for name, data in (more or {}).items():
            archive.writestr(name, data)
    return path
