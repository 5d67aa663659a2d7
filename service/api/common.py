"""What several resources share: languages, cursors, ETags, checks against the taxonomy."""

import re
from collections.abc import Callable, Iterable
from typing import Annotated, Final, Literal

from fastapi import Header, Response
from pydantic import Field
from typing_extensions import TypeAliasType

from service.api.fields import LanguageCode, Model
from service.domain.access import Caller
from service.domain.addresses import why_taken
from service.domain.errors import (
    FieldProblem,
    InvalidInputError,
    NotFoundError,
    PreconditionFailedError,
)
from service.domain.imported import ImportKind
from service.domain.listing import LanguageSkill
from service.ports import Tools

# More digits than any version has, and fewer than a database integer.
_NUMBER: Final = re.compile(r"[0-9]{1,18}")

# A name of its own, so that the OpenAPI document has one, and clients a class.
Level = TypeAliasType("Level", Literal["A1", "A2", "B1", "B2", "C1", "C2"])


class LanguageModel(Model):
    """A language and how well, by the Common European Framework."""

    code: LanguageCode
    level: Level | None = None

    def to_domain(self) -> LanguageSkill:
        """Return the domain value."""
        return LanguageSkill(self.code, self.level)


Cursor = Annotated[
    str | None, Field(description="Opaque: send back the next_cursor of the last page.")
]
Limit = Annotated[int, Field(ge=1, le=100, description="Records per page.")]

IfMatch = Annotated[str | None, Header(alias="If-Match", description="ETag you have read, or *.")]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", description="* to create only.")]


def write_cursor(tools: Tools, caller: Caller, of: str, position: int | None) -> str | None:
    """Return the caller's cursor for a position in the list `of`, None at the end."""
    if position is None:
        return None
    return tools.cursors.write(position, caller.organisation_id, of)


def read_cursor(tools: Tools, caller: Caller, of: str, cursor: str | None) -> int:
    """Return the position a cursor stands for, 0 without one; raise InvalidInputError."""
    if cursor is None:
        return 0
    position = tools.cursors.read(cursor, caller.organisation_id, of)
    if position is not None:
        return position
    problem = FieldProblem("query:cursor", "This is no cursor that was given out here.")
    raise InvalidInputError(problem.detail, code="bad_cursor", problems=(problem,))


def etag(version: int) -> str:
    """Return the strong ETag of a record's version."""
    return f'"v{version}"'


def expected_version(if_match: str | None, if_none_match: str | None = None) -> int | None:
    """Return the version a writer expects: None for any, 0 for "must not exist"."""
    if if_none_match is not None:
        if if_none_match.strip() != "*":
            problem = FieldProblem("header:If-None-Match", "Only * is understood on a write.")
            raise InvalidInputError(problem.detail, problems=(problem,))
        return 0
    if if_match is None or if_match.strip() == "*":
        return None
    tag = if_match.strip()
    number = tag.removeprefix('"v').removesuffix('"')
    if tag == f'"v{number}"' and _NUMBER.fullmatch(number):
        return int(number)
    raise PreconditionFailedError


def require_match(if_match: str | None, find: Callable[[], object]) -> None:
    """Raise PreconditionFailedError for "If-Match: *" where `find` finds no record."""
    if if_match is None or if_match.strip() != "*":
        return
    try:
        find()
    except NotFoundError as error:
        message = "There is no such record, so none matches."
        raise PreconditionFailedError(message) from error


def require_free_name(kind: ImportKind, external_id: str) -> None:
    """Raise InvalidInputError for an external id by which the record could not be read again."""
    detail = why_taken(kind, external_id)
    if detail is not None:
        problem = FieldProblem("path:external_id", detail)
        raise InvalidInputError(detail, problems=(problem,))


def must_revalidate(response: Response) -> None:
    """Let a reader keep what concerns no person, to ask with its ETag whether it still holds."""
    response.headers["Cache-Control"] = "private, no-cache"


def require_occupations(tools: Tools, codes: Iterable[tuple[str, str | None]]) -> None:
    """Raise InvalidInputError for (pointer, code) pairs whose code ISCO-08 does not have."""
    problems = tuple(
        FieldProblem(pointer, f"ISCO-08 has no group {code}.{_parent(tools, code)}")
        for pointer, code in codes
        if code is not None and tools.taxonomy.title(code) is None
    )
    if problems:
        message = f"{problems[0].pointer}: {problems[0].detail}"
        raise InvalidInputError(message, problems=problems)


def _parent(tools: Tools, code: str) -> str:
    for length in range(len(code) - 1, 0, -1):
        title = tools.taxonomy.title(code[:length])
        if title is not None:
            return f' The nearest it has is {code[:length]} "{title}".'
    return ""
