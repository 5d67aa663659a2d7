"""The file that says what an issuer's organisations and roles are worth here."""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.domain.access import Scope
from service.domain.token import ClaimMapping

_Name = Annotated[str, Field(min_length=1, max_length=255)]


class _File(BaseModel):
    """organisations: claim value to organisation id. roles: role to scopes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    organisations: dict[_Name, _Name] | None = None
    roles: Annotated[
        dict[_Name, Annotated[frozenset[Scope], Field(min_length=1)]], Field(min_length=1)
    ]


def read_mapping(path: Path, organisation_claim: str, roles_claim: str) -> ClaimMapping:
    """Read a mapping; raise OSError, or ValueError that names what is wrong."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
        file = _File.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = "/".join(str(part) for part in first["loc"])
        message = f"{path.name}: {where}: {first['msg']}"
        raise ValueError(message) from error
    return ClaimMapping(
        organisation_claim=organisation_claim,
        roles_claim=roles_claim,
        organisations=file.organisations,
        scopes=file.roles,
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a role that stands twice: only one of the two would count."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f'"{twice}" stands there twice'
        raise ValueError(message)
    return found
