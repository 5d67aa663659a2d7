"""Take in another maker's file: keep it, read it some hundreds of rows at a time, and resume."""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final, Protocol

from service.domain.addresses import why_taken
from service.domain.batch import (
    Batch,
    BatchState,
    ColumnUse,
    Progress,
    RowEffect,
    RowResult,
)
from service.domain.errors import (
    FieldProblem,
    InvalidInputError,
    NotFoundError,
    UnreadableFileError,
)
from service.domain.imported import (
    ImportKind,
    Opened,
    RawRow,
    RowProblem,
)
from service.domain.listing import Listing
from service.domain.person import Contact, Profile
from service.domain.records import Put, TakenRow
from service.intake.columns import suggest
from service.intake.dates import DateOrder
from service.intake.records import Drafted, file_date_order, to_contract
from service.ports import ProgressBar, Tools
from service.usecases.ready_rows import ready_rows
from service.usecases.remember_texts import CachedEncoder
from service.usecases.understand import require_readable

CHUNK = 500
"""Rows in one transaction. Of 200 at a time the encoder fills its batches a tenth less well."""
_READYING: Final = 2
_AHEAD: Final = 3
"""Chunks in work at a time, the one that is written among them."""
_REMEMBERED: Final = 30_000
"""Texts of one file whose vectors are kept, 1.5 kB each: many rows say the same skill."""
SAMPLE: Final = 200
_SURE: Final = 0.5
"""How sure a suggestion has to be to be followed when nobody has said what a column is."""
_LONGEST_ID: Final = 200
_WHO_MAY_KNOW: Final = frozenset({"visibility", "visible_to"})


_Readying = tuple[int, Future[list[TakenRow]]]
"""How many rows a chunk has, and those that become ready."""


class Contract(Protocol):
    """Holds a body against the contract. Both raise InvalidInputError with every problem."""

    def listing(self, tools: Tools, body: Mapping[str, Any]) -> Listing:
        """Return the listing that a body states."""
        ...

    def person(
        self, tools: Tools, body: Mapping[str, Any], *, restricted: bool
    ) -> tuple[Profile, Contact]:
        """Return the person that a body states."""
        ...


def run_imports(
    tools: Tools,
    contract: Contract,
    stopping: Callable[[], bool] = lambda: False,
    bar: ProgressBar | None = None,
) -> int:
    """Run what is queued, the oldest first, until nothing is left; return how many ended."""
    done = 0
    while not stopping() and (stored := tools.store.next_batch()) is not None:
        _Run(tools, contract, stored.batch, stopping, bar).go(stored.progress)
        done += 1
    return done


def give_up(tools: Tools) -> None:
    """End the import that is next in line, so that those behind it get their turn."""
    stored = tools.store.next_batch()
    if stored is not None:
        progress = replace(
            stored.progress,
            state=BatchState.FAILED,
            code="import_failed",
            detail="Something went wrong here, again and again. What was taken so far stays; "
            "send the file again later, which changes nothing of it.",
        )
        tools.store.note_progress(stored.batch.id, progress, tools.clock.now())


def columns_of(
    tools: Tools,
    batch: Batch,
    columns: tuple[str, ...] | None,
    rows: Sequence[Mapping[str, Any]],
) -> tuple[ColumnUse, ...]:
    """Return what each column is taken for: as said, as it was last time, or as it looks.

    rows: the first of the file. Without columns there is nothing to take for anything.
    """
    if columns is None:
        return ()
    said, reason = batch.mapping, "As you said."
    if said is None:
        said = tools.store.mapping(batch.organisation_id, batch.kind, batch.source) or {}
        reason = "As it was mapped for this source before."
    return tuple(
        ColumnUse(one.column, said[one.column], 1.0, reason)
        if one.column in said
        else ColumnUse(
            one.column,
            one.field if one.confidence >= _SURE else None,
            round(one.confidence, 2),
            one.reason,
        )
        for one in suggest(batch.kind, columns, rows)
    )


@dataclass(slots=True)
class _Run:
    """One import on its way."""

    tools: Tools
    contract: Contract
    batch: Batch
    stopping: Callable[[], bool]
    bar: ProgressBar | None
    order: DateOrder | None = None
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    """Row number by external id, of all rows that were not refused."""

    def go(self, before: Progress) -> None:
        """Read the file from its first row, and take the rows that are not taken yet."""
        store, batch = self.tools.store, self.batch
        try:
            content = store.batch_content(batch.id)
            # The whole file is looked through before its first row is taken: one that turns out
            # to be damaged or too long further down leaves nothing half done.
            with self.tools.files.open(content, batch.format) as opened:
                progress = self._looked_through(opened, before)
            with self.tools.files.open(content, batch.format) as opened:
                progress = self._taken(opened, progress)
        except (UnreadableFileError, NotFoundError) as error:
            progress = replace(
                before, state=BatchState.FAILED, code=error.code, detail=error.detail
            )
        # What is told to be done can be matched.
        self.tools.index.follow()
        self.tools.people.follow()
        if not self.stopping() or progress.state is BatchState.FAILED:
            ended = BatchState.FAILED if progress.code else BatchState.DONE
            progress = replace(progress, state=ended)
            store.note_progress(batch.id, progress, self.tools.clock.now())

    def _looked_through(self, opened: Opened, before: Progress) -> Progress:
        rows = list(islice(opened, SAMPLE))
        columns = columns_of(self.tools, self.batch, opened.columns, [row.values for row in rows])
        self.mapping = {one.column: one.field for one in columns}
        counted = _Counted(rows, opened)
        self.order = file_date_order(self.mapping, counted)
        total = counted.count + sum(1 for _ in counted)
        progress = replace(
            before,
            state=BatchState.RUNNING,
            total=total,
            columns=columns,
            notes=opened.notes,
        )
        self.tools.store.note_progress(self.batch.id, progress, self.tools.clock.now())
        if self.bar is not None:
            self.bar.start(f"Importing {self.batch.source}", total)
        return progress

    def _taken(self, opened: Opened, progress: Progress) -> Progress:
        """Take the rows chunk by chunk; the next ones are made ready while one is written.

        Each chunk's rows have names of their own, so that none waits for what another writes.
        """
        # People's words lie here no longer than the file does that they were sent in.
        tools = replace(self.tools, encoder=CachedEncoder(self.tools.encoder, _REMEMBERED))
        ahead: deque[_Readying] = deque()
        chunks = self._chunks(opened, progress.rows)
        # The encoder leaves the interpreter to others while it works.
        with ThreadPoolExecutor(_READYING, thread_name_prefix="homeward-ready") as pool:
            try:
                while not self.stopping():
                    for size, rows in islice(chunks, _AHEAD - len(ahead)):
                        ahead.append((size, pool.submit(ready_rows, tools, self.batch, rows)))
                    if not ahead:
                        break
                    size, readying = ahead.popleft()
                    if ready := readying.result():
                        progress = self.tools.store.take_rows(self.batch, ready, progress)
                    if self.bar is not None:
                        self.bar.advance(size)
            finally:
                pool.shutdown(cancel_futures=True)
        return progress

    def _chunks(self, opened: Opened, taken: int) -> Iterator[tuple[int, list[TakenRow]]]:
        """Yield how many rows were read, and of them those that are not taken yet."""
        place = 0
        while chunk := list(islice(opened, CHUNK)):
            read = [self._read(place + at, row) for at, row in enumerate(chunk)]
            place += len(chunk)
            # Rows of before the last stop are read again only to know their names.
            yield len(chunk), [one for one in read if one.result.place >= taken]

    def _read(self, place: int, row: RawRow) -> TakenRow:
        """Read one row as the contract has it; refuse it with every reason."""
        drafted = self._drafted(row)
        name = drafted.external_id or _name_of(drafted.body)
        problems = list(drafted.problems)
        taken: dict[str, Any] = {}
        if not problems:
            try:
                taken = self._put(drafted.body, name)
            except InvalidInputError as error:
                problems += [self._where(one, row) for one in error.problems] or [
                    RowProblem("", error.detail)
                ]
        if len(name) > _LONGEST_ID:
            problems.append(RowProblem("external_id", f"At most {_LONGEST_ID} characters."))
        taken_name = why_taken(self.batch.kind, name)
        if taken_name is not None:
            problems.append(RowProblem("external_id", taken_name))
        if not problems and name in self.seen:
            detail = f"Row {self.seen[name]} of this file has the same id, or says just the same."
            problems.append(RowProblem("external_id", detail))
        if problems:
            refused = RowResult(
                place=place,
                number=row.number,
                effect=RowEffect.REFUSED,
                external_id=drafted.external_id,
                problems=tuple(problems),
                cells=dict(row.values),
            )
            return TakenRow(refused)
        self.seen[name] = row.number
        return TakenRow(RowResult(place, row.number, RowEffect.UNCHANGED, name), **taken)

    def _drafted(self, row: RawRow) -> Drafted:
        return to_contract(
            self.batch.kind,
            self.mapping,
            row,
            today=self.tools.clock.today(),
            defaults=self.batch.defaults,
            order=self.order,
        )

    def _put(self, body: Mapping[str, Any], name: str) -> dict[str, Any]:
        batch = self.batch
        named: dict[str, Any] = {
            "organisation_id": batch.organisation_id,
            "source": batch.source,
            "external_id": name,
        }
        if batch.kind is ImportKind.LISTINGS:
            listing = self.contract.listing(self.tools, body)
            # A file that does not speak of it makes nothing public.
            silent = body.get("visibility") is None
            return {"listing": Put(content=listing, keeps_private=silent, **named)}
        profile, contact = self.contract.person(self.tools, body, restricted=batch.restricted)
        require_readable(profile)
        put = Put(content=profile, keeps_category=not batch.restricted, **named)
        return {"person": put, "contact": contact}

    def _where(self, problem: FieldProblem, row: RawRow) -> RowProblem:
        """Name the column that a problem of the contract's field comes from."""
        name = problem.pointer.strip("/").split("/", maxsplit=1)[0]
        columns = [
            column
            for column, said in self.mapping.items()
            if said is not None and said.split(".")[0] == name
        ]
        filled = [column for column in columns if column in row.values]
        return RowProblem(", ".join(filled or columns) or problem.pointer, problem.detail)


class _Counted(Iterator[RawRow]):
    """Rows that were read already and then the rest, counted as they go by."""

    def __init__(self, first: list[RawRow], rest: Opened) -> None:
        self._first, self._rest, self.count = iter(first), rest, 0

    def __next__(self) -> RawRow:
        row = next(self._first, None) or next(self._rest)
        self.count += 1
        return row


def _name_of(body: Mapping[str, Any]) -> str:
    """Return a name for a record that has none: the same words, the same name.

    Whoever may know of it: once private, it must be found again by a file that does not say so.
    """
    words = {name: said for name, said in body.items() if name not in _WHO_MAY_KNOW}
    text = json.dumps(words, sort_keys=True, ensure_ascii=False, default=str)
    return f"row-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:24]}"
