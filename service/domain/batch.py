"""An import: what was sent, how far it has come, and what became of each row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from service.domain.imported import FileFormat, ImportKind, RowProblem


class BatchState(StrEnum):
    """How far an import is. A failed one could not be read; its refused rows are no failure.

    held: it is kept until somebody has said how its columns are to be read.
    """

    HELD = "held"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


ENDED: Final = (BatchState.DONE, BatchState.FAILED)
"""States in which nothing more becomes of an import, and its file is kept no longer."""


class RowEffect(StrEnum):
    """What became of a row, or would, of a dry run."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """What a column is taken for. field None leaves it out; confidence in 0..1."""

    column: str
    field: str | None
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What was sent, and how it is to be read.

    mapping: column to field, None to suggest one. defaults: what fields are where a row is silent.
    restricted: whether the sender may state return categories. held_id: the import that holds the
    file this one is a copy of, None where it was sent by itself.
    """

    id: str
    organisation_id: str
    key_id: str
    kind: ImportKind
    source: str
    file_name: str | None
    format: FileFormat
    dry_run: bool
    mapping: Mapping[str, str | None] | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    restricted: bool = False
    size: int = 0
    sha256: str = ""
    held_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it has come. rows: how many are done, of `total`. counts: of them, by effect.

    code, detail: why it failed, empty otherwise.
    """

    state: BatchState
    rows: int = 0
    total: int | None = None
    counts: Mapping[RowEffect, int] = field(default_factory=dict)
    columns: tuple[ColumnUse, ...] = ()
    notes: tuple[str, ...] = ()
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """An import as it is kept."""

    batch: Batch
    progress: Progress
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row. place: its position among the rows, from 0. number: as in `RawRow`.

    cells: what the file has there, kept of refused rows only, so that they can be mended. alike:
    ids of what may be the same person, or the same vacancy of another source; nothing is merged
    in silence.
    """

    place: int
    number: int
    effect: RowEffect
    external_id: str | None = None
    record_id: str | None = None
    problems: tuple[RowProblem, ...] = ()
    cells: Mapping[str, Any] = field(default_factory=dict)
    alike: tuple[str, ...] = ()
