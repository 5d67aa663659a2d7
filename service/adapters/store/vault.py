"""Encryption at rest: AES-256-GCM under a key that lives outside the data directory."""

import base64
import hmac
import json
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.domain.errors import StorageError

_NONCE = 12
_KEY_ID = 8
_KEY = 32
_HASH = 16


class Vault:
    """Seals and opens byte strings. Each sealed value names its key and is bound to a place."""

    def __init__(self, keys: dict[str, bytes], active: str) -> None:
        """`keys`: 8-character id → 32 bytes; `active` seals, all of them open.

        Raises ValueError where they are not so.
        """
        if active not in keys or any(len(key_id) != _KEY_ID for key_id in keys):
            message = "its key ids do not fit together"
            raise ValueError(message)
        if any(len(key) != _KEY for key in keys.values()):
            message = f"a key is not {_KEY} bytes long"
            raise ValueError(message)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._keys = dict(keys)
        self._active = active
        # Of the oldest key, which stays when a new one seals: hashes are not made anew.
        self._hashing = self.derived("keyed hashes")[next(iter(keys))]

    @property
    def active(self) -> str:
        """The id of the key that seals."""
        return self._active

    def derived(self, purpose: str) -> dict[str, bytes]:
        """Return a key of 32 bytes for each key held, by its id, good for this purpose only."""
        return {
            key_id: HKDF(SHA256(), _KEY, salt=None, info=f"homeward {purpose}".encode()).derive(key)
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
            _write_new(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            message = f"The key file {path} can be read by others; run: chmod 600 {path}"
            raise StorageError(message)
        try:
            content = json.loads(path.read_text())
            keys = {k: base64.b64decode(v, validate=True) for k, v in content["keys"].items()}
            return cls(keys, content["active"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"The key file {path} is damaged ({error}); restore it from its backup."
            raise StorageError(message) from error

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt `plain`; it opens only for the same `place` (table and record)."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._ciphers[self._active].encrypt(nonce, plain, place.encode())
        return self._active.encode() + nonce + sealed

    def keyed(self, text: str, purpose: str) -> bytes:
        """Return a keyed hash, (16,) bytes: equal texts can be found, and no text guessed back.

        A plain hash of a phone number is guessed within seconds.
        """
        return hmac.digest(self._hashing, f"{purpose}/{text}".encode(), "sha256")[:_HASH]

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt; raise StorageError where the key is missing or the value was altered."""
        cipher = self._ciphers.get(sealed[:_KEY_ID].decode("ascii", "replace"))
        if cipher is None:
            raise StorageError(
                "A record was encrypted with a key that is not in the key file; "
                "restore the key file that belongs to this data directory."
            )
        nonce = sealed[_KEY_ID : _KEY_ID + _NONCE]
        try:
            return cipher.decrypt(nonce, sealed[_KEY_ID + _NONCE :], place.encode())
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


def _write_new(path: Path) -> None:
    """Create the key file whole or not at all, never readable by others, even briefly."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key_id = secrets.token_hex(_KEY_ID // 2)
    content = {
        "keys": {key_id: base64.b64encode(secrets.token_bytes(32)).decode()},
        "active": key_id,
    }
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        # link, not rename: two processes starting at once must agree on one key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
