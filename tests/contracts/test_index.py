"""What every listing index promises over the store it follows."""

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from service.domain.eligibility import Eligibility
from service.domain.embedding import ManyGrams, ModelIdentity, Vectors
from service.domain.listing import Kind, StoredListing
from service.domain.pool import Ask, Pool, PoolQuery
from service.ports import ListingIndex, Store
from tests.contracts.conftest import StoreOpener
from tests.contracts.examples import (
    MODEL,
    NEXT_MODEL,
    ToyEncoder,
    job,
    listing_put,
    sqlite_store,
    unit_rows,
    vectors_for,
    write_listing,
)

IndexOpener = Callable[[Store, ModelIdentity], ListingIndex]

EVERYTHING = Ask(Eligibility(), 100_000)


@pytest.fixture
def open_store() -> StoreOpener:
    """One store alone: each gives an index the same, and these take long."""
    return sqlite_store


def _ask(
    index: ListingIndex, *asks: Ask, vectors: Vectors | None = None, words: str = ""
) -> list[Pool]:
    query = ToyEncoder().encode(["anything"]) if vectors is None else vectors
    return index.pools(PoolQuery(vectors=query, words=words, asks=asks))


def _requirements(pool: Pool, at: int) -> Vectors:
    return pool.requirements[pool.starts[at] : pool.starts[at + 1]]


def assert_equal_to_store(index: ListingIndex, store: Store, model: ModelIdentity) -> None:
    """Assert that the index holds exactly the store's listings with their present vectors."""
    (pool,) = _ask(index, EVERYTHING)
    stored: list[StoredListing] = []
    after: int | None = 0
    while after is not None:
        page = store.page_of_listings(after=after, limit=500, where={})
        stored += page.items
        after = page.next_after
    vectors = store.listing_vectors([one.id for one in stored], model)
    assert sorted(pool.ids) == sorted(vectors)
    assert index.state.listings == len(vectors)
    for at, listing_id in enumerate(pool.ids):
        assert np.array_equal(_requirements(pool, at), vectors[listing_id].requirements)


def test_an_empty_index_gives_empty_pools(store: Store, open_index: IndexOpener) -> None:
    """Every ask is answered, with nothing, by columns that fit together."""
    index = open_index(store, MODEL)
    assert index.follow() == 0
    pools = _ask(index, EVERYTHING, EVERYTHING)
    assert [pool.ids for pool in pools] == [(), ()]
    assert all(pool.requirements.shape == (0, MODEL.dimensions) for pool in pools)
    assert all(pool.starts.tolist() == [0] for pool in pools)
    assert index.state.listings == 0


@pytest.mark.parametrize("batches", [1, 7])
def test_exact_search_equals_brute_force(
    store: Store, open_index: IndexOpener, batches: int
) -> None:
    """The nearest of the whole text and of each phrase are in the pool, each with its cosine."""
    index = open_index(store, MODEL)
    countries = ("BD", "QA", "SA")
    puts = [listing_put(f"{n}", job(f"{n}", country=countries[n % 3])) for n in range(350)]
    for start in range(batches):
        store.put_listings(puts[start::batches])
        index.follow()
    ids = {one.external_id: one.id for one in _all(store)}
    wholes = np.stack([vectors_for(f"{n}").whole for n in range(350)])
    in_qatar = np.array([n % 3 == 1 for n in range(350)])
    draw = np.random.default_rng(1)
    for _ in range(20):
        vectors = unit_rows(draw, 3)
        ask = Ask(Eligibility(countries=frozenset({"QA"})), 20)
        (pool,) = _ask(index, ask, vectors=vectors)
        for row, count in ((0, 20), (1, 10), (2, 10)):
            cosines = np.where(in_qatar, wholes @ vectors[row], -2)
            assert {ids[f"{n}"] for n in np.argsort(-cosines)[:count]} <= set(pool.ids)
        names = {listing_id: int(name) for name, listing_id in ids.items()}
        rows = [names[listing_id] for listing_id in pool.ids]
        assert in_qatar[rows].all()
        assert pool.whole == pytest.approx(wholes[rows], abs=2e-3)


def _all(store: Store) -> tuple[StoredListing, ...]:
    return store.page_of_listings(after=0, limit=10_000, where={}).items


def test_requirements_belong_to_their_listing(store: Store, open_index: IndexOpener) -> None:
    """Listings with different numbers of requirements each get their own back."""
    index = open_index(store, MODEL)
    for n in range(1, 6):
        write_listing(store, f"{n}", vectors=vectors_for(f"{n}", requirements=n))
        index.follow()
    names = {one.id: one.external_id for one in _all(store)}
    (pool,) = _ask(index, EVERYTHING)
    assert len(pool.ids) == 5
    for at, listing_id in enumerate(pool.ids):
        wanted = vectors_for(names[listing_id], requirements=int(names[listing_id]))
        assert _requirements(pool, at) == pytest.approx(wanted.requirements, abs=1e-3)


def test_candidates_bring_their_occupation(store: Store, open_index: IndexOpener) -> None:
    """The ISCO-08 code comes as its lowest unit group's number, -1 where it is unknown."""
    index = open_index(store, MODEL)
    codes = {"a": "7112", "b": "51", "c": "0110", "d": None}
    store.put_listings([listing_put(n, job(n, isco08=code)) for n, code in codes.items()])
    index.follow()
    (pool,) = _ask(index, EVERYTHING)
    names = {one.id: one.external_id for one in _all(store)}
    found = dict(zip((names[one] for one in pool.ids), pool.occupation.tolist(), strict=True))
    assert found == {"a": 7112, "b": 5100, "c": 110, "d": -1}


def test_a_filter_never_starves_a_search(store: Store, open_index: IndexOpener) -> None:
    """The few eligible listings are found although hundreds of others are nearer."""
    index = open_index(store, MODEL)
    query = ToyEncoder().encode(["welder"])
    near = replace(vectors_for("welder"), whole=query[0])
    far = replace(near, whole=-query[0])
    store.put_listings([listing_put(f"{n}", vectors=near) for n in range(400)])
    written = store.put_listings(
        [listing_put(f"qatar {n}", job("cook", country="QA"), vectors=far) for n in range(3)]
    )
    index.follow()
    (pool,) = _ask(index, Ask(Eligibility(countries=frozenset({"QA"})), 5), vectors=query)
    assert set(pool.ids) == {one.record.id for one in written}


def test_an_ask_leaves_out_what_it_is_told(store: Store, open_index: IndexOpener) -> None:
    """`but_not` takes out of a pool what another rule lets through."""
    index = open_index(store, MODEL)
    store.put_listings([listing_put("a"), listing_put("b", job("b", country="QA"))])
    index.follow()
    home = Eligibility(countries=frozenset({"BD"}))
    left, right = _ask(index, Ask(home, 10), Ask(Eligibility(), 10, but_not=home))
    names = {one.id: one.external_id for one in _all(store)}
    assert [names[one] for one in left.ids] == ["a"]
    assert [names[one] for one in right.ids] == ["b"]


def test_words_find_what_vectors_miss(store: Store, open_index: IndexOpener) -> None:
    """The lexical channel brings the listing that is called what the person says."""
    index = open_index(store, MODEL)
    query = ToyEncoder().encode(["q"])
    near = replace(vectors_for("q"), whole=query[0])
    store.put_listings([listing_put(f"{n}", job("cook"), vectors=near) for n in range(50)])
    far = replace(near, whole=-query[0])
    wanted = write_listing(store, "x", job("Scaffolder!"), vectors=far).record
    index.follow()
    (without,) = _ask(index, Ask(Eligibility(), 5), vectors=query)
    (found,) = _ask(index, Ask(Eligibility(), 5), vectors=query, words="SCAFFOLDERS")
    assert wanted.id not in without.ids
    assert wanted.id in found.ids
    assert found.lexical[found.ids.index(wanted.id)] > 0.3


def test_the_index_follows_what_the_store_tells(store: Store, open_index: IndexOpener) -> None:
    """New, changed and deleted listings are searched as they now are, after each follow."""
    index = open_index(store, MODEL)
    a, b = (one.record for one in store.put_listings([listing_put("a"), listing_put("b")]))
    assert index.follow() == 2
    generation = index.state.generation
    write_listing(store, "a", job("a changed", kind=Kind.TRAINING))
    store.delete_listing(b, if_version=None)
    (before,) = _ask(index, EVERYTHING)
    # What is deleted may be gone at once, or with the next look; nothing else moves before.
    assert {a.id} <= set(before.ids) <= {a.id, b.id}
    assert index.state.generation == generation
    assert index.follow() == 2
    jobs, trainings = _ask(
        index,
        Ask(Eligibility(kinds=frozenset({Kind.JOB})), 10),
        Ask(Eligibility(kinds=frozenset({Kind.TRAINING})), 10),
    )
    assert jobs.ids == ()
    assert trainings.ids == (a.id,)
    assert index.state.generation > generation
    assert_equal_to_store(index, store, MODEL)
    generation = index.state.generation
    assert index.follow() == 0
    assert index.state.generation == generation


def test_a_listing_that_came_and_went_unseen_is_not_there(
    store: Store, open_index: IndexOpener
) -> None:
    """Between two looks a listing may be created, changed and deleted."""
    index = open_index(store, MODEL)
    record = write_listing(store, "a").record
    write_listing(store, "a", job("changed"))
    store.delete_listing(record, if_version=None)
    write_listing(store, "b")
    assert index.follow() == 2
    assert_equal_to_store(index, store, MODEL)


def test_vectors_of_another_model_are_ignored(store: Store, open_index: IndexOpener) -> None:
    """An index of a new model searches only what that model has encoded."""
    store.put_listings([listing_put("a"), listing_put("b")])
    index = open_index(store, NEXT_MODEL)
    index.follow()
    assert index.state.listings == 0
    first = _all(store)[0]
    store.put_listing_vectors(NEXT_MODEL, {first.id: vectors_for("a next")})
    index.follow()
    assert_equal_to_store(index, store, NEXT_MODEL)
    assert index.state.listings == 1


def test_a_listing_that_lost_its_vectors_is_not_searched(
    store: Store, open_index: IndexOpener
) -> None:
    """Old vectors never stand for new words."""
    index = open_index(store, MODEL)
    write_listing(store, "a")
    index.follow()
    write_listing(store, "a", job("changed"), vectors=None, model=None)
    index.follow()
    assert index.state.listings == 0
    assert_equal_to_store(index, store, MODEL)


def test_tidying_changes_no_answer(store: Store, open_index: IndexOpener) -> None:
    """Upkeep neither loses nor revives a listing."""
    index = open_index(store, MODEL)
    for n in range(12):
        store.put_listings([listing_put(f"{n} {m}") for m in range(60)])
        index.follow()
        store.delete_listing(_all(store)[n], if_version=None)
        index.follow()
        index.tidy()
        assert_equal_to_store(index, store, MODEL)


class _Threads:
    """Threads whose errors reach the test."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self._done = threading.Event()

    def start(self, work: Callable[[], object], *, again: bool = False) -> threading.Thread:
        """Run `work` once, or again and again until `finish`."""

        def run() -> None:
            try:
                work()
                # A breath, or whoever writes waits for the interpreter more than for anything else.
                while again and not self._done.wait(0.001):
                    work()
            except BaseException as error:  # noqa: BLE001 - the test's own thread looks at it
                self.errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def finish(self, once: list[threading.Thread], repeated: list[threading.Thread]) -> None:
        """Wait for the work that ends, then end the rest."""
        for thread in once:
            thread.join()
        self._done.set()
        for thread in repeated:
            thread.join()


def test_searches_beside_changes_are_whole(store: Store, open_index: IndexOpener) -> None:
    """Threads that write, follow, tidy and search at once: no error, no half answer, no loss."""
    index = open_index(store, MODEL)

    def write(name: str) -> None:
        for step in range(8):
            batch = [listing_put(f"{name} {n}", job(f"{name} {step} {n}")) for n in range(20)]
            written = store.put_listings(batch)
            index.follow()
            store.delete_listing(written[step % 20].record, if_version=None)

    def search() -> None:
        (pool,) = _ask(index, EVERYTHING)
        assert len(set(pool.ids)) == len(pool.ids)
        columns = (pool.whole, pool.lexical, pool.occupation, pool.starts[1:])
        assert {len(column) for column in columns} == {len(pool.ids)}
        assert pool.starts[-1] == len(pool.requirements)

    threads = _Threads()
    threads.finish(
        [threads.start(partial(write, name)) for name in ("a", "b")],
        [threads.start(work, again=True) for work in (index.tidy, index.follow, search)],
    )
    assert threads.errors == []
    index.follow()
    index.tidy()
    assert_equal_to_store(index, store, MODEL)


def test_some_listings_come_as_a_pool_with_each_texts_likeness(
    store: Store, open_index: IndexOpener
) -> None:
    """The same likeness as a search finds, for several texts at once; the unknown is left out."""
    for number, title in enumerate(("Mason", "Scaffolder", "Pastry cook")):
        write_listing(store, title, external_id=str(number))
    index = open_index(store, MODEL)
    index.follow()
    words = ("scaffolder and mason", "pastry", "")
    searched = [_ask(index, EVERYTHING, words=one)[0] for one in words]
    ids = [*searched[0].ids, "lst_nowhere"]
    found = index.pool_of(ids, ManyGrams.of(index.grams(words)))
    assert sorted(found.pool.ids) == sorted(searched[0].ids)
    for line, pool in zip(found.likeness, searched, strict=True):
        expected = dict(zip(pool.ids, pool.lexical.tolist(), strict=True))
        here = dict(zip(found.pool.ids, line.tolist(), strict=True))
        assert here == pytest.approx(expected, abs=1e-6)
    assert index.pool_of([]).pool.ids == ()
