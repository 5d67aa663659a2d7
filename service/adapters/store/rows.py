"""What became of an import's rows, packed and sealed: under the person's key or the row's own."""

from contextlib import suppress
from typing import Any, Final

from pydantic import TypeAdapter

from service.adapters.store.marks import marks_of_row
from service.adapters.store.subjects import SubjectVault
from service.domain.batch import Batch, RowEffect, RowResult
from service.domain.errors import NotFoundError
from service.domain.imported import ImportKind, RowProblem

BATCH: Final = TypeAdapter(Batch)
_SAID: Final = TypeAdapter(
    tuple[str | None, tuple[RowProblem, ...], dict[str, Any], tuple[str, ...]]
)


def own_subject(batch_id: str, place: int) -> str:
    """Return who has the key of a row that became nobody's record."""
    return f"{batch_id}/{place}"


def subject_of(row: Any) -> str:  # noqa: ANN401 - a SQLAlchemy row has no static type
    """Return whose key a row of the table is under."""
    return row.record_id or own_subject(row.batch_id, row.place)


def seal_row(subjects: SubjectVault, batch: Batch, one: RowResult) -> bytes:
    """Seal what became of a row. Only within `minting`: one that became nobody gets a key."""
    said = _SAID.dump_json((one.external_id, one.problems, dict(one.cells), one.alike))
    place = f"import_rows/{batch.id}/{one.place}"
    if batch.kind is ImportKind.LISTINGS:
        return subjects.master.seal(said, place)
    if one.record_id is not None:
        return subjects.seal(one.record_id, said, place)
    own = own_subject(batch.id, one.place)
    subjects.mint(own)
    name, organisation = one.external_id, batch.organisation_id
    marks = marks_of_row(subjects.master, organisation, batch.source, name, one.cells)
    subjects.mark(own, marks)
    return subjects.seal(own, said, place)


def open_row(subjects: SubjectVault, row: Any) -> RowResult:  # noqa: ANN401 - see above
    """Open a row of the table; what was said of somebody erased since is gone with them."""
    said = _SAID.dump_json((None, (), {}, ()))
    if row.sealed is not None:
        place = f"import_rows/{row.batch_id}/{row.place}"
        with suppress(NotFoundError):
            said = subjects.open(subject_of(row), row.sealed, place)
    name, problems, cells, alike = _SAID.validate_json(said)
    return RowResult(
        place=row.place,
        number=row.number,
        effect=RowEffect(row.effect),
        external_id=name,
        record_id=row.record_id,
        problems=problems,
        cells=cells,
        alike=alike,
    )
