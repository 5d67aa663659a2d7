"""What every store promises about the access log, and what a check of it finds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from service.domain.audit import Access, AccessQuery, Action, LogHead
from service.ports import Store
from service.usecases.verify_log import verify_log
from tests.contracts.conftest import StoreOpener
from tests.contracts.examples import HOME, OTHER

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVERYTHING = AccessQuery()


class NoBar:
    """Implements `service.ports.ProgressBar` for nobody."""

    def start(self, title: str, total: int) -> None:
        """See the port."""

    def advance(self, steps: int) -> None:
        """See the port."""


def line(number: int, **changes: object) -> Access:
    """Return a line of a reading, a second after the one before."""
    plain = Access(
        at=NOON + timedelta(seconds=number),
        organisation_id=HOME.id,
        key_id="key_1",
        action=Action.RETURNEE_READ,
        subjects=(f"ret_{number}",),
        request_id=f"r{number}",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_lines_come_back_as_they_were_written(store: Store) -> None:
    """In order, numbered from 1, with every field; a page says where the next begins."""
    elsewhere = timezone(timedelta(hours=6))
    lines = [
        line(1),
        line(2, subjects=(), refused="not_found"),
        line(3, action=Action.CANDIDATES_READ, subjects=("lst_1", "ret_1", "ret_2")),
        line(4, at=datetime(2026, 11, 22, 23, 59, 59, 123456, tzinfo=elsewhere)),
    ]
    store.log_accesses(lines[:3])
    store.log_accesses([])
    store.log_accesses(lines[3:])
    found = store.page_of_accesses(EVERYTHING, after=0, limit=3)
    assert [one.sequence for one in found.items] == [1, 2, 3]
    rest = store.page_of_accesses(EVERYTHING, after=found.next_after or 0, limit=3)
    assert rest.next_after is None
    assert [one.access for one in (*found.items, *rest.items)] == lines
    assert [one.sequence for one in store.last_accesses(EVERYTHING, 2)] == [3, 4]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (AccessQuery(), [1, 2, 3]),
        (AccessQuery(organisation_id=OTHER.id), [2]),
        (AccessQuery(subject="ret_1"), [1, 3]),
        (AccessQuery(subject="ret_"), []),
        (AccessQuery(subject="ret%"), []),
        (AccessQuery(action=Action.RETURNEE_ERASE), [2]),
        (AccessQuery(since=NOON + timedelta(seconds=2)), [2, 3]),
        (AccessQuery(organisation_id=HOME.id, subject="ret_1", since=NOON + timedelta(1)), []),
    ],
)
def test_lines_are_found_by_what_they_say(
    store: Store, query: AccessQuery, numbers: list[int]
) -> None:
    """By whose key, on whom, what, and since when; a subject is a whole id."""
    store.log_accesses(
        [
            line(1),
            line(2, organisation_id=OTHER.id, action=Action.RETURNEE_ERASE, subjects=("ret_10",)),
            line(3, subjects=("lst_1", "ret_1")),
        ]
    )
    found = store.page_of_accesses(query, after=0, limit=9).items
    assert [one.sequence for one in found] == numbers
    assert [one.sequence for one in store.last_accesses(query, 9)] == numbers


def test_a_log_as_it_was_written_is_unbroken(store: Store) -> None:
    """Empty, and after any number of appends; the check says how far it went and where it ends."""
    empty = verify_log(store, NoBar())
    assert (empty.entries, empty.broken, empty.head) == (0, None, LogHead(0, ""))
    for number in range(1, 6):
        store.log_accesses([line(number), line(number)])
    verdict = verify_log(store, NoBar())
    assert (verdict.entries, verdict.broken) == (10, None)
    assert verdict.first_at == "2026-11-22T12:00:01.000000+00:00"
    assert verdict.last_at == "2026-11-22T12:00:05.000000+00:00"
    assert verdict.head is not None
    assert verdict.head.count == 10
    assert verdict.head.seal == store.access_links(9, 9)[0].seal


def test_a_log_goes_on_where_it_was_closed(open_store: StoreOpener, tmp_path: object) -> None:
    """Opening again begins no new chain."""
    for number in (1, 2):
        with open_store(tmp_path) as store:  # type: ignore[arg-type]
            store.log_accesses([line(number)])
            verdict = verify_log(store, NoBar())
            assert (verdict.entries, verdict.broken) == (number, None)


def test_many_lines_are_walked_in_parts(store: Store) -> None:
    """A part's first line is held against the last of the part before."""
    store.log_accesses([line(number) for number in range(1, 2502)])
    verdict = verify_log(store, NoBar())
    assert (verdict.entries, verdict.broken) == (2501, None)
