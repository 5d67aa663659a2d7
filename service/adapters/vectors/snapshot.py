"""Segments on disk, so that a restart neither encodes nor rebuilds.

A segment's folder is written once, under a new name, and never changed. `state.json` is
replaced in one step, so a process killed at any moment leaves the old state or the new.
"""

import json
import os
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from uuid import uuid4

import numpy as np
import orjson
import scipy.sparse as sp
import structlog

from service.adapters.vectors.facets import Facets, Mask
from service.adapters.vectors.graph import Graph
from service.adapters.vectors.segment import Segment

_log = structlog.get_logger(__name__)

_FORMAT = 1
_STATE = "state.json"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a snapshot holds: segments, their living rows, and the feed position reached."""

    segments: tuple[Segment, ...]
    alive: tuple[Mask, ...]
    sequence: int
    generation: int


class SnapshotFolder:
    """Keeps the snapshot of one model's index in one folder."""

    def __init__(self, folder: Path, revision: str) -> None:
        """Keep it in `folder`; one written for another model revision is ignored."""
        self._folder = folder
        self._revision = revision
        self._names: dict[int, str] = {}

    def load(self) -> Saved | None:
        """Return what was saved, or None if there is nothing usable. Never raises."""
        try:
            state = json.loads((self._folder / _STATE).read_text())
            if (state["format"], state["revision"]) != (_FORMAT, self._revision):
                return None
            segments, masks = [], []
            for entry in state["segments"]:
                segment = _read(self._folder / entry["folder"])
                alive = np.ones(len(segment), dtype=np.bool_)
                alive[np.array(entry["dead"], dtype=np.int64)] = False
                self._names[id(segment)] = entry["folder"]
                segments.append(segment)
                masks.append(alive)
        except FileNotFoundError:
            return None
        except Exception as error:  # noqa: BLE001 - any damage means: rebuild from the store
            _log.warning("index snapshot unusable, rebuilding", error=repr(error))
            return None
        return Saved(tuple(segments), tuple(masks), state["sequence"], state["generation"])

    def save(self, saved: Saved) -> None:
        """Write segments that are new, then the state, then drop folders nobody names."""
        self._folder.mkdir(parents=True, exist_ok=True)
        names = {}
        for segment in saved.segments:
            name = self._names.get(id(segment)) or f"segment-{uuid4().hex}"
            if not (self._folder / name).exists():
                _write(segment, self._folder / name)
            names[id(segment)] = name
        state = {
            "format": _FORMAT,
            "revision": self._revision,
            "sequence": saved.sequence,
            "generation": saved.generation,
            "segments": [
                {"folder": names[id(segment)], "dead": np.flatnonzero(~alive).tolist()}
                for segment, alive in zip(saved.segments, saved.alive, strict=True)
            ],
        }
        draft = self._folder / f".{_STATE}"
        with draft.open("w") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / _STATE)
        self._names = names
        for old in self._folder.glob("segment-*"):
            if old.name not in names.values():
                shutil.rmtree(old, ignore_errors=True)


def _write(segment: Segment, folder: Path) -> None:
    draft = folder.with_name(f".{folder.name}")
    draft.mkdir()
    texts = {"ids": list(segment.ids)}
    for field in fields(Facets):
        column = getattr(segment.facets, field.name)
        if isinstance(column.dtype, np.dtypes.StringDType):
            texts[field.name] = column.tolist()
        else:
            np.save(draft / f"facet-{field.name}.npy", column)
    (draft / "texts.json").write_bytes(orjson.dumps(texts))
    np.save(draft / "whole.npy", segment.whole)
    np.save(draft / "requirements.npy", segment.requirements)
    np.save(draft / "starts.npy", segment.starts)
    sp.save_npz(draft / "counts.npz", segment.counts, compressed=False)
    if segment.graph is not None:
        segment.graph.save(draft / "graph.faiss")
    draft.replace(folder)


def _read(folder: Path) -> Segment:
    texts = orjson.loads((folder / "texts.json").read_bytes())
    columns = {}
    for field in fields(Facets):
        path = folder / f"facet-{field.name}.npy"
        if path.exists():
            columns[field.name] = np.load(path)
        else:
            columns[field.name] = np.array(texts[field.name], np.dtypes.StringDType())
    graph = folder / "graph.faiss"
    return Segment.assemble(
        ids=tuple(texts["ids"]),
        facets=Facets(**columns),
        whole=np.load(folder / "whole.npy", mmap_mode="r"),
        # Mapped, not read: one answer touches a few hundred listings' rows.
        requirements=np.load(folder / "requirements.npy", mmap_mode="r"),
        starts=np.load(folder / "starts.npy"),
        counts=sp.csr_matrix(sp.load_npz(folder / "counts.npz")),
        graph=Graph.load(graph) if graph.exists() else None,
    )
