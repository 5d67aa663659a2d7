"""The index in a database: the rules hold in SQL as in memory, and words and vectors find alike."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import pytest
import sqlalchemy as sa

from service.adapters.store.postgres import PostgresDatabase
from service.adapters.vectors.facets import Facets
from service.adapters.vectors.local import LocalListingIndex
from service.adapters.vectors.pgvector import index as module
from service.adapters.vectors.pgvector import search, words
from service.adapters.vectors.pgvector.filling import Source
from service.adapters.vectors.pgvector.index import PgvectorListingIndex
from service.domain.corridor import Corridor
from service.domain.eligibility import Circle, Eligibility, WageFloor
from service.domain.errors import StorageError
from service.domain.listing import Kind, Listing, StoredListing, Visibility, WagePeriod
from service.domain.person import MinWage
from service.domain.pool import Ask, Pool, PoolQuery
from service.domain.refusal import Refusal
from service.ports import Store
from service.settings import Settings
from service.wiring import open_tools
from tests.contracts.examples import (
    HOME,
    MODEL,
    NEXT_MODEL,
    OTHER,
    listing_put,
    sqlite_store,
    unit_rows,
    vectors_for,
)
from tests.postgres.server import pgvector_database, server, server_url
from tests.unit.books import TODAY

LISTINGS: Final = 600
RULES: Final = 40
ALL: Final = 100_000
TITLES: Final = (
    "Cook",
    "House maid",
    "Housemaid",
    "NIGHT-GUARD",
    "Driver, forty feet trailer",
    "Forty feet tall",
    "Mason",
    "রাজমিস্ত্রি",
    "Safeguarding officer",
    "Tailor",
    "Feet driver",
    "Guard\u200b",
    "Scaffolder",
)
PHRASES: Final = (
    "cook",
    "house maid",
    "housemaid",
    "night guard",
    "forty feet trailer",
    "feet trailer",
    "guard",
    "রাজমিস্ত্রি",
    "mason",
    "forty feet driver",
    "a.b*",
)


def _listing(draw: Random) -> Listing:
    somewhere = draw.random() < 0.6
    private = draw.random() < 0.15
    return Listing(
        kind=draw.choice([Kind.JOB, Kind.JOB, *Kind]),
        title=draw.choice(TITLES),
        country=draw.choice(["BD", "BD", "QA", "SA", "AA"]),
        skills=tuple(draw.sample(TITLES, draw.randint(0, 2))),
        isco08=draw.choice([None, None, "7112", "51", "5120", "0110"]),
        wage_max=draw.choice([None, 0.0, 100.0, 1200.0, 14_400.0]),
        wage_currency=draw.choice([None, "BDT", "SAR", "XOF"]),
        wage_period=draw.choice([None, *WagePeriod]),
        visa_class=draw.choice([None, "employment", "investor visa"]),
        recruiter_licensed=draw.choice([None, True, False]),
        valid_through=draw.choice([None, TODAY, TODAY - timedelta(1), TODAY + timedelta(9)]),
        sectors=tuple(draw.sample(["care", "health care", "build"], draw.randint(0, 2))),
        lat=draw.uniform(20, 27) if somewhere else None,
        lon=draw.uniform(88, 93) if somewhere else None,
        visibility=Visibility.PRIVATE if private else Visibility.PUBLIC,
        visible_to=("friend",) if private and draw.random() < 0.5 else (),
    )


def _floor(draw: Random) -> WageFloor | None:
    if draw.random() < 0.7:
        return None
    least = {"BDT": draw.choice([100.0, 1200.0, 30_000.0]), "SAR": 100.0}
    return WageFloor(MinWage(1, "BDT"), least, known_only=draw.random() < 0.5)


def _closed(draw: Random) -> Corridor:
    visa = draw.choice([None, "employment", "investor visa"])
    return Corridor(
        origin="BD",
        destination=draw.choice(["QA", "SA"]),
        visa_class=visa,
        reason="a test",
        source="a test",
    )


def _rule(draw: Random) -> Eligibility:
    def some(values: list[str], least: int = 1) -> frozenset[str]:
        return frozenset(draw.sample(values, draw.randint(least, len(values))))

    return Eligibility(
        kinds=frozenset(draw.sample(list(Kind), draw.randint(1, 4))),
        countries=draw.choice([None, None, some(["BD", "QA", "NP"], 0)]),
        countries_not=draw.choice([frozenset(), some(["BD", "SA"])]),
        valid_on=draw.choice([None, TODAY]),
        refusals=tuple(
            Refusal(
                "",
                draw.choice([frozenset(), some(["7", "51", "0110"])]),
                some([*PHRASES[:5]]),
                some([*PHRASES[5:]]),
            )
            for _ in range(draw.choice([0, 0, 1, 2]))
        ),
        closed=tuple(_closed(draw) for _ in range(draw.choice([0, 0, 1, 2]))),
        sectors=draw.choice([None, None, some(["care", "build"])]),
        isco08=draw.choice([None, None, some(["5", "7112"])]),
        sources=draw.choice([None, None, some(["board", "elsewhere"])]),
        min_wage=_floor(draw),
        filter_wage=_floor(draw),
        within=draw.choice([None, Circle(23.8, 90.4, draw.uniform(1, 400), 5)]),
        licensed_only=draw.random() < 0.1,
        viewer=draw.choice([None, HOME.id, OTHER.id, "friend"]),
    )


@dataclass(frozen=True)
class Filled:
    """An index with listings of all sorts, the same in memory, and what stands in both."""

    database: PostgresDatabase
    store: Store
    index: PgvectorListingIndex
    local: LocalListingIndex
    stored: list[StoredListing]
    facets: Facets


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Listings drawn once, with a graph and with n-grams in segments."""
    draw = Random(7)  # noqa: S311 - the same every time
    with sqlite_store(tmp_path_factory.mktemp("filled")) as store, pgvector_database() as database:
        for one in (HOME, OTHER):
            store.add_organisation(one)
        sources = [draw.choice(["board", "ministry"]) for _ in range(LISTINGS)]
        puts = [
            listing_put(f"{n}", _listing(draw), source=source, vectors=vectors_for(f"{n}"))
            for n, source in enumerate(sources)
        ]
        stored = [one.record for one in store.put_listings(puts)]
        index, local = (
            PgvectorListingIndex(database, Source(store, MODEL)),
            LocalListingIndex(store, MODEL),
        )
        index.follow()
        local.follow()
        yield Filled(database, store, index, local, stored, Facets.of(stored))


def _pools(
    index: PgvectorListingIndex | LocalListingIndex, *asks: Ask, said: str = "", seed: int = 1
) -> list[Pool]:
    vectors = unit_rows(np.random.default_rng(seed), 3)
    return index.pools(PoolQuery(vectors=vectors, words=said, asks=asks))


def test_rules_hold_in_sql_as_in_memory(filled: Filled) -> None:
    """Whatever is asked, alone or without what another rule allows: the very same listings."""
    draw, kept = Random(3), 0  # noqa: S311
    for _ in range(RULES):
        wide = _rule(draw)
        more = _rule(draw)
        narrow = replace(
            wide,
            refusals=more.refusals,
            within=more.within,
            min_wage=more.min_wage,
            valid_on=TODAY,
            countries_not=wide.countries_not | more.countries_not,
            closed=more.closed,
        )
        allowed, refused = _pools(filled.index, Ask(narrow, ALL), Ask(wide, ALL, but_not=narrow))
        mask = filled.facets.mask(narrow)
        rest = filled.facets.mask(wide) & ~mask
        names = [one.id for one in filled.stored]
        assert {*allowed.ids} == {names[at] for at in np.flatnonzero(mask)}
        assert {*refused.ids} == {names[at] for at in np.flatnonzero(rest)}
        kept += len(allowed.ids) + len(refused.ids)
    assert kept > 20 * RULES


def _alike(filled: Filled, rule: Eligibility, said: str) -> None:
    ask = Ask(rule, ALL)
    (here,), (there,) = (_pools(one, ask, said=said) for one in (filled.index, filled.local))
    found = dict(zip(here.ids, here.lexical.tolist(), strict=True))
    assert found == pytest.approx(
        dict(zip(there.ids, there.lexical.tolist(), strict=True)), abs=1e-5
    )


def test_words_weigh_as_in_memory(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before and after n-grams are put into segments; the nearest in words are in a small pool."""
    said = "house maid, night guard"
    _alike(filled, Eligibility(), said)
    monkeypatch.setattr(words, "CLOSE_FROM", 64)
    monkeypatch.setattr(words, "_WIDEST", 100)
    filled.index.tidy()
    _alike(filled, Eligibility(), said)
    (pool,) = _pools(filled.index, Ask(Eligibility(), ALL), said=said)
    (small,) = _pools(filled.index, Ask(Eligibility(), 5), said=said)
    assert np.sort(small.lexical)[-5:] == pytest.approx(np.sort(pool.lexical)[-5:], abs=1e-6)


def test_an_index_of_another_process_sees_the_same(filled: Filled) -> None:
    """What one took in the other searches, with the same numbers for every viewer, and stock."""
    other = PgvectorListingIndex(filled.database, Source(filled.store, MODEL), writable=False)
    for viewer in (None, HOME.id, OTHER.id, "friend"):
        known = filled.local.seen_by(viewer).listings
        assert other.seen_by(viewer).listings == filled.index.seen_by(viewer).listings == known
        assert other.seen_by(viewer).generation == filled.index.seen_by(viewer).generation
        here, there = other.stock(TODAY, viewer), filled.local.stock(TODAY, viewer)
        assert (here.countries, here.currencies) == (there.countries, there.currencies)
        assert np.sort(here.wage) == pytest.approx(np.sort(there.wage), nan_ok=True)
    assert other.state.listings == filled.local.state.listings
    assert other.follow() == 0


def test_who_may_not_know_of_a_listing_sees_no_number_move(filled: Filled) -> None:
    """A private listing comes and goes: only its readers' numbers change."""
    viewers = (None, HOME.id, OTHER.id)
    before = [filled.index.seen_by(one) for one in viewers]
    hidden = Listing(kind=Kind.JOB, title="Cook", country="BD", visibility=Visibility.PRIVATE)
    record = filled.store.put_listings([listing_put("hidden", hidden)])[0].record
    filled.index.follow()
    after = [filled.index.seen_by(one) for one in viewers]
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1].listings == before[1].listings + 1
    assert after[1].generation > before[1].generation
    filled.store.delete_listing(record, if_version=None)
    filled.index.follow()
    assert filled.index.seen_by(HOME.id).listings == before[1].listings
    assert filled.index.pool_of([record.id]).pool.ids == ()


def test_a_walk_breaks_no_rule_and_finds_nearly_all(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the graph: nothing that is not eligible, and what exact search finds."""
    draw = Random(5)  # noqa: S311
    rules = [replace(_rule(draw), isco08=None, sources=None) for _ in range(20)]
    asks = [Ask(rule, 20) for rule in rules]
    exact = [_pools(filled.index, ask, seed=at)[0] for at, ask in enumerate(asks)]
    monkeypatch.setattr(module, "EXACT_BELOW", 0)
    monkeypatch.setattr(search, "EXACT_BELOW", 0)
    filled.index.tidy()
    assert filled.index._state.graph
    found = [_pools(filled.index, ask, asks[0], seed=at)[0] for at, ask in enumerate(asks)]
    for rule, pool in zip(rules, found, strict=True):
        names = [one.id for one in filled.stored]
        assert {*pool.ids} <= {names[at] for at in np.flatnonzero(filled.facets.mask(rule))}
    wanted = sum(len(pool.ids) for pool in exact)
    assert wanted > 100
    both = zip(exact, found, strict=True)
    assert sum(len({*one.ids} & {*other.ids}) for one, other in both) >= 0.99 * wanted


def test_what_can_no_longer_be_followed_is_built_anew(filled: Filled) -> None:
    """All rows go, and come again from the store, under numbers that never were."""
    before = {*_pools(filled.index, Ask(Eligibility(), ALL), said="cook")[0].ids}
    generation = filled.index.state.generation
    filled.index._filler.start_over()
    filled.index._look()
    assert filled.index.state.listings == 0
    assert filled.index.follow() >= LISTINGS
    assert {*_pools(filled.index, Ask(Eligibility(), ALL), said="cook")[0].ids} == before
    assert filled.index.state.generation > generation


def test_without_pgvector_it_says_what_to_do(tmp_path: Path) -> None:
    """A user who may not install it is told who has to; without a server, what is missing."""
    url = server().create("bare")
    with server().connect("bare") as connection:
        connection.execute("DROP ROLE IF EXISTS nobody_much")
        connection.execute("CREATE ROLE nobody_much LOGIN")
    theirs = server_url(
        url.replace("postgres:@", "nobody_much@").replace("postgres@", "nobody_much@")
    )
    database = PostgresDatabase(theirs)
    with sqlite_store(tmp_path) as store, pytest.raises(StorageError, match="CREATE EXTENSION"):
        PgvectorListingIndex(database, Source(store, MODEL))
    database.close()
    server().drop("bare")


def test_it_needs_a_server(settings: Settings) -> None:
    """SQLite has no pgvector."""
    asked = settings.model_copy(update={"listing_index": "pgvector"})
    with pytest.raises(StorageError, match="HOMEWARD_DATABASE_URL"), open_tools(asked):
        pass


def test_the_index_of_a_model_that_is_no_longer_used_is_removed(filled: Filled) -> None:
    """Not that of one which was used this week."""
    other = PgvectorListingIndex(filled.database, Source(filled.store, NEXT_MODEL))
    filled.index._tables.keep(filled.database)
    other.follow()
    with filled.database.beside("test") as connection:
        connection.execute(sa.update(other._tables.state).values(used_on=date(2026, 1, 1)))
    filled.index._tables.keep(filled.database)
    with filled.database.read() as connection:
        assert not other._tables.exist(connection)
        assert filled.index._tables.exist(connection)
