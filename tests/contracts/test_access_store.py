"""What every store promises about organisations and keys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from service.domain.access import ApiKey, Organisation, Scope
from service.domain.audit import Access, Action
from service.domain.errors import ConflictError, NotFoundError
from service.ports import Store
from tests.contracts.examples import HOME, OTHER

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ACCESS = Access(
    at=NOON,
    organisation_id=HOME.id,
    key_id="key_1",
    action=Action.RETURNEE_READ,
    subjects=("ret_1",),
    request_id="r1",
)
KEY = ApiKey("key_1", HOME.id, "job board", frozenset({Scope.MATCH, Scope.ADMIN}), NOON)


def test_organisations_are_listed_by_name(store: Store) -> None:
    """All organisations come back whole, in order of their names."""
    assert store.organisations() == [OTHER, HOME]


def test_an_organisation_id_is_taken_once(store: Store) -> None:
    """A second organisation of the same id is refused and changes nothing."""
    with pytest.raises(ConflictError):
        store.add_organisation(Organisation(HOME.id, "Impostor", NOON))
    assert HOME in store.organisations()


@pytest.mark.parametrize(
    "key",
    [
        KEY,
        replace(KEY, scopes=frozenset()),
        replace(KEY, scopes=frozenset(Scope), expires_at=NOON + timedelta(days=1)),
    ],
)
def test_a_key_is_found_by_the_hash_of_its_secret(store: Store, key: ApiKey) -> None:
    """The record comes back whole under its own hash and under no other."""
    store.add_key(key, b"\x00\xff hash")
    assert store.key_by_hash(b"\x00\xff hash") == key
    assert store.key_by_hash(b"\x00") is None
    assert store.key_by_hash(b"") is None


def test_moments_keep_their_instant(store: Store) -> None:
    """A moment given in another zone comes back as the same instant in UTC."""
    dhaka = NOON.astimezone(timezone(timedelta(hours=6)))
    store.add_key(replace(KEY, expires_at=dhaka), b"h")
    found = store.key_by_hash(b"h")
    assert found is not None
    assert found.expires_at == NOON
    assert found.expires_at is not None
    assert found.expires_at.utcoffset() == timedelta(0)


def test_a_key_needs_its_organisation(store: Store) -> None:
    """A key of an unknown organisation is refused."""
    with pytest.raises(ConflictError):
        store.add_key(replace(KEY, organisation_id="nobody"), b"h")
    assert store.keys(None) == []


def test_keys_are_listed_by_organisation(store: Store) -> None:
    """One organisation's keys, or all of them, oldest first."""
    theirs = replace(KEY, id="key_2", organisation_id=OTHER.id, created_at=NOON - timedelta(1))
    store.add_key(KEY, b"1")
    store.add_key(theirs, b"2")
    assert store.keys(HOME.id) == [KEY]
    assert store.keys(OTHER.id) == [theirs]
    assert store.keys(None) == [theirs, KEY]


def test_a_revoked_key_says_so(store: Store) -> None:
    """Revoking one key leaves the record readable and every other key alone."""
    store.add_key(KEY, b"1")
    store.add_key(replace(KEY, id="key_2"), b"2")
    store.revoke_key(KEY.id, NOON)
    revoked, other = store.key_by_hash(b"1"), store.key_by_hash(b"2")
    assert revoked == replace(KEY, revoked_at=NOON)
    assert other is not None
    assert other.revoked_at is None
    with pytest.raises(NotFoundError):
        store.revoke_key("key_none", NOON)


def test_the_use_of_a_key_is_noted(store: Store) -> None:
    """The last use is kept and nothing else changes."""
    store.add_key(KEY, b"1")
    store.touch_key(KEY.id, NOON)
    assert store.key_by_hash(b"1") == replace(KEY, last_used_at=NOON)


def test_a_key_is_at_hand_until_anything_is_written(store: Store) -> None:
    """Where it can be told at all: whatever is written may have been the key's end."""
    store.add_key(KEY, b"h")
    assert store.key_at_hand(b"h") is None
    assert store.key_by_hash(b"h") == KEY
    assert store.key_at_hand(b"other") is None
    if store.written() is None:
        assert store.key_at_hand(b"h") is None
        return
    assert store.key_at_hand(b"h") == KEY
    store.revoke_key(KEY.id, NOON)
    assert store.key_at_hand(b"h") is None
    found = store.key_by_hash(b"h")
    assert found is not None
    assert found.revoked_at == NOON
    assert store.key_at_hand(b"h") == found


def test_every_change_is_told_but_a_line_of_the_access_log(store: Store) -> None:
    """A number that was the same says that nothing was written; None, that this is not known."""
    before = store.written()
    store.add_key(KEY, b"h")
    after = store.written()
    assert (before is None) == (after is None)
    assert before is None or before != after
    store.log_accesses([ACCESS])
    assert store.written() == after
    with pytest.raises(ConflictError):
        store.add_key(replace(KEY, organisation_id="nobody"), b"i")
    assert store.key_by_hash(b"h") is not None
