"""What will go, declared in one place: told in the OpenAPI document and on the answers it concerns.

A route declares `dependencies=[Depends(Deprecated(…))]`; a field or parameter
`Annotated[str | None, Deprecated(…), Query()]`. Then the document says `deprecated: true`, and
an answer to whoever used it carries `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link` with
rel="deprecation".
"""

from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_WORDS: Final = "x-deprecation"
"""Key in a field's schema under which it says what to use instead."""

NOTICE: Final = timedelta(days=180)
"""How long what is deprecated goes on working, at least."""


@dataclass(frozen=True, slots=True)
class Deprecated:
    """Since when something is deprecated, when it ends, what to use instead, where that is told.

    since, sunset: aware moments, at least `NOTICE` apart. link: a page about it. Raises ValueError.
    """

    since: datetime
    sunset: datetime
    instead: str
    link: str

    def __post_init__(self) -> None:
        """Hold the declaration to the policy."""
        if self.sunset - self.since < NOTICE:
            message = f"{self.sunset} comes sooner than {NOTICE.days} days after {self.since}."
            raise ValueError(message)

    async def __call__(self) -> None:
        """Note that a route was called, as its dependency."""
        self.note()

    def note(self) -> None:
        """Note that it was used in the request that is being served, if any is."""
        noted = _noted.get()
        if noted is not None and self not in noted:
            noted.append(self)

    @property
    def words(self) -> str:
        """What the document says of it."""
        return f"Deprecated; works until {self.sunset:%Y-%m-%d}. {self.instead} See {self.link}."

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Note that a field was sent: what is left out is not validated."""
        return core_schema.no_info_after_validator_function(self._noting, handler(source))

    def _noting(self, value: Any) -> Any:  # noqa: ANN401 - whatever the field takes
        self.note()
        return value

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Say so in the schema."""
        return {"description": self.words, **handler(core), "deprecated": True, _WORDS: self.words}


_noted: Final = ContextVar[list[Deprecated] | None]("deprecated", default=None)


def begin_noting() -> list[Deprecated]:
    """Return the list that takes up what this request uses."""
    noted: list[Deprecated] = []
    _noted.set(noted)
    return noted


def headers_of(used: Iterable[Deprecated]) -> Iterator[tuple[str, str]]:
    """Yield the header fields that tell a caller: of several, the moments that come first."""
    told = list(used)
    if not told:
        return
    yield "Deprecation", f"@{int(min(one.since for one in told).timestamp())}"
    ends = min(one.sunset for one in told).astimezone(UTC)
    yield "Sunset", format_datetime(ends, usegmt=True)
    for link in dict.fromkeys(one.link for one in told):
        yield "Link", f'<{link}>; rel="deprecation"; type="text/html"'


def install(app: FastAPI) -> None:
    """Mark in the OpenAPI document of `app` what is deprecated."""
    plain = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        document = plain()
        for route in iter_route_contexts(app.routes):
            declared = _declared(route)
            for method in () if declared is None else (route.methods or ()):
                operation = document["paths"].get(route.path, {}).get(method.lower())
                if operation is not None and declared is not None:
                    operation["deprecated"] = True
                    said = operation.get("description", "")
                    operation["description"] = f"{said}\n\n{declared.words}".strip()
        for path in document["paths"].values():
            for operation in path.values():
                for one in operation.get("parameters", ()):
                    words = one["schema"].get(_WORDS)
                    if words is not None:
                        said = one.get("description", "")
                        one |= {"deprecated": True, "description": f"{said} {words}".strip()}
        return document

    # The way FastAPI documents to extend the document.
    app.openapi = openapi  # type: ignore[method-assign]


def _declared(route: Any) -> Deprecated | None:  # noqa: ANN401 - any kind of route
    dependant = getattr(route, "dependant", None)
    for one in dependant.dependencies if dependant is not None else ():
        if isinstance(one.call, Deprecated):
            return one.call
    return None
