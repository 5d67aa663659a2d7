"""Keyed hashes by which what is kept of one person is found again, without telling who it is.

They lie beside the person's key, never in the data directory, and are destroyed with it: who
holds a backup and the key file could try out all phone numbers there are.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.database import chunks
from service.adapters.store.subjects import SubjectVault
from service.adapters.store.vault import Vault
from service.domain.person import StoredPerson

_MOST_ALIKE: Final = 5
_PHONE: Final = 9
_WORDS: Final = 24
"""Shorter words are said by more than one person."""


def marks_of(
    vault: Vault,
    organisation_id: str,
    phone: str | None,
    text: str = "",
    named: tuple[str | None, str | None] = (None, None),
) -> frozenset[bytes]:
    """Return the marks of a person: telephone, own words, and the owner's (source, id) for them."""
    found = {_phone(vault, organisation_id, phone or ""), _words(vault, organisation_id, text)}
    source, name = named
    if source is not None and name is not None:
        found.add(_named(vault, organisation_id, source, name))
    return frozenset(one for one in found if one is not None)


def marks_of_row(
    vault: Vault, organisation_id: str, source: str, name: str | None, cells: Mapping[str, Any]
) -> frozenset[bytes]:
    """Return the marks of a refused row: of its id, and of telephones and words in its cells."""
    found = set() if name is None else {_named(vault, organisation_id, source, name)}
    for text in _texts(cells):
        found |= marks_of(vault, organisation_id, text, text)
    return frozenset(found)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str | int):
        yield str(value)


def _phone(vault: Vault, organisation_id: str, text: str) -> bytes | None:
    digits = "".join(str(unicodedata.digit(one)) for one in text if one.isdigit())
    # With or without the country's prefix or the leading nought it is the same telephone.
    if len(digits) < _PHONE:
        return None
    return vault.keyed(f"{organisation_id}/{digits[-_PHONE:]}", "phone")


def _words(vault: Vault, organisation_id: str, text: str) -> bytes | None:
    plain = " ".join(text.casefold().split())
    return vault.keyed(f"{organisation_id}/{plain}", "words") if len(plain) >= _WORDS else None


def _named(vault: Vault, organisation_id: str, source: str, name: str) -> bytes:
    return vault.keyed(f"{organisation_id}/{source}/{name.strip()}", "named")


def reached_by(
    connection: sa.Connection, subjects: SubjectVault, organisation_id: str, phone: str | None
) -> list[str]:
    """Return ids of a few of an organisation's people who are reached by a telephone."""
    marked = subjects.marked(marks_of(subjects.master, organisation_id, phone))
    return _first_of(marked, organisation_id, _places(connection, marked))


def others_reached(
    connection: sa.Connection, subjects: SubjectVault, people: Sequence[StoredPerson]
) -> list[tuple[str, ...]]:
    """Return, of each, ids of a few others of their organisation reached by their telephone.

    Each is asked of as if who stands behind them were not written yet.
    """
    asked = [marks_of(subjects.master, one.organisation_id, one.contact.phone) for one in people]
    kept = subjects.keys.carriers(frozenset[bytes]().union(*asked))
    before: dict[str, set[bytes]] = defaultdict(set)
    for mark, names in kept.items():
        for name in names:
            before[name].add(mark)
    found: list[set[str]] = []
    for one, marks in zip(people, asked, strict=True):
        fresh = subjects.fresh_marks(one.id)
        if fresh is not None:
            for mark in before.pop(one.id, ()):
                kept[mark].discard(one.id)
            for mark in fresh:
                kept.setdefault(mark, set()).add(one.id)
        found.append({name for mark in marks for name in kept.get(mark, ())} - {one.id})
    places = _places(connection, {name for names in found for name in names})
    return [
        tuple(_first_of(names, one.organisation_id, places))
        for one, names in zip(people, found, strict=True)
    ]


def _first_of(
    names: Collection[str], organisation_id: str, places: Mapping[str, tuple[str, int]]
) -> list[str]:
    """Return the first few, in order of registration, who are people of an organisation."""
    mine = [name for name in names if name in places and places[name][0] == organisation_id]
    return sorted(mine, key=places.__getitem__)[:_MOST_ALIKE]


def _places(connection: sa.Connection, names: Collection[str]) -> dict[str, tuple[str, int]]:
    """Return organisation and place of those that are people.

    By id only: a data directory beside this one may share the file of keys.
    """
    people, found = t.people.c, dict[str, tuple[str, int]]()
    for chunk in chunks(list(names)):
        wanted = sa.select(people.id, people.organisation_id, people.position)
        rows = connection.execute(wanted.where(people.id.in_(chunk)))
        found |= {row.id: (row.organisation_id, row.position) for row in rows}
    return found
