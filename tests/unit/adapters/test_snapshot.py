"""The in-process index between restarts: what is saved, and what is not believed."""

import mmap
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.adapters.store.sql import SqlStore
from service.adapters.vectors import followed, local, segment
from service.adapters.vectors.local import LocalListingIndex
from service.adapters.vectors.segment import Segment
from service.adapters.vectors.snapshot import SPARSE, Saved, SnapshotFolder
from service.domain.eligibility import Mask
from service.domain.embedding import ModelIdentity
from service.domain.listing import StoredListing, Visibility
from tests.contracts.examples import (
    HOME,
    MODEL,
    NEXT_MODEL,
    job,
    listing_put,
    sqlite_store,
    vectors_for,
    write_listing,
)
from tests.contracts.test_index import assert_equal_to_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store with one organisation."""
    with sqlite_store(tmp_path) as opened:
        opened.add_organisation(HOME)
        yield opened


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thresholds at which a few dozen listings already merge, save and get cells."""
    monkeypatch.setattr(followed, "_INLINE", 6)
    monkeypatch.setattr(local, "_SAVE_AFTER", 1)
    monkeypatch.setattr(segment, "CELLS_FROM", 24)


def _open(store: SqlStore, folder: Path, model: ModelIdentity = MODEL) -> LocalListingIndex:
    return LocalListingIndex(store, model, SnapshotFolder(folder, model.revision))


def _fill(store: SqlStore, count: int = 30) -> None:
    store.put_listings([listing_put(f"{n}") for n in range(count)])


def test_a_restart_takes_up_what_was_saved(store: SqlStore, tmp_path: Path) -> None:
    """Opened again, the index holds everything before it reads a single change."""
    index = _open(store, tmp_path / "index")
    _fill(store)
    index.follow()
    write_listing(store, "3", job("changed"))
    store.delete_listing(store.listing_by_source(HOME.id, "board", "4"), if_version=None)
    index.follow()
    index.close()
    again = _open(store, tmp_path / "index")
    assert again.state == index.state
    assert again.follow() == 0
    assert_equal_to_store(again, store, MODEL)


def test_changes_since_the_last_saving_are_followed(store: SqlStore, tmp_path: Path) -> None:
    """Only what happened after the snapshot is read from the feed."""
    index = _open(store, tmp_path / "index")
    _fill(store)
    index.follow()
    index.close()
    write_listing(store, "3", job("changed"))
    store.delete_listing(store.listing_by_source(HOME.id, "board", "4"), if_version=None)
    write_listing(store, "new")
    again = _open(store, tmp_path / "index")
    assert again.follow() == 3
    assert_equal_to_store(again, store, MODEL)


def test_many_listings_are_built_in_parts(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many parts they come in, one segment of each shelf comes of them, nothing lost."""
    monkeypatch.setattr(local, "_PART", 4)
    monkeypatch.setattr(local, "_MOST_PARTS", 2)
    index = LocalListingIndex(store, MODEL)
    _fill(store)
    hidden = job("hidden", visibility=Visibility.PRIVATE)
    store.put_listings([listing_put(f"hidden {n}", hidden) for n in range(5)])
    index.follow()
    assert [len(one) for one in index.current.segments] == [30, 5]
    assert index.seen_by(None).listings == 30
    assert index.seen_by(HOME.id).listings == 35


@pytest.mark.usefixtures("small_segments")
def test_what_was_saved_is_read_from_its_file(store: SqlStore, tmp_path: Path) -> None:
    """A large segment lies in memory only until it is saved, and changes nothing by that."""
    index = _open(store, tmp_path / "index")
    _fill(store)
    index.follow()
    before = index.current.segments[0]
    index.tidy()
    (after,) = index.current.segments
    assert after is not before
    assert isinstance(after.requirements.distinct.base, np.memmap | mmap.mmap)
    assert np.array_equal(after.whole, before.whole)
    store.put_listings([listing_put("another")])
    index.follow()
    index.tidy()
    assert_equal_to_store(index, store, MODEL)


def test_neighbours_become_one_at_once(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be merged two by two at last is merged in one go: each row is written once."""
    monkeypatch.setattr(followed, "_INLINE", 1)
    index = LocalListingIndex(store, MODEL)
    for step in range(6):
        store.put_listings([listing_put(f"{step} {n}") for n in range(5)])
        index.follow()
    assert len(index.current.segments) == 6
    joined, calls = Segment.joined, list[int]()

    def counted(parts: Sequence[tuple[Segment, Mask]]) -> Segment:
        calls.append(len(parts))
        return joined(parts)

    monkeypatch.setattr(Segment, "joined", counted)
    index.tidy()
    assert sum(calls) <= 8
    assert_equal_to_store(index, store, MODEL)


def test_a_snapshot_of_another_model_is_ignored(store: SqlStore, tmp_path: Path) -> None:
    """Vectors of different revisions are never mixed, even in the same folder."""
    index = _open(store, tmp_path / "index")
    _fill(store)
    index.follow()
    index.close()
    other = _open(store, tmp_path / "index", NEXT_MODEL)
    assert other.state.listings == 0


def test_a_snapshot_ahead_of_the_store_is_dropped(tmp_path: Path) -> None:
    """After a restored backup the index is rebuilt, however far the store then gets."""
    with sqlite_store(tmp_path) as store:
        store.add_organisation(HOME)
        _fill(store, 5)
    shutil.copytree(tmp_path / "data", tmp_path / "backup")
    with sqlite_store(tmp_path) as store:
        store.put_listings([listing_put(f"lost {n}") for n in range(5)])
        index = _open(store, tmp_path / "index")
        index.follow()
        index.close()
    shutil.rmtree(tmp_path / "data")
    shutil.copytree(tmp_path / "backup", tmp_path / "data")
    with sqlite_store(tmp_path) as store:
        index = _open(store, tmp_path / "index")
        assert index.state.listings == 0
        index.follow()
        assert_equal_to_store(index, store, MODEL)
        # The process ends here without closing, and the store passes the old position.
        store.put_listings([listing_put(f"new {n}") for n in range(9)])
        index = _open(store, tmp_path / "index")
        index.follow()
        assert_equal_to_store(index, store, MODEL)


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _garbage(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).bytes(path.stat().st_size))


def _zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) * 2 // 3] ^= 4
    path.write_bytes(content)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqlStore, Path]]:
    """A store and a snapshot of two segments, one of them with cells."""
    folder = tmp_path_factory.mktemp("saved")
    patch = pytest.MonkeyPatch()
    patch.setattr(segment, "CELLS_FROM", 24)
    patch.setattr(followed, "_INLINE", 1)
    with sqlite_store(folder) as store:
        store.add_organisation(HOME)
        index = _open(store, folder / "index")
        _fill(store)
        index.follow()
        write_listing(store, "3", job("changed"))
        index.follow()
        index.close()
        patch.undo()
        yield store, folder / "index"


FILES = [
    "state.json",
    "*/ids.json",
    "*/facet-kind.npy",
    "*/facet-lat.npy",
    *(f"*/facet-words-{part}.npy" for part in ("which", "keys", "letters", "starts")),
    "*/whole.npy",
    *(f"*/requirements-{part}.npy" for part in ("distinct", "which", "starts")),
    "*/wording.npy",
    "*/wording-keys.npy",
    *(f"*/cells-{part}.npy" for part in ("axes", "centres", "rows", "starts", "codes")),
    *(f"*/{one}-{part}.npy" for one in ("counts", "lexicon") for part in SPARSE),
    "*/idf.npy",
    "*/checksums.json",
]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [_truncate, _empty, _garbage, _zeros, _flip_a_bit, Path.unlink])
def test_a_damaged_snapshot_is_rebuilt(
    saved: tuple[SqlStore, Path], tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    """Whatever happened to whichever file, the index comes back from the store."""
    store, sound = saved
    folder = Path(shutil.copytree(sound, tmp_path / "index"))
    assert _open(store, folder).state.listings == 30
    damage(min(folder.glob(name)))
    index = _open(store, folder)
    assert index.state.listings == 0
    index.follow()
    assert_equal_to_store(index, store, MODEL)


def test_every_file_of_a_snapshot_is_tried(saved: tuple[SqlStore, Path]) -> None:
    """No file of a snapshot is left out of the test above but facets like those in it."""
    _, folder = saved
    tried = {path for name in FILES for path in folder.glob(name)}
    rest = {path.name for path in folder.rglob("*") if path.is_file() and path not in tried}
    assert all(name.startswith("facet-") for name in rest)
    assert len(list(folder.glob("*/cells-codes.npy"))) == 1


@pytest.mark.usefixtures("small_segments")
def test_a_saved_segment_is_not_taken_for_another(store: SqlStore, tmp_path: Path) -> None:
    """Segments that merge and go between two savings leave no name behind for new ones."""
    index = _open(store, tmp_path / "index")
    for step in range(20):
        store.put_listings([listing_put(f"{step % 7} {n}", job(f"{step} {n}")) for n in range(5)])
        index.follow()
        if step % 3 == 0:
            index.tidy()
            again = _open(store, tmp_path / "index")
            assert again.follow() == 0
            assert_equal_to_store(again, store, MODEL)


def test_a_segment_at_the_address_of_a_saved_one_is_another(
    store: SqlStore, tmp_path: Path
) -> None:
    """A new segment is saved although it lies in memory where a saved one lay before."""
    old, new = (one.record for one in store.put_listings([listing_put("old"), listing_put("new")]))
    folder = SnapshotFolder(tmp_path / "index", MODEL.revision)

    def made(record: StoredListing) -> Segment:
        return Segment.of([record], [vectors_for(record.external_id)], [record.external_id])

    def saved(segment: Segment) -> Saved:
        return Saved((segment,), (np.ones(1, np.bool_),), 1, 1)

    first, second = made(old), made(new)
    folder.save(saved(first))
    address = id(first)
    del first
    others = [replace(second)]
    while id(others[-1]) != address:
        assert len(others) < 1000
        others.append(replace(second))
    folder.save(saved(others[-1]))
    loaded = SnapshotFolder(tmp_path / "index", MODEL.revision).load()
    assert loaded is not None
    assert loaded.segments[0].ids == (new.id,)


@pytest.mark.usefixtures("small_segments")
def test_a_killed_saving_leaves_nothing_behind(store: SqlStore, tmp_path: Path) -> None:
    """Half-written and replaced segments are removed by the next saving."""
    index = _open(store, tmp_path / "index")
    _fill(store)
    index.follow()
    index.tidy()
    (tmp_path / "index" / ".segment-half").mkdir()
    (tmp_path / "index" / ".segment-half" / "whole.npy").write_bytes(b"half")
    store.put_listings([listing_put(f"{n}", job(f"changed {n}")) for n in range(30)])
    index.follow()
    index.tidy()
    left = sorted(path.name for path in (tmp_path / "index").iterdir())
    assert len(left) == 2
    assert left[0].startswith("segment-")
    assert left[1] == "state.json"


@pytest.mark.usefixtures("small_segments")
def test_a_saving_that_failed_is_made_up_for(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves no half of a segment; what was not saved is not taken for saved."""
    monkeypatch.setattr(local, "_SAVE_AGAIN_S", 0.0)
    index = _open(store, tmp_path / "index")
    _fill(store)
    index.follow()
    full = True
    save = np.save

    def refused(path: Path, column: object) -> None:
        if full and path.name == "whole.npy":
            raise OSError(28, "No space left on device")
        save(path, column)  # type: ignore[arg-type]

    monkeypatch.setattr(np, "save", refused)
    index.tidy()
    assert list((tmp_path / "index").iterdir()) == []
    assert index.unsaved > 0
    assert not isinstance(
        index.current.segments[0].requirements.distinct.base, np.memmap | mmap.mmap
    )
    full = False
    index.tidy()
    assert index.unsaved == 0
    (mapped,) = index.current.segments
    assert isinstance(mapped.requirements.distinct.base, np.memmap | mmap.mmap)
    assert_equal_to_store(_open(store, tmp_path / "index"), store, MODEL)


@pytest.mark.usefixtures("small_segments")
def test_neighbours_merged_otherwise_meanwhile_are_left_alone(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While two segments merge aside, changes may merge one of them elsewhere: nothing is lost."""
    monkeypatch.setattr(followed, "_INLINE", 20)
    index = LocalListingIndex(store, MODEL)
    store.put_listings([listing_put(f"a {n}") for n in range(12)])
    index.follow()
    written = store.put_listings([listing_put(f"b {n}") for n in range(10)])
    index.follow()
    joined = Segment.joined
    interrupted: list[bool] = []

    def interrupt(parts: Sequence[tuple[Segment, Mask]]) -> Segment:
        if not interrupted:
            interrupted.append(True)
            for one in written:
                store.delete_listing(one.record, if_version=None)
            store.put_listings([listing_put(f"c {n}") for n in range(4)])
            index.follow()
            assert len(index.current.segments) == 1
        return joined(parts)

    monkeypatch.setattr(Segment, "joined", interrupt)
    index.tidy()
    assert interrupted
    assert_equal_to_store(index, store, MODEL)


# One history: puts and deletes of a few names, with upkeep and restarts in between.
_steps: st.SearchStrategy[tuple[str, list[int]]] = st.one_of(
    st.tuples(st.just("put"), st.lists(st.integers(0, 30), min_size=1, max_size=12)),
    st.tuples(st.just("delete"), st.lists(st.integers(0, 30), min_size=1, max_size=12)),
    st.tuples(st.sampled_from(["follow", "tidy", "close", "kill"]), st.just(list[int]())),
)


@pytest.mark.usefixtures("small_segments")
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(_steps, min_size=5, max_size=30))
def test_the_index_equals_the_store_after_any_history(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, list[int]]]
) -> None:
    """However changes, upkeep, savings, restarts and kills follow each other, nothing drifts."""
    folder = tmp_path_factory.mktemp("history")
    with sqlite_store(folder) as store:
        store.add_organisation(HOME)
        index = _open(store, folder / "index")
        for at, (step, numbers) in enumerate(steps):
            if step == "put":
                store.put_listings([listing_put(f"{n}", job(f"{n} {at}")) for n in numbers])
            elif step == "delete":
                page = store.page_of_listings(after=0, limit=100, where={})
                for one in page.items:
                    if int(one.external_id) in numbers:
                        store.delete_listing(one, if_version=None)
            elif step == "follow":
                index.follow()
            elif step == "tidy":
                index.tidy()
            else:
                if step == "close":
                    index.close()
                index = _open(store, folder / "index")
        index.follow()
        assert_equal_to_store(index, store, MODEL)
    shutil.rmtree(folder)
