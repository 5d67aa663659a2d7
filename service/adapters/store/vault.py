"""Encryption at rest: AES-256-GCM under a key that lives outside the data directory."""

import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.adapters.store.keyfile import (
    KEY,
    KEY_ID,
    MasterKeys,
    damaged,
    read_keys,
    write_first,
)
from service.domain.errors import StorageError

_NONCE = 12
_HASH = 16
_HASHES = "keyed hashes"

ACCESS_LOG: Final = "access log"
CURSORS: Final = "cursors"
LINKS: Final = "links in mail"
LASTING: Final = (ACCESS_LOG, CURSORS, LINKS)
"""Purposes whose derived keys outlive a key: what was sealed so has left, or is never changed."""


class Vault:
    """Seals and opens byte strings. Each sealed value names its key and is bound to a place."""

    def __init__(
        self,
        keys: Mapping[str, bytes],
        active: str,
        hashing: bytes | None = None,
        retired: Mapping[str, Mapping[str, bytes]] | None = None,
    ) -> None:
        """`keys`: 8-character id → 32 bytes; `active` seals, all of them open.

        hashing, retired: see `MasterKeys`. Raises ValueError where they are not so.
        """
        if active not in keys or any(len(key_id) != KEY_ID for key_id in keys):
            message = "its key ids do not fit together"
            raise ValueError(message)
        if any(len(key) != KEY for key in keys.values()):
            message = f"a key is not {KEY} bytes long"
            raise ValueError(message)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._keys = dict(keys)
        self._active = active
        self._retired = dict(retired or {})
        # Of the oldest key, which stays when a new one seals: hashes are not made anew.
        self._hashing = hashing or self.derived(_HASHES)[next(iter(keys))]

    @property
    def active(self) -> str:
        """The id of the key that seals."""
        return self._active

    @property
    def inactive(self) -> tuple[str, ...]:
        """The ids of keys that open only."""
        return tuple(name for name in self._keys if name != self._active)

    @property
    def hashing(self) -> bytes:
        """What keyed hashes are made with, 32 bytes."""
        return self._hashing

    def derived(self, purpose: str) -> dict[str, bytes]:
        """Return a key of 32 bytes for each key held, by its id, good for this purpose only."""
        kept = {name: held[purpose] for name, held in self._retired.items() if purpose in held}
        return kept | {
            key_id: HKDF(SHA256(), KEY, salt=None, info=f"homeward {purpose}".encode()).derive(key)
            for key_id, key in self._keys.items()
        }

    @classmethod
    def from_file(cls, path: Path, *, create: bool) -> "Vault":
        """Read the key file, or make one (mode 0600) if `create` and it is absent.

        Raises StorageError for a missing, readable-by-others or damaged file.
        """
        if not path.exists():
            if not create:
                raise StorageError(_lost(path))
            write_first(path)
        return cls.of(read_keys(path), path)

    @classmethod
    def of(cls, held: MasterKeys, path: Path) -> "Vault":
        """Return a vault over what a key file holds; raise StorageError if it is unusable."""
        try:
            return cls(held.keys, held.active, held.hashing, held.retired)
        except (ValueError, TypeError) as error:
            raise StorageError(damaged(path, error)) from error

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt `plain`; it opens only for the same `place` (table and record)."""
        return self._active.encode() + encrypted(self._ciphers[self._active], plain, place)

    def keyed(self, text: str, purpose: str) -> bytes:
        """Return a keyed hash, (16,) bytes: equal texts can be found, and no text guessed back.

        A plain hash of a phone number is guessed within seconds.
        """
        return hmac.digest(self._hashing, f"{purpose}/{text}".encode(), "sha256")[:_HASH]

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt; raise StorageError where the key is missing or the value was altered."""
        cipher = self._ciphers.get(sealed[:KEY_ID].decode("ascii", "replace"))
        if cipher is None:
            raise StorageError(
                "A record was encrypted with a key that is not in the key file; "
                "restore the key file that belongs to this data directory."
            )
        return decrypted(cipher, sealed[KEY_ID:], place)


def encrypted(cipher: AESGCM, plain: bytes, place: str) -> bytes:
    """Return a fresh nonce and what it seals, bound to a place."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + cipher.encrypt(nonce, plain, place.encode())


def decrypted(cipher: AESGCM, sealed: bytes, place: str) -> bytes:
    """Undo `encrypted`; raise StorageError where the value was altered or moved."""
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
    except (InvalidTag, ValueError) as error:
        message = (
            f"The encrypted value at {place} does not open: it was altered, or the key file "
            "belongs to another data directory."
        )
        raise StorageError(message) from error


def _lost(path: Path) -> str:
    return (
        f"The key file {path} is missing, but this data directory holds encrypted records. "
        "Restore it from its backup or set HOMEWARD_KEY_FILE to where it is."
    )
