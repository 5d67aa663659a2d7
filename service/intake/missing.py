"""Fields that every record needs and no column fills, and the column that may be each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process

from service.domain.imported import ImportKind
from service.domain.text import fold
from service.intake.headers import FIELDS

_NEEDED: Final[Mapping[ImportKind, tuple[tuple[str, ...], ...]]] = {
    ImportKind.LISTINGS: (("title",), ("country",), ("kind",)),
    ImportKind.RETURNEES: (("text", "skills", "experience"),),
}
"""Of each group one field has to be filled."""
_NEAR: Final = 60


@dataclass(frozen=True, slots=True)
class Lacking:
    """A field that nothing fills; column: what may be it under another name, if anything."""

    field: str
    column: str | None


def lacking(
    kind: ImportKind, mapping: Mapping[str, str | None], defaults: Collection[str] = ()
) -> tuple[Lacking, ...]:
    """Return what every row lacks under a mapping (column -> field). defaults: fields given so."""
    filled = {*mapping.values(), *defaults}
    free = [column for column, field in mapping.items() if field in {None, "ignore"}]
    groups = [group for group in _NEEDED[kind] if not filled & set(group)]
    likeness = sorted(
        ((_likeness(kind, group, column), group, column) for group in groups for column in free),
        reverse=True,
    )
    nearest: dict[tuple[str, ...], str] = {}
    for score, group, column in likeness:
        if score >= _NEAR and group not in nearest and column not in nearest.values():
            nearest[group] = column
    return tuple(Lacking(group[0], nearest.get(group)) for group in groups)


def _likeness(kind: ImportKind, fields: Collection[str], column: str) -> float:
    """Return how near a column's name is to any of some fields' names, in 0..100."""
    names = [fold(name) for field in fields for name in (field, *FIELDS[kind][field])]
    found = process.extractOne(fold(column), names, scorer=fuzz.ratio)
    return found[1] if found is not None else 0.0
