"""Encryption at rest: the key file, and what opens without it (nothing)."""

import base64
import json
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from service.adapters.store.vault import Vault
from service.domain.errors import StorageError


def _key(byte: int = 1, length: int = 32) -> str:
    return base64.b64encode(bytes([byte]) * length).decode()


def _write(path: Path, content: Any, mode: int = 0o600) -> Path:  # noqa: ANN401 - any JSON
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(mode)
    return path


def test_a_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """The file is born with mode 0600, in a folder made for it, whatever the umask."""
    path = tmp_path / "new" / "folder" / "keys.json"
    before = os.umask(0)
    try:
        vault = Vault.from_file(path, create=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["keys.json"]
    content = path.read_bytes()
    sealed = vault.seal(b"words", "people/1")
    assert Vault.from_file(path, create=True).open(sealed, "people/1") == b"words"
    assert path.read_bytes() == content


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    """Of many that make the key file at the same moment, all hold the one that stays."""
    path = tmp_path / "keys.json"
    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _: Vault.from_file(path, create=True), range(8)))
    sealed = [vault.seal(b"words", "x") for vault in vaults]
    assert all(vault.open(one, "x") == b"words" for vault in vaults for one in sealed)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o620])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """The message says which command mends it."""
    path = _write(
        tmp_path / "keys.json", {"keys": {"aaaaaaaa": _key()}, "active": "aaaaaaaa"}, mode
    )
    with pytest.raises(StorageError, match=f"chmod 600 {path}"):
        Vault.from_file(path, create=False)


def test_a_missing_key_file_is_not_replaced(tmp_path: Path) -> None:
    """Where records are encrypted already, a new key would only hide that the old is lost."""
    path = tmp_path / "keys.json"
    with pytest.raises(StorageError, match=r"missing.*Restore it from its backup"):
        Vault.from_file(path, create=False)
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "\x00" * 200,
        "[]",
        "null",
        "7",
        {},
        {"keys": {"aaaaaaaa": _key()}},
        {"active": "aaaaaaaa"},
        {"keys": {}, "active": "aaaaaaaa"},
        {"keys": [], "active": "aaaaaaaa"},
        {"keys": {"aaaaaaaa": _key()}, "active": "bbbbbbbb"},
        {"keys": {"aaaaaaaa": _key()}, "active": ["aaaaaaaa"]},
        {"keys": {"aaaaaaaa": _key(length=31)}, "active": "aaaaaaaa"},
        {"keys": {"aaaaaaaa": _key(length=16)}, "active": "aaaaaaaa"},
        {"keys": {"aaaaaaaa": "not base64!"}, "active": "aaaaaaaa"},
        {"keys": {"aaaaaaaa": "*" + _key()}, "active": "aaaaaaaa"},
        {"keys": {"aaaaaaaa": 7}, "active": "aaaaaaaa"},
        {"keys": {"aa": _key()}, "active": "aa"},
    ],
)
def test_a_damaged_key_file_says_so(tmp_path: Path, content: object) -> None:
    """Whatever is wrong in it, the error names the file and what to do."""
    path = _write(tmp_path / "keys.json", content)
    with pytest.raises(StorageError, match=r"damaged.*restore it from its backup"):
        Vault.from_file(path, create=False)


def test_a_folder_in_place_of_the_key_file_says_so(tmp_path: Path) -> None:
    """What cannot be read at all is an error of the same kind."""
    (tmp_path / "keys.json").mkdir(mode=0o700)
    with pytest.raises(StorageError, match="damaged"):
        Vault.from_file(tmp_path / "keys.json", create=False)


def test_nothing_sealed_is_ever_the_same_or_in_clear() -> None:
    """Sealing twice gives two values, and neither holds the words."""
    vault = Vault({"aaaaaaaa": bytes(32)}, "aaaaaaaa")
    first, second = vault.seal(b"I cook", "people/1"), vault.seal(b"I cook", "people/1")
    assert first != second
    assert b"cook" not in first + second
    assert vault.open(first, "people/1") == vault.open(second, "people/1") == b"I cook"


def test_a_value_opens_in_its_own_place_only() -> None:
    """A record copied over another's does not open there."""
    vault = Vault({"aaaaaaaa": bytes(32)}, "aaaaaaaa")
    with pytest.raises(StorageError):
        vault.open(vault.seal(b"I cook", "people/1"), "people/2")


@pytest.mark.parametrize("at", [0, 7, 8, 19, 20, -1])
def test_an_altered_value_does_not_open(at: int) -> None:
    """One bit anywhere, in key id, nonce, text or tag, is noticed."""
    vault = Vault({"aaaaaaaa": bytes(32)}, "aaaaaaaa")
    sealed = bytearray(vault.seal(b"I cook", "x"))
    sealed[at] ^= 1
    with pytest.raises(StorageError):
        vault.open(bytes(sealed), "x")


@pytest.mark.parametrize(
    "cut", [lambda x: x[:-1], lambda x: x[:20], lambda x: x[:8], lambda _: b""]
)
def test_a_shortened_value_does_not_open(cut: Callable[[bytes], bytes]) -> None:
    """A value cut off anywhere is an error of the same kind."""
    vault = Vault({"aaaaaaaa": bytes(32)}, "aaaaaaaa")
    with pytest.raises(StorageError):
        vault.open(cut(vault.seal(b"I cook", "x")), "x")


def test_after_a_change_of_key_old_values_still_open() -> None:
    """The active key seals; every key in the file opens."""
    old = Vault({"aaaaaaaa": bytes(32)}, "aaaaaaaa")
    both = Vault({"aaaaaaaa": bytes(32), "bbbbbbbb": bytes([1]) * 32}, "bbbbbbbb")
    assert both.open(old.seal(b"I cook", "x"), "x") == b"I cook"
    with pytest.raises(StorageError, match="key that is not in the key file"):
        old.open(both.seal(b"I cook", "x"), "x")
