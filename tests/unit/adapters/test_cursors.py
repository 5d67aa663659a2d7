"""Cursors: nothing can be read off one, and it opens for nobody else."""

import base64
from itertools import combinations

from service.adapters.store.cursors import SealedCursors
from service.adapters.store.vault import Vault

KEYS = {"old-key0": bytes(32), "new-key0": bytes(range(32))}
CURSORS = SealedCursors(Vault(KEYS, "new-key0"))


def test_a_cursor_opens_for_its_reader_and_list() -> None:
    """The same place gives the same cursor; under another name it is none."""
    one = CURSORS.write(417, "north", "returnees")
    assert CURSORS.write(417, "north", "returnees") == one
    assert CURSORS.read(one, "north", "returnees") == 417
    assert CURSORS.read(one, "south", "returnees") is None
    assert CURSORS.read(one, "north", "outcomes") is None
    for wrong in ("", "djE6Mw", one[:-1], one + "A", "é" * 32, "A" * 32):
        assert CURSORS.read(wrong, "north", "returnees") is None


def test_nothing_can_be_read_off_it() -> None:
    """All are as long as each other, and neighbours have nothing in common."""
    some = [CURSORS.write(number, "north", "returnees") for number in (0, 1, 2, 2**40)]
    assert {len(one) for one in some} == {32}
    for one, other in combinations([base64.urlsafe_b64decode(x) for x in some], 2):
        assert sum(a == b for a, b in zip(one, other, strict=True)) < 6


def test_an_older_key_still_opens() -> None:
    """A walk through a list goes on while keys are exchanged."""
    before = SealedCursors(Vault(KEYS, "old-key0")).write(7, "north", "returnees")
    assert CURSORS.read(before, "north", "returnees") == 7
