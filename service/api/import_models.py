"""An import on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from service.api.fields import Model
from service.domain.batch import BatchState, RowEffect, RowResult, StoredBatch
from service.domain.imported import FileFormat, ImportKind


class CountsOut(Model):
    """How many rows came to what; of a dry run, would have come to."""

    created: int
    changed: int
    unchanged: int
    refused: int


class ColumnOut(Model):
    """What a column was taken for. field null: it was left out."""

    column: str
    field: str | None
    confidence: Annotated[float, Field(ge=0, le=1)]
    reason: str


class RowProblemOut(Model):
    """What is wrong in a row. field: the column, with its cell where there is one; or a pointer."""

    field: str
    detail: str


class RowOut(Model):
    """What became of one row. row: the line or sheet row it stands in."""

    row: int
    effect: RowEffect
    external_id: str | None
    record_id: str | None
    problems: list[RowProblemOut]
    possible_duplicates: Annotated[
        list[str],
        Field(
            description="People reached by the same telephone; listings of other sources that may "
            "be the same vacancy. Nothing is merged in silence."
        ),
    ]

    @classmethod
    def of(cls, one: RowResult) -> "RowOut":
        """Write a row out."""
        return cls.model_construct(
            row=one.number,
            effect=one.effect,
            external_id=one.external_id,
            record_id=one.record_id,
            problems=[
                RowProblemOut.model_construct(field=x.field, detail=x.detail) for x in one.problems
            ],
            possible_duplicates=list(one.alike),
        )


class RowPage(Model):
    """Some rows of an import, in their order."""

    items: list[RowOut]
    next_cursor: str | None


class FailureOut(Model):
    """Why a file could not be read at all."""

    code: str
    detail: str


class ImportOut(Model):
    """An import: what was sent, how far it has come, and an entry for each row refused."""

    id: str
    kind: ImportKind
    source: str
    file_name: str | None
    format: FileFormat
    dry_run: bool
    state: BatchState
    rows: Annotated[int | None, Field(description="Rows in the file; null until it was read.")]
    done: Annotated[int, Field(description="Rows taken so far.")]
    counts: CountsOut
    columns: Annotated[list[ColumnOut], Field(description="Of a table: what was taken for what.")]
    notes: list[str]
    failure: FailureOut | None
    errors: Annotated[
        list[RowOut],
        Field(description="Refused rows, 1,000 at most; all are under /rows and /refused.csv."),
    ]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, stored: StoredBatch, refused: tuple[RowResult, ...] = ()) -> "ImportOut":
        """Write an import out."""
        batch, progress = stored.batch, stored.progress
        counts = {effect.value: progress.counts.get(effect, 0) for effect in RowEffect}
        failed = progress.state is BatchState.FAILED
        return cls.model_construct(
            id=batch.id,
            kind=batch.kind,
            source=batch.source,
            file_name=batch.file_name,
            format=batch.format,
            dry_run=batch.dry_run,
            state=progress.state,
            rows=progress.total,
            done=progress.rows,
            counts=CountsOut(**counts),
            columns=[
                ColumnOut.model_construct(
                    column=x.column, field=x.field, confidence=x.confidence, reason=x.reason
                )
                for x in progress.columns
            ],
            notes=list(progress.notes),
            failure=FailureOut(code=progress.code, detail=progress.detail) if failed else None,
            errors=[RowOut.of(one) for one in refused],
            created_at=stored.created_at,
            updated_at=stored.updated_at,
        )


class ImportPage(Model):
    """Some imports in order of arrival; without their rows."""

    items: list[ImportOut]
    next_cursor: str | None
