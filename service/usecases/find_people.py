"""Find people of one's own organisation again: by name, telephone, own id, place, words of work."""

from dataclasses import dataclass
from typing import Final

from service.domain.person import StoredPerson
from service.ports import Tools
from service.skills.filing import sought

_LEAST_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class PeopleSeen:
    """Who was found, the nearest first. total: how many there are, those not shown among them."""

    people: tuple[StoredPerson, ...]
    total: int


def find_people(tools: Tools, organisation_id: str, text: str, limit: int) -> PeopleSeen:
    """Return this organisation's people to whom what was typed applies.

    The register in memory says who; the store has the last word on whether they are still there.
    """
    ids, total = _by_phone(tools, organisation_id, text), 0
    if not ids:
        found = tools.register.find(sought(organisation_id, text), limit)
        ids, total = list(found.ids), found.total
    return PeopleSeen(own_people(tools, organisation_id, ids), max(total, len(ids)))


def _by_phone(tools: Tools, organisation_id: str, text: str) -> list[str]:
    digits = sum(one.isdigit() for one in text)
    if digits < _LEAST_DIGITS or any(one.isalpha() for one in text):
        return []
    return tools.store.people_with_phone(organisation_id, text)


def own_people(tools: Tools, organisation_id: str, ids: list[str]) -> tuple[StoredPerson, ...]:
    """Return those of `ids` who are there and this organisation's, in this order."""
    there = tools.store.people(ids)
    people = (there.get(one) for one in ids)
    return tuple(x for x in people if x is not None and x.organisation_id == organisation_id)


def possibly_the_same(
    tools: Tools, organisation_id: str, phone: str | None, but: str | None = None
) -> tuple[StoredPerson, ...]:
    """Return this organisation's people who are reached by the same telephone, as imports do.

    but: the id of whoever is being changed.
    """
    if not phone:
        return ()
    ids = [x for x in tools.store.people_with_phone(organisation_id, phone) if x != but]
    return own_people(tools, organisation_id, ids)
