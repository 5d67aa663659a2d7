"""A new master key in the place of the old: everything that names an old one is sealed anew.

Nothing sealed under a person's own key is touched: only that key is wrapped anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from service.adapters.store import kept_tables as k
from service.adapters.store import officer_tables as o
from service.adapters.store import tables as t
from service.adapters.store.database import Database
from service.adapters.store.keyfile import KEY_ID, MasterKeys, new_key, read_keys, replace_keys
from service.adapters.store.officers import draft_place
from service.adapters.store.replies import reply_place
from service.adapters.store.subjects import SubjectVault
from service.adapters.store.vault import LASTING, Vault
from service.domain.errors import ConflictError

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column whose values are sealed under a master key, and where each value belongs."""

    table: sa.Table
    column: str
    place: Callable[[Any], str]


SEALED: Final = (
    Sealed(t.facts, "value", lambda row: f"facts/{row.name}"),
    Sealed(t.subscriptions, "sealed", lambda row: f"subscriptions/{row.id}"),
    Sealed(t.subscriptions, "secrets", lambda row: f"subscriptions/{row.id}/secrets"),
    Sealed(t.principals, "sealed", lambda row: f"principals/{row.id}"),
    Sealed(o.officers, "sealed", lambda row: f"officers/{row.id}"),
    Sealed(o.officer_drafts, "sealed", lambda row: draft_place(row.officer_id, row.form)),
    Sealed(k.replies, "sealed", lambda row: reply_place(row.name)),
    Sealed(t.import_parts, "sealed", lambda row: f"imports/{row.batch_id}/{row.number}"),
    Sealed(t.import_rows, "sealed", lambda row: f"import_rows/{row.batch_id}/{row.place}"),
)
"""Every column with such values; a test holds it to the tables. Add yours."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """Changes the master key of an open store. Killed anywhere, it goes on where it was."""

    database: Database
    subjects: SubjectVault
    key_file: Path

    @property
    def _vault(self) -> Vault:
        return self.subjects.master

    @property
    def active(self) -> str:
        """The id of the key that seals."""
        return self._vault.active

    def begin(self) -> "Rotation":
        """Return the rotation to go on with: the one that was cut off, or one to a new key."""
        if self._vault.inactive and self.left():
            return self
        held = read_keys(self.key_file)
        name, key = new_key()
        # Durable before anything is sealed with it.
        changed = MasterKeys(
            keys={**held.keys, name: key},
            active=name,
            hashing=self._vault.hashing,
            retired=held.retired,
        )
        return self._with(changed)

    def _with(self, changed: MasterKeys) -> "Rotation":
        replace_keys(self.key_file, changed)
        vault = Vault.of(changed, self.key_file)
        subjects = SubjectVault(vault, self.subjects.keys, self.subjects.ledger)
        return Rotation(self.database, subjects, self.key_file)

    def left(self) -> int:
        """Return how many values name a key that no longer seals."""
        old = [name.encode() for name in self._vault.inactive]
        if not old:
            return 0
        count = 0
        with self.database.read() as connection:
            for one in SEALED:
                query = sa.select(sa.func.count()).select_from(one.table).where(_names(one, old))
                count += connection.execute(query).scalar_one()
        for part in self.subjects.keys.parts(_CHUNK):
            count += sum(wrapped[:KEY_ID] in old for wrapped in part.values())
        return count

    def run(self, advance: Callable[[int], None]) -> None:
        """Seal everything anew that names an old key, a part at a time. advance: told of each."""
        old = [name.encode() for name in self._vault.inactive]
        if not old:
            return
        for one in SEALED:
            while count := self._part(one, old):
                advance(count)
        for part in self.subjects.keys.parts(_CHUNK):
            before = {name: key for name, key in part.items() if key[:KEY_ID] in old}
            after = {
                name: self.subjects.wrap(name, self.subjects.unwrap(name, wrapped))
                for name, wrapped in before.items()
            }
            self.subjects.keys.rewrap(before, after)
            advance(len(after))
        # What the old key opens is gone from the files themselves, not from their tables alone.
        self.subjects.keys.compact()
        self.database.compact()

    def _part(self, one: Sealed, old: list[bytes]) -> int:
        column = one.table.c[one.column]
        with self.database.write() as connection:
            query = sa.select(one.table).where(_names(one, old)).limit(_CHUNK)
            rows = connection.execute(query).all()
            for row in rows:
                place = one.place(row)
                plain = self._vault.open(row._mapping[one.column], place)  # noqa: SLF001 - its public name
                here = sa.and_(*(key == row._mapping[key.name] for key in one.table.primary_key))  # noqa: SLF001
                change = sa.update(one.table).where(here)
                connection.execute(change.values({column: self._vault.seal(plain, place)}))
        return len(rows)

    def copy_keys(self, folder: Path) -> list[Path]:
        """Copy key file, people's keys and ledger into a folder; return what was written.

        Keys that lie on a server are copied by its own tools.

        Raises ConflictError where one of them is there already.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        copies = {
            self.key_file.name: self._copy_key_file,
            **self.subjects.keys.copies(),
            **self.subjects.ledger.copies(),
        }
        targets = [folder / name for name in copies]
        if there := [one for one in targets if one.exists()]:
            message = f"{there[0]} is there already; name another folder."
            raise ConflictError(message, code="exists")
        for target, write in zip(targets, copies.values(), strict=True):
            write(target)
        return targets

    def _copy_key_file(self, path: Path) -> None:
        path.touch(0o600)
        path.write_bytes(self.key_file.read_bytes())

    def retire(self) -> int:
        """Take every key that no longer seals out of the key file; return how many.

        Of each stays what was derived from it for `LASTING` purposes, and to make keyed hashes:
        none of it opens a record. Raises ConflictError while something names such a key.
        """
        if left := self.left():
            message = f"{left} values still name an old key; run homeward keys rotate to its end."
            raise ConflictError(message, code="keys_in_use")
        if self.subjects.keys.shared():
            message = "Another data directory uses these keys; give each a key file of its own."
            raise ConflictError(message, code="keys_in_use")
        held, gone = read_keys(self.key_file), self._vault.inactive
        kept = {
            name: {purpose: self._vault.derived(purpose)[name] for purpose in LASTING}
            for name in gone
        }
        if gone:
            self._with(
                MasterKeys(
                    keys={held.active: held.keys[held.active]},
                    active=held.active,
                    hashing=self._vault.hashing,
                    retired={**held.retired, **kept},
                )
            )
        return len(gone)


def _names(one: Sealed, old: list[bytes]) -> sa.ColumnElement[bool]:
    head = sa.func.substr(one.table.c[one.column], 1, KEY_ID, type_=sa.LargeBinary)
    return head.in_([sa.literal(name, sa.LargeBinary) for name in old])
