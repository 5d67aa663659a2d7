"""The key file on disk: read whole, written whole, never readable by others, even briefly."""

import base64
import json
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from service.domain.errors import StorageError

KEY: Final = 32
KEY_ID: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterKeys:
    """What a key file holds. keys: id → 32 bytes, oldest first; `active` seals, all open.

    hashing: what keyed hashes are made with once the oldest key is gone. retired: of keys that
    are gone, what was derived from them for a purpose that lasts, by id and purpose.
    """

    keys: Mapping[str, bytes]
    active: str
    hashing: bytes | None = None
    retired: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)


def refuse_if_open_to_others(path: Path) -> None:
    """Raise StorageError where anybody but the owner may read or write a file of keys."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        message = f"The key file {path} can be read by others; run: chmod 600 {path}"
        raise StorageError(message)


def read_keys(path: Path) -> MasterKeys:
    """Read a key file; raise StorageError where it is readable by others or damaged."""
    refuse_if_open_to_others(path)
    try:
        content = json.loads(path.read_text())
        hashing = content.get("hashing")
        return MasterKeys(
            keys=_decoded(content["keys"]),
            active=content["active"],
            hashing=None if hashing is None else base64.b64decode(hashing, validate=True),
            retired={name: _decoded(kept) for name, kept in content.get("retired", {}).items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(damaged(path, error)) from error


def damaged(path: Path, error: Exception) -> str:
    """Say that a key file is unusable and what to do."""
    return f"The key file {path} is damaged ({error}); restore it from its backup."


def new_key() -> tuple[str, bytes]:
    """Return an id and a key that nobody has had before."""
    return secrets.token_hex(KEY_ID // 2), secrets.token_bytes(KEY)


def write_first(path: Path) -> None:
    """Create a key file with one key; leave alone one that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name, key = new_key()
    # link, not rename: two processes starting at once must agree on one key.
    _write(path, MasterKeys(keys={name: key}, active=name), os.link)


def replace_keys(path: Path, keys: MasterKeys) -> None:
    """Put these keys in the file's place: after a crash the one or the other stands there."""
    for draft in path.parent.glob(f".{path.name}.*"):
        # Left by a crash amid writing; it may hold keys that are to be gone.
        draft.unlink(missing_ok=True)
    _write(path, keys, os.replace)


def _write(path: Path, keys: MasterKeys, put: Callable[[Path, Path], None]) -> None:
    content: dict[str, Any] = {"keys": _encoded(keys.keys), "active": keys.active}
    if keys.hashing is not None:
        content["hashing"] = base64.b64encode(keys.hashing).decode()
    if keys.retired:
        content["retired"] = {name: _encoded(kept) for name, kept in keys.retired.items()}
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        put(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _encoded(keys: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(key).decode() for name, key in keys.items()}


def _decoded(keys: Mapping[str, str]) -> dict[str, bytes]:
    return {name: base64.b64decode(key, validate=True) for name, key in keys.items()}
