"""What every store promises about requests that name themselves, and the replies kept of them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from service.domain.errors import ConflictError, InProgressError, KeyReusedError, ReplyLostError
from service.domain.reply import Claim, Reply
from service.domain.retention import Kept
from service.ports import Store
from tests.contracts.conftest import StoreOpener
from tests.contracts.examples import HOME, OTHER, write_listing, write_person

NOON: Final = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SOON: Final = NOON + timedelta(seconds=60)
DAY: Final = NOON + timedelta(hours=24)
CLAIM: Final = Claim(
    organisation_id=HOME.id, key_id="key_1", name="visit-7", request="POST /x", attempt="first"
)
REPLY: Final = Reply(
    status=201,
    headers=(("content-type", "application/json"), ("location", "/x/1")),
    body='{"text": "রাজমিস্ত্রি"}'.encode(),
    subjects=("ret_1", "lst_2"),
)


def _claim(store: Store, claim: Claim = CLAIM, at: datetime = NOON) -> Reply | None:
    return store.claim_reply(
        claim, at, until=at + timedelta(seconds=60), ends=at + timedelta(hours=24)
    )


def _again(**changes: str) -> Claim:
    """Return another attempt at the same request, or at a changed one."""
    return replace(CLAIM, attempt=uuid4().hex, **changes)


def test_a_reply_comes_back_whole(store: Store) -> None:
    """Status, headers, body and subjects, for as long as it is kept."""
    assert _claim(store) is None
    with store.acting(CLAIM):
        write_person(store, "I cook")
    store.keep_reply(CLAIM, REPLY)
    assert _claim(store, _again(), DAY - timedelta(seconds=1)) == REPLY
    assert _claim(store, _again(), DAY) is None


def test_a_name_belongs_to_one_key_of_one_organisation(store: Store) -> None:
    """Another key's or organisation's request of the same name is another request."""
    _claim(store)
    assert _claim(store, _again(key_id="key_2")) is None
    assert _claim(store, _again(organisation_id=OTHER.id)) is None
    assert _claim(store, _again(name="visit-8")) is None


def test_another_request_under_the_name_is_refused(store: Store) -> None:
    """While the first is worked on, and when it was answered."""
    _claim(store)
    with pytest.raises(KeyReusedError):
        _claim(store, _again(request="POST /y"))
    store.keep_reply(CLAIM, REPLY)
    with pytest.raises(KeyReusedError):
        _claim(store, _again(request="POST /y"))


def test_of_many_at_once_one_may_act(store: Store) -> None:
    """Eight threads with one name: one gets the right."""

    def attempt(_: int) -> bool:
        try:
            return _claim(store, _again()) is None
        except InProgressError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_a_right_that_was_given_back_can_be_had_again(store: Store) -> None:
    """Nothing was written, so the next attempt begins anew, whatever it asks."""
    _claim(store)
    store.release_claim(CLAIM)
    assert _claim(store, _again(request="POST /y")) is None


def test_who_has_acted_cannot_give_it_back(store: Store) -> None:
    """The write stands: a repeat waits, and after a minute is told that the reply is lost."""
    _claim(store)
    with store.acting(CLAIM):
        write_person(store, "I cook")
    store.release_claim(CLAIM)
    with pytest.raises(InProgressError):
        _claim(store, _again())
    with pytest.raises(ReplyLostError):
        _claim(store, _again(), SOON)


def test_a_write_that_fails_was_not_done(store: Store) -> None:
    """A refused write leaves no note that it was done."""
    _claim(store)
    with pytest.raises(ConflictError), store.acting(CLAIM):
        store.add_organisation(HOME)
    assert _claim(store, _again(), SOON) is None


def test_who_comes_too_late_writes_nothing(store: Store) -> None:
    """After a minute another may act; what the first still writes is rolled back."""
    _claim(store)
    second = _again()
    assert _claim(store, second, SOON) is None
    with pytest.raises(InProgressError), store.acting(CLAIM):
        write_person(store, "I cook")
    assert store.page_of_people(HOME.id, after=0, limit=9, where={}).items == ()
    with store.acting(second):
        write_person(store, "I cook")
    store.keep_reply(CLAIM, replace(REPLY, status=500))
    store.keep_reply(second, REPLY)
    assert _claim(store, _again(), SOON) == REPLY


def test_writes_outside_are_not_touched(store: Store) -> None:
    """What others write meanwhile needs no right."""
    _claim(store)
    with store.acting(CLAIM):
        pass
    write_listing(store, "weld")
    assert _claim(store, _again(), SOON) is None


def test_a_reply_does_not_outlive_whom_it_is_about(store: Store) -> None:
    """Erasing the person erases it; who was erased before it was kept leaves none."""
    for early in (False, True):
        _claim(store)
        person = write_person(store, "I cook").record
        if early:
            store.delete_person(person, if_version=None)
        store.keep_reply(CLAIM, replace(REPLY, person_id=person.id))
        if not early:
            store.delete_person(person, if_version=None)
        assert store.count_old(Kept.REPLIES, DAY) == 0


def test_a_reply_is_forgotten_with_whom_it_is_about(store: Store) -> None:
    """Of whom it is about can be asked by name; forgotten, the name is free for any request."""
    person = write_person(store, "I cook").record
    assert store.person_of_reply(CLAIM) is None
    _claim(store)
    assert store.person_of_reply(CLAIM) is None
    store.keep_reply(CLAIM, replace(REPLY, person_id=person.id))
    assert store.person_of_reply(_again(request="POST /y")) == person.id
    assert store.person_of_reply(_again(key_id="key_2")) is None
    store.forget_reply(CLAIM, "ret_other")
    assert _claim(store, _again()) == replace(REPLY, person_id=person.id)
    store.forget_reply(_again(request="POST /y"), person.id)
    assert _claim(store, _again(request="POST /y")) is None


def test_what_has_ended_is_forgotten(store: Store) -> None:
    """And counts it; what has not ended stays."""
    _claim(store)
    later = _again(name="later")
    _claim(store, later, SOON)
    store.keep_reply(later, REPLY)
    assert store.forget_old(Kept.REPLIES, NOON, 9) == 0
    assert store.forget_old(Kept.REPLIES, DAY, 9) == 1
    assert _claim(store, _again(name="later"), DAY) == REPLY
    assert _claim(store, _again(), DAY) is None


def test_a_reply_is_there_after_a_restart(open_store: StoreOpener, tmp_path: Path) -> None:
    """It is on disk before anyone is answered."""
    with open_store(tmp_path) as store:
        _claim(store)
        store.keep_reply(CLAIM, REPLY)
    with open_store(tmp_path) as store:
        assert _claim(store, _again()) == REPLY
