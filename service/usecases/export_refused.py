"""The refused rows of an import as CSV, to be mended and sent again."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, Final

from service.domain.batch import RowEffect, StoredBatch
from service.ports import Tools

_PAGE: Final = 200
# A spreadsheet runs what begins so.
_RUNS: Final = ("=", "+", "-", "@", "\t", "\r")


def refused_as_csv(tools: Tools, stored: StoredBatch) -> Iterator[str]:
    """Yield the lines: the row, why it was refused, and its cells as they were sent."""
    batch_id = stored.batch.id
    columns = dict.fromkeys(one.column for one in stored.progress.columns)
    for cells, _, _ in _refused(tools, batch_id):
        columns |= dict.fromkeys(cells)
    yield csv_line(["row", "reasons", *columns])
    for cells, number, reasons in _refused(tools, batch_id):
        yield csv_line([str(number), reasons, *(_text(cells.get(name, "")) for name in columns)])


def _refused(tools: Tools, batch_id: str) -> Iterator[tuple[dict[str, Any], int, str]]:
    after: int | None = 0
    while after is not None:
        page = tools.store.page_of_rows(
            batch_id, after=after, limit=_PAGE, effect=RowEffect.REFUSED
        )
        for row in page.items:
            reasons = "; ".join(
                f"{one.field}: {one.detail}" if one.field else one.detail for one in row.problems
            )
            if row.problems:
                # What it said has been forgotten otherwise, and there is nothing to be mended.
                yield dict(row.cells), row.number, reasons
        after = page.next_after


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def csv_line(cells: list[str]) -> str:
    """Return one line of a table that a spreadsheet may open."""
    held = io.StringIO()
    csv.writer(held).writerow([safe_cell(one) for one in cells])
    return held.getvalue()


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_RUNS) else text
