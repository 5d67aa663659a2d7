"""Names that a record cannot have, because an address of the API already means something else."""

from collections.abc import Mapping
from typing import Final

from service.domain.imported import ImportKind

TAKEN: Final[Mapping[ImportKind, frozenset[str]]] = {
    ImportKind.LISTINGS: frozenset({"candidates", "duplicates"}),
    ImportKind.RETURNEES: frozenset({"matches", "pathways"}),
}
"""/v1/returnees/{id}/matches stands where /v1/returnees/{source}/{external_id} would be read."""


def why_taken(kind: ImportKind, external_id: str) -> str | None:
    """Return why a record of this kind cannot be named so, None if it can."""
    if external_id not in TAKEN[kind]:
        return None
    return (
        f'"{external_id}" cannot be an external id: /v1/{kind}/…/{external_id} is another call. '
        f'Send for example "{external_id}-1".'
    )
