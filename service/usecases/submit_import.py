"""Take in an upload: keep the file, and queue it to be read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final
from uuid import uuid4

from service.domain.access import Caller, Scope
from service.domain.batch import Batch, StoredBatch
from service.domain.errors import FieldProblem, InvalidInputError, UnreadableFileError
from service.domain.imported import FileFormat, ImportKind
from service.intake.headers import FIELDS
from service.ports import Tools

_LONGEST_SOURCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What somebody sends to be imported. name: of the file, where it has one."""

    content: bytes
    kind: ImportKind
    name: str | None = None
    content_type: str | None = None
    format: FileFormat | None = None
    source: str | None = None
    dry_run: bool = False
    mapping: Mapping[str, str | None] | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    held_id: str | None = None


def submit_import(tools: Tools, upload: Upload, caller: Caller) -> StoredBatch:
    """Keep a file to be imported and queue it. Raises UnreadableFileError where it cannot be."""
    batch = batch_of(tools, upload, caller)
    # First of all the batch: where this is repeated under its key, the first write counts as done.
    stored = tools.store.add_batch(batch, upload.content, tools.clock.now())
    if batch.mapping:
        tools.store.keep_mapping(batch, batch.mapping, tools.clock.now())
    return stored


def batch_of(tools: Tools, upload: Upload, caller: Caller) -> Batch:
    """Return an upload as an import. Raises UnreadableFileError for what is no file of records."""
    if not upload.content:
        message = "This file is empty. Choose the file again, or export it anew."
        raise UnreadableFileError(message, code="file_empty")
    kind = upload.format or tools.files.sniff(upload.content, upload.content_type, upload.name)
    name = PurePath(upload.name).name if upload.name else None
    people = upload.kind is ImportKind.RETURNEES
    # A file about somebody is often called after them, and its import outlives their erasure.
    named = None if people and kind is FileFormat.JSON_RESUME else name
    return Batch(
        id=f"imp_{uuid4().hex}",
        organisation_id=caller.organisation_id,
        key_id=caller.key_id,
        kind=upload.kind,
        source=upload.source or _source_of(named),
        file_name=None if people else name,
        format=kind,
        dry_run=upload.dry_run,
        mapping=_known_fields(upload),
        defaults=upload.defaults,
        restricted=caller.may(Scope.RESTRICTED),
        size=len(upload.content),
        sha256=hashlib.sha256(upload.content).hexdigest(),
        held_id=upload.held_id,
    )


def _source_of(name: str | None) -> str:
    """Return what a file is called without its ending, as far as that can stand in a path."""
    stem = PurePath(name).stem if name else ""
    return "".join(one for one in stem if one.isprintable())[:_LONGEST_SOURCE].strip() or "import"


def mapping_of(text: str | None) -> dict[str, str | None] | None:
    """Return the mapping that is written as JSON; None where nothing is written.

    Raises InvalidInputError for anything but an object of field names and nulls.
    """
    if text is None:
        return None
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not all(isinstance(one, str | None) for one in said.values()):
        detail = 'Send a JSON object such as {"Job Title": "title", "Remarks": null}.'
        problem = FieldProblem("query:mapping", detail)
        raise InvalidInputError(f"mapping: {detail}", problems=(problem,))
    return said


def _known_fields(upload: Upload) -> Mapping[str, str | None] | None:
    if upload.mapping is None:
        return None
    known = FIELDS[upload.kind]
    problems = tuple(
        FieldProblem(f"/mapping/{column}", f'There is no field "{name}" to map to.')
        for column, name in upload.mapping.items()
        if name is not None and name not in known
    )
    if problems:
        raise InvalidInputError(f"{problems[0].pointer}: {problems[0].detail}", problems=problems)
    return upload.mapping


def import_defaults(
    kind: ImportKind,
    *,
    listing_kind: str = "job",
    country: str | None = None,
    currency: str | None = None,
    visibility: str | None = None,
) -> Mapping[str, Any]:
    """Return what the fields of a file are where its rows are silent; "" and None say nothing.

    Raises InvalidInputError for a visibility of people.
    """
    listings = kind is ImportKind.LISTINGS
    if visibility and not listings:
        problem = FieldProblem("query:visibility", "People are never public; leave it out.")
        raise InvalidInputError(problem.detail, problems=(problem,))
    said = {
        "kind": listing_kind if listings else None,
        "country" if listings else "home_country": country,
        "wage_currency": currency,
        "visibility": visibility,
    }
    return {name: str(value) for name, value in said.items() if value}
