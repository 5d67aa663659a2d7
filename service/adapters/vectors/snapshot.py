"""Segments on disk, so that a restart neither encodes nor rebuilds.

A segment's folder is written once, under a new name, and never changed. `state.json` is
replaced in one step, so a process killed at any moment leaves the old state or the new.
"""

import os
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from uuid import uuid4
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import orjson
import scipy.sparse as sp
import structlog

from service.adapters.vectors.cells import Cells
from service.adapters.vectors.facets import Facets
from service.adapters.vectors.followed import Views
from service.adapters.vectors.lexical import FEATURES, Lexicon
from service.adapters.vectors.repeated import SharedVectors, Texts
from service.adapters.vectors.segment import Segment
from service.adapters.vectors.wordings import Wordings
from service.domain.eligibility import Mask

_log = structlog.get_logger(__name__)

_FORMAT = 8
_STATE = "state.json"
_CHECKSUMS = "checksums.json"
_READ_AT_ONCE = 1 << 20
SPARSE: Final = ("data", "indices", "indptr")
"""Arrays of a sparse matrix, a file each."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a snapshot holds: segments, their living rows, and the feed position reached."""

    segments: tuple[Segment, ...]
    alive: tuple[Mask, ...]
    sequence: int
    generation: int
    views: Views = field(default_factory=Views)


class SnapshotFolder:
    """Keeps the snapshot of one model's index in one folder."""

    def __init__(self, folder: Path, revision: str) -> None:
        """Keep it in `folder`; one written for another model revision is ignored."""
        self._folder = folder
        self._revision = revision
        # Weak: a segment that is gone must not lend its name to one at its old address.
        self._names: WeakKeyDictionary[Segment, str] = WeakKeyDictionary()

    def load(self) -> Saved | None:
        """Return what was saved, or None if there is nothing usable. Never raises."""
        if not (self._folder / _STATE).exists():
            return None
        try:
            state = _read_state(self._folder / _STATE)
            if (state["format"], state["revision"]) != (_FORMAT, self._revision):
                return None
            segments, masks = [], []
            for entry in state["segments"]:
                segment = _read(self._folder / entry["folder"])
                alive = np.ones(len(segment), dtype=np.bool_)
                alive[np.array(entry["dead"], dtype=np.int64)] = False
                self._names[segment] = entry["folder"]
                segments.append(segment)
                masks.append(alive)
        except Exception as error:  # noqa: BLE001 - any damage means: rebuild from the store
            _log.warning("index snapshot unusable, rebuilding", error=repr(error))
            return None
        views = Views(state["views"]["public"], state["views"]["private"])
        return Saved(tuple(segments), tuple(masks), state["sequence"], state["generation"], views)

    def discard(self) -> None:
        """Make sure that what is saved is never loaded again."""
        (self._folder / _STATE).unlink(missing_ok=True)

    def reopened(self, segment: Segment) -> Segment:
        """Return the same segment mapped from what was saved of it."""
        name = self._names[segment]
        mapped = _read(self._folder / name)
        self._names[mapped] = name
        return mapped

    def holds(self, segment: Segment) -> bool:
        """Tell whether a segment was saved."""
        return segment in self._names

    def save(self, saved: Saved) -> list[Segment]:
        """Write segments that are new, then the state, then drop folders nobody names.

        Return the new ones.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        written = []
        for segment in saved.segments:
            name = self._names.get(segment)
            if name is None or not (self._folder / name).exists():
                name = f"segment-{uuid4().hex}"
                _write(segment, self._folder / name)
                # Only now: what could not be written must not be taken for saved.
                self._names[segment] = name
                written.append(segment)
        state = {
            "format": _FORMAT,
            "revision": self._revision,
            "sequence": saved.sequence,
            "generation": saved.generation,
            "views": {"public": saved.views.public, "private": dict(saved.views.private)},
            "segments": [
                {"folder": self._names[segment], "dead": np.flatnonzero(~alive).tolist()}
                for segment, alive in zip(saved.segments, saved.alive, strict=True)
            ],
        }
        _write_state(state, self._folder / _STATE)
        kept = {self._names[segment] for segment in saved.segments}
        # The second pattern is what a saving that was killed has left.
        for old in (*self._folder.glob("segment-*"), *self._folder.glob(".segment-*")):
            if old.name not in kept:
                shutil.rmtree(old, ignore_errors=True)
        return written


def _write_state(state: dict[str, Any], path: Path) -> None:
    """Replace the state in one step; its first line is the checksum of the second."""
    body = orjson.dumps(state)
    draft = path.with_name(f".{path.name}")
    with draft.open("wb") as file:
        file.write(b"%08x\n" % zlib.crc32(body) + body)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _read_state(path: Path) -> dict[str, Any]:
    checksum, body = path.read_bytes().split(b"\n", 1)
    if int(checksum, 16) != zlib.crc32(body):
        message = f"{path.name} is damaged"
        raise ValueError(message)
    state: dict[str, Any] = orjson.loads(body)
    return state


def _write(segment: Segment, folder: Path) -> None:
    draft = folder.with_name(f".{folder.name}")
    draft.mkdir()
    try:
        (draft / "ids.json").write_bytes(orjson.dumps(segment.ids))
        for name, column in _columns(segment):
            np.save(draft / f"{name}.npy", column)
        sums = {path.name: _checksum(path) for path in draft.iterdir()}
        (draft / _CHECKSUMS).write_bytes(orjson.dumps(sums))
        draft.replace(folder)
    except BaseException:
        # Where the disk is full, half of it must not keep it so.
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _columns(segment: Segment) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Yield a segment's arrays and what each is called."""
    for facet in fields(Facets):
        column = getattr(segment.facets, facet.name)
        if isinstance(column, Texts):
            for part in fields(Texts):
                yield f"facet-{facet.name}-{part.name}", getattr(column, part.name)
        else:
            yield f"facet-{facet.name}", column
    for part in fields(SharedVectors):
        yield f"requirements-{part.name}", getattr(segment.requirements, part.name)
    yield "wording", segment.wordings.which
    yield "wording-keys", segment.wordings.keys
    for name, sparse in (
        ("counts", segment.wordings.counts),
        ("lexicon", segment.wordings.lexicon.columns),
    ):
        for piece in SPARSE:
            yield f"{name}-{piece}", getattr(sparse, piece)
    yield "idf", segment.wordings.lexicon.idf
    yield "whole", segment.whole
    if segment.cells is not None:
        for part in fields(Cells):
            yield f"cells-{part.name}", getattr(segment.cells, part.name)


def _checksum(path: Path) -> int:
    """Return the CRC-32 of a file: 2 GB a second, so 200,000 listings cost under a second."""
    value = 0
    with path.open("rb") as file:
        while part := file.read(_READ_AT_ONCE):
            value = zlib.crc32(part, value)
    return value


def _require_whole(folder: Path) -> None:
    """Raise ValueError unless every file is byte for byte what was written.

    Nothing syncs a segment, and what is damaged would be answered from.
    """
    sums = orjson.loads((folder / _CHECKSUMS).read_bytes())
    for name, value in sums.items():
        if _checksum(folder / name) != value:
            message = f"{folder.name}/{name} is damaged"
            raise ValueError(message)


def _read(folder: Path) -> Segment:
    _require_whole(folder)
    columns: dict[str, Any] = {}
    for facet in fields(Facets):
        if (folder / f"facet-{facet.name}.npy").exists():
            columns[facet.name] = np.load(folder / f"facet-{facet.name}.npy")
        else:
            columns[facet.name] = Texts(
                *(_mapped(folder, f"facet-{facet.name}-{part.name}") for part in fields(Texts))
            )
    divided = (folder / "cells-codes.npy").exists()
    keys = _mapped(folder, "wording-keys")
    return Segment.assemble(
        ids=tuple(orjson.loads((folder / "ids.json").read_bytes())),
        facets=Facets(**columns),
        whole=_mapped(folder, "whole"),
        requirements=SharedVectors(
            *(_mapped(folder, f"requirements-{part.name}") for part in fields(SharedVectors))
        ),
        wordings=Wordings(
            _mapped(folder, "wording"),
            keys,
            sp.csr_matrix(_sparse(folder, "counts"), shape=(len(keys), FEATURES)),
            Lexicon(
                sp.csc_matrix(_sparse(folder, "lexicon"), shape=(len(keys), FEATURES)),
                np.load(folder / "idf.npy"),
            ),
        ),
        cells=Cells(*(_mapped(folder, f"cells-{part.name}") for part in fields(Cells)))
        if divided
        else None,
    )


def _sparse(folder: Path, name: str) -> tuple[npt.NDArray[Any], ...]:
    return tuple(_mapped(folder, f"{name}-{part}") for part in SPARSE)


def _mapped(folder: Path, name: str) -> npt.NDArray[Any]:
    """Map a file, not read it: one answer touches a few hundred listings and their n-grams.

    As a plain array: what numpy does on taking rows of a map costs more than the rows.
    """
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
