"""A key for each person: what is sealed under it dies with it, in every copy and backup.

A subject is whoever or whatever has a key of its own: a person, an import while its file waits,
a refused row. Its id is the record's.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.adapters.store.keyfile import KEY
from service.adapters.store.keystore import KeyQueries, Minted
from service.adapters.store.ledger import ErasureLedger
from service.adapters.store.vault import Vault, decrypted, encrypted
from service.domain.errors import NotFoundError, StorageError
from service.domain.person import forgotten_name

_log = structlog.get_logger(__name__)

OWN_KEY: Final = b"~person1"
"""What a value sealed under its subject's key begins with, where others name a master key."""
_CACHED: Final = 150_000
"""Keys at hand, some 40 MB: of all whom a search among a hundred thousand people may open."""


class SubjectVault:
    """Seals and opens byte strings under their subjects' keys; makes and destroys these."""

    def __init__(self, vault: Vault, keys: KeyQueries, ledger: ErasureLedger) -> None:
        """Wrap with this vault; keep keys here, and note there who was erased."""
        self.master = vault
        self.keys = keys
        self.ledger = ledger
        self._lock = threading.Lock()
        self._cache: OrderedDict[str, bytes] = OrderedDict()
        self._unsettled: set[str] = set()
        self._here = threading.local()

    @contextmanager
    def minting(self, *, keep: bool = True) -> Iterator[None]:
        """Allow new keys; they are durable when this ends, so end it before the records commit.

        After an error, or without `keep`, none of them was ever made.
        """
        self._here.minted = minted = Minted()
        self._here.fresh = {}
        try:
            yield
            if keep and (minted.keys or minted.marks):
                with self._lock:
                    settled = list(self._unsettled)
                self.keys.keep(minted, settled)
                with self._lock:
                    self._unsettled.difference_update(settled)
                    self._unsettled.update(minted.keys)
                for subject, key in self._here.fresh.items():
                    self._remember(subject, key)
        finally:
            del self._here.minted, self._here.fresh

    def mint(self, subject: str) -> None:
        """Make a key for somebody new. Only within `minting`."""
        key = AESGCM.generate_key(KEY * 8)
        self._here.minted.keys[subject] = self.wrap(subject, key)
        self._here.fresh[subject] = key

    def mark(self, subject: str, marks: Iterable[bytes]) -> None:
        """Let a subject be found by exactly these keyed hashes. Only within `minting`."""
        self._here.minted.marks[subject] = frozenset(marks)

    def unmint(self, subject: str) -> None:
        """Take back what this `minting` would keep of a subject."""
        for kept in (self._here.minted.keys, self._here.minted.marks, self._here.fresh):
            kept.pop(subject, None)

    def fresh_marks(self, subject: str) -> frozenset[bytes] | None:
        """Return the marks that this `minting` gives a subject, None if it gives none."""
        minted: Minted | None = getattr(self._here, "minted", None)
        return None if minted is None else minted.marks.get(subject)

    def marked(self, marks: Collection[bytes]) -> set[str]:
        """Return who carries any of these marks."""
        return {name for some in self.keys.carriers(marks).values() for name in some}

    def wrap(self, subject: str, key: bytes) -> bytes:
        """Seal a subject's key under the active master key."""
        return self.master.seal(key, f"subject_keys/{subject}")

    def unwrap(self, subject: str, wrapped: bytes) -> bytes:
        """Undo `wrap`; raise StorageError."""
        return self.master.open(wrapped, f"subject_keys/{subject}")

    def seal(self, subject: str, plain: bytes, place: str) -> bytes:
        """Encrypt under the subject's key; raise NotFoundError or StorageError if it has none."""
        return OWN_KEY + encrypted(AESGCM(self._key(subject)), plain, place)

    def seal_about(self, subject: str | None, plain: bytes, place: str) -> bytes:
        """Encrypt under the subject's key, or under the master key what is about nobody."""
        if subject is None:
            return self.master.seal(plain, place)
        return self.seal(subject, plain, place)

    def open(self, subject: str, sealed: bytes, place: str) -> bytes:
        """Decrypt what is under the subject's key, or under a master key as it once was.

        Raises NotFoundError of who was erased, StorageError where the key is lost or the value
        was altered.
        """
        if not sealed.startswith(OWN_KEY):
            return self.master.open(sealed, place)
        return decrypted(AESGCM(self._key(subject)), sealed[len(OWN_KEY) :], place)

    def open_each(self, sealed: Mapping[str, bytes], place: str) -> dict[str, bytes]:
        """Decrypt one value of each of many subjects, sealed at `place`/subject.

        Without those who were erased since it was read. Raises StorageError as `open`.
        """
        self.load(list(sealed))
        with self._lock:
            keys = {subject: self._cache.get(subject) for subject in sealed}
        found: dict[str, bytes] = {}
        for subject, value in sealed.items():
            key, here = keys[subject], f"{place}/{subject}"
            if key is not None and value.startswith(OWN_KEY):
                found[subject] = decrypted(AESGCM(key), value[len(OWN_KEY) :], here)
                continue
            with suppress(NotFoundError):
                found[subject] = self.open(subject, value, here)
        return found

    def _key(self, subject: str) -> bytes:
        fresh: dict[str, bytes] = getattr(self._here, "fresh", {})
        if subject in fresh:
            return fresh[subject]
        with self._lock:
            key = self._cache.get(subject)
            if key is not None:
                self._cache.move_to_end(subject)
        if key is None:
            self.load([subject])
            with self._lock:
                key = self._cache.get(subject)
        if key is None:
            raise self._why(subject)
        return key

    def _why(self, subject: str) -> Exception:
        """Tell who was erased meanwhile from who cannot be read any more."""
        self.ledger.read_on()
        if forgotten_name(subject) in self.ledger:
            return NotFoundError()
        message = (
            f"The key of {subject} is not in {self.keys.name}, and no erasure of it is on record; "
            "restore the newest copy of them."
        )
        return StorageError(message, code="person_keys_lost")

    def load(self, subjects: Sequence[str]) -> None:
        """Read many keys at once, before their values are opened."""
        with self._lock:
            wanted = [name for name in subjects if name not in self._cache]
        if wanted:
            for subject, wrapped in self.keys.wrapped(wanted).items():
                self._remember(subject, self.unwrap(subject, wrapped))

    def _remember(self, subject: str, key: bytes) -> None:
        with self._lock:
            self._cache[subject] = key
            self._cache.move_to_end(subject)
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)

    def note_erased(self, subjects: Collection[str]) -> None:
        """Put these into the ledger, durable; from here on they end erased whatever happens."""
        self.ledger.add([forgotten_name(one) for one in subjects])

    def drop(self) -> None:
        """Let go of all keys at hand: somebody was erased, maybe by another process.

        Who it was, only a forgotten name tells; to hold it against everybody takes longer than
        to read those keys again that are still asked for.
        """
        with self._lock:
            self._cache.clear()

    def destroy(self, subjects: Collection[str]) -> None:
        """Destroy the keys of who stands in the ledger; raise StorageError if bytes stay."""
        with self._lock:
            for subject in subjects:
                self._cache.pop(subject, None)
                self._unsettled.discard(subject)
        names, erased = map(forgotten_name, subjects), self.ledger.names
        self.keys.destroy(subjects, {name: erased[name] for name in names if name in erased})

    def destroy_noted(self) -> None:
        """Destroy every key that is there although its subject stands in the ledger."""
        self.ledger.read_on()
        if gone := [one for one in self.keys.subjects() if forgotten_name(one) in self.ledger]:
            self.destroy(gone)

    def close(self) -> None:
        """Settle what is left, and close."""
        try:
            if self._unsettled:
                self.keys.settle(self._unsettled)
        except Exception:  # noqa: BLE001 - it is only left for the next start
            _log.warning("new keys of people could not be settled")
        finally:
            self.keys.close()
