"""The index of people: who may be asked is decided before the search, and never too strictly."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.vectors.people import Columns, LocalPeopleIndex, standing_for
from service.domain.candidate import PeopleQuery, PersonFacts, Seeking
from service.domain.eligibility import Circle
from service.domain.person import Consent, Profile, Route, StoredPerson
from service.domain.place import Place
from tests.contracts.examples import (
    HOME,
    MODEL,
    OTHER,
    ToyEncoder,
    person_put,
    reading,
    sqlite_store,
)

AGREED = Profile(text="x", consent=Consent(matching=True))
SEEKING = Seeking(organisation_id=HOME.id, since=date(2026, 11, 21), country="QA", training=False)


def _facts(person: StoredPerson) -> PersonFacts:
    consent = person.profile.consent
    return PersonFacts(
        organisation_id=person.organisation_id,
        matching=consent.matching,
        shared_with=consent.share_with,
        home_country=person.profile.home_country,
    )


@contextmanager
def _index(folder: Path) -> Iterator[tuple[LocalPeopleIndex, list[str]]]:
    """Open an index over a store with thirty people of two organisations."""
    with sqlite_store(folder) as store:
        for organisation in (HOME, OTHER):
            store.add_organisation(organisation)
        names = []
        for number in range(30):
            owner = OTHER if number % 3 == 0 else HOME
            shared = (HOME.id,) if number % 6 == 0 else ()
            profile = Profile(text=f"work {number}", consent=Consent(True, shared))  # noqa: FBT003
            put = person_put("", content=profile, organisation_id=owner.id)
            names.append(store.put_person(put, None, reading(f"work {number}")).record.id)
        every_axis = np.eye(MODEL.dimensions, dtype=np.float32)
        index = LocalPeopleIndex(store, MODEL, _facts, every_axis)
        index.follow()
        yield index, names


def _asked(index: LocalPeopleIndex, text: str = "work 4", size: int = 100) -> set[str]:
    query = PeopleQuery(ToyEncoder().encode([text]), SEEKING, size)
    return set(index.found(query).ids)


def test_only_who_may_be_seen_is_found(tmp_path: Path) -> None:
    """The own, and of others those who are shared; also once segments have been merged."""
    with _index(tmp_path) as (index, names):
        visible = {name for at, name in enumerate(names) if at % 3 or at % 6 == 0}
        assert _asked(index) == visible
        assert index.state.people == 30


def test_changes_come_in_and_merge(tmp_path: Path) -> None:
    """Whoever leaves or revokes is gone; whoever comes is found; merging changes nothing."""
    with _index(tmp_path) as (index, names):
        store = index._store
        before = _asked(index)
        kept = store.people(names)
        store.delete_person(kept[names[1]], if_version=None)
        revoked = person_put("", content=Profile(text="x"), record_id=names[2])
        store.put_person(revoked, None, reading("x"))
        new = store.put_person(person_put("", content=AGREED), None, reading("x")).record
        index.follow()
        index.tidy()
        assert _asked(index) == before - {names[1], names[2]} | {new.id}
        assert _asked(index, size=10) <= _asked(index)


def test_who_says_nothing_of_work_is_in_nobodys_way(tmp_path: Path) -> None:
    """Alone among what has changed, or beside others."""
    with _index(tmp_path) as (index, _):
        before = _asked(index)
        nothing = replace(reading("my wife is ill"), said=None)
        index._store.put_person(person_put("", content=AGREED), None, nothing)
        index.follow()
        assert _asked(index) == before


@pytest.mark.parametrize("strangers", [1, 25])
def test_who_may_not_be_seen_keeps_nobody_out(tmp_path: Path, strangers: int) -> None:
    """Few are asked for, and others who are nearer come between, into other segments as well."""
    with _index(tmp_path) as (index, _):
        before = _asked(index, size=10)
        assert len(before) < len(_asked(index))
        store = index._store
        for number in range(strangers):
            # As near as one can be, and in segments of their own.
            profile = Profile(text="work 4", consent=Consent(True, ("third",)))  # noqa: FBT003
            put = person_put("", content=profile, organisation_id=OTHER.id)
            store.put_person(put, None, reading("work 4"))
            if number % 7 == 0:
                index.follow()
        index.follow()
        assert index.state.people == 30 + strangers
        assert _asked(index, size=10) == before


def test_who_was_seen_already_is_not_found_again(tmp_path: Path) -> None:
    """The next search brings others, until nobody is left."""
    with _index(tmp_path) as (index, _):
        seen: set[str] = set()
        rounds = 0
        while True:
            vectors = ToyEncoder().encode(["work 4"])
            found = index.found(PeopleQuery(vectors, SEEKING, 5, frozenset(seen)))
            assert not seen & set(found.ids)
            seen |= set(found.ids)
            rounds += 1
            if not found.more:
                break
        assert rounds > 2
        assert seen == _asked(index)


ROWS = (
    ({"until": date(2026, 11, 20)}, False),
    ({"until": date(2026, 11, 20), "home_country": "US"}, True),
    ({"until": date(2026, 11, 21), "home_country": "KI"}, False),
    ({"until": date(2026, 11, 21)}, True),
    ({"routes": (Route.LOCAL,)}, False),
    ({"routes": (Route.OVERSEAS, Route.TRAINING)}, True),
    ({"countries": ("SA",)}, False),
    ({"countries": ("SA", "QA")}, True),
    ({"exclude_countries": ("QA",)}, False),
    ({"home_country": "BD"}, False),
    ({"home_country": "QA", "routes": (Route.LOCAL,)}, True),
    ({"home_country": "QA", "reach": Circle(25.3, 51.5, 50)}, True),
    ({"home_country": "QA", "reach": Circle(24.0, 51.5, 50)}, False),
    ({"reach": Circle(24.0, 51.5, 50)}, True),
    ({"floor": 500.0}, False),
    ({"floor": 400.0}, True),
    ({"organisation_id": OTHER.id}, False),
    ({"organisation_id": OTHER.id, "shared_with": (HOME.id,)}, True),
)


@pytest.mark.parametrize(("wishes", "asked"), ROWS)
def test_wishes_decide_who_is_asked(wishes: dict[str, object], asked: bool) -> None:  # noqa: FBT001
    """One wish at a time, for a job in Qatar that is closed to Bangladesh and pays 400 dollars."""
    plain = {"organisation_id": HOME.id, "matching": True, "home_country": "NP"}
    one = PersonFacts(**(plain | wishes))  # type: ignore[arg-type]
    seeking = Seeking(
        organisation_id=HOME.id,
        since=date(2026, 11, 21),
        elsewhere={
            date(2026, 11, 20): frozenset({"US", "CA"}),
            date(2026, 11, 22): frozenset({"KI"}),
        },
        country="QA",
        training=False,
        closed_to=frozenset({"BD"}),
        place=Place(25.3, 51.5),
        pay=400.0,
    )
    assert Columns.of([one]).mask(seeking).tolist() == [asked]


def test_a_wage_nobody_knows_is_enough_unless_it_has_to_be_known() -> None:
    """As in the rules."""
    facts = [
        PersonFacts(organisation_id=HOME.id, matching=True, floor=500.0, known_only=known)
        for known in (False, True)
    ]
    assert Columns.of(facts).mask(SEEKING).tolist() == [True, False]


ROW = st.tuples(*[st.floats(-1, 1, width=32)] * 4)


@given(st.lists(ROW, min_size=1, max_size=8))
def test_trades_far_from_the_rest_are_stood_for(values: list[tuple[float, ...]]) -> None:
    """Every phrase is near one of at most four vectors, or all four are taken."""
    rows = np.array(values, np.float32) + np.float32(1e-3)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    chosen = standing_for(rows)
    assert np.array_equal(chosen[0], rows[0])
    near = (rows @ chosen.T).max(axis=1)
    assert len(chosen) == 4 or near.min() >= 0.6 - 1e-5
