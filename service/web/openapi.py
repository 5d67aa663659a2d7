"""The OpenAPI document, finished: every error, header, scope and link that callers will meet.

FastAPI derives paths and bodies from the routes. What holds on all of them is added here once, by
what an operation has (a key, a body, an id in its path), so that no route can forget to say it.
"""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from service.web.access import WithScope
from service.web.problems import MEDIA_TYPE
from service.web.schemas import (
    JSON,
    add_model,
    add_patch,
    drop_titles,
    finish_schemas,
    name_body,
)

SECURITY: Final = "key"
_WITH_BODY: Final = frozenset({"post", "put", "patch"})
_ETAGGED: Final = frozenset(
    {
        "ListingOut",
        "ReturneeOut",
        "CorridorOut",
        "OutcomeOut",
        "SubscriptionOut",
        "NewSubscriptionOut",
    }
)
"""What carries an ETag wherever it is answered."""
_ERROR: Final = 400
_IF_NONE_MATCH: Final[JSON] = {
    "name": "If-None-Match",
    "in": "header",
    "description": "ETag you hold: 304 where it is still the record's.",
    "schema": {"type": "string"},
}
_ERRORS: Final = {
    400: ("Unreadable", "invalid_body", "The body could not be read: cut off, or not UTF-8."),
    401: ("Unauthenticated", "unauthenticated", "No valid key."),
    403: ("Forbidden", "forbidden", "The key lacks a scope, or the person has not agreed."),
    404: ("NotFound", "not_found", "Nothing here that this key may see."),
    409: ("Conflict", "conflict", "The request contradicts what is stored."),
    412: ("PreconditionFailed", "precondition_failed", "The record is not as the header says."),
    413: ("TooLarge", "too_large", "The body is larger than the limit."),
    415: ("WrongContentType", "wrong_content_type", "This content type is not read here."),
    422: ("InvalidInput", "invalid_input", "Not usable; `errors` names each field."),
    429: ("RateLimited", "rate_limited", "Too many requests of this key."),
    500: ("InternalError", "internal", "A fault of the service; quote the request_id."),
    503: ("Unavailable", "not_ready", "Still loading, or the storage cannot be used just now."),
}
_HEADERS: Final[dict[str, JSON]] = {
    "X-Request-ID": {
        "description": "The id of this request: yours where you sent one, to be quoted.",
        "required": True,
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "The version of the record, for If-Match and If-None-Match.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[^"]+"$'},
    },
    "Location": {
        "description": "Where the record is.",
        "required": True,
        "schema": {"type": "string", "pattern": "^/v1/"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {
        "description": "How to say who you are.",
        "required": True,
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "What is left to this key, and seconds until it is restored; absent "
        "without a limit.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": "Requests allowed to a key, and in how many seconds.",
        "schema": {"type": "string"},
    },
}


def describe(
    app: FastAPI,
    routers: Iterable[APIRouter],
    examples: Mapping[str, JSON],
    models: Iterable[type[BaseModel]],
) -> None:
    """Finish the OpenAPI document of `app`.

    routers: what it answers, for the scopes they need. examples: a body by operationId.
    models: what is sent where FastAPI does not see it, such as the lines of a stream.
    """
    plain = app.openapi
    scopes = {
        (method.lower(), route.path): _scopes(route)
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }

    @cache
    def openapi() -> JSON:
        document = copy.deepcopy(plain())
        components = document["components"]
        for model in models:
            add_model(components["schemas"], model)
        finish_schemas(components["schemas"])
        components["responses"] = {one[0]: _error(status, *one) for status, one in _ERRORS.items()}
        components["headers"] = _HEADERS
        for path, method, operation in _operations(document["paths"]):
            _finish(operation, method, path, scopes.get((method, path), ()))
            if method == "patch":
                _describe_patch(components["schemas"], operation)
            for media in operation.get("requestBody", {}).get("content", {}).values():
                name_body(components["schemas"], media)
                if operation["operationId"] in examples:
                    media["example"] = examples[operation["operationId"]]
        for event in document.get("webhooks", {}).values():
            # What a receiver answers is not ours to describe.
            event["post"]["responses"].pop("422", None)
            _summarise(event["post"])
        _link(document["paths"])
        return document

    # The way FastAPI documents to extend the document.
    app.openapi = openapi  # type: ignore[method-assign]


def _operations(paths: JSON) -> Iterator[tuple[str, str, JSON]]:
    for path, item in paths.items():
        for method, operation in item.items():
            yield path, method, operation


def _scopes(route: APIRoute) -> tuple[str, ...]:
    """Return the scopes a route asks for, wherever among its dependencies."""
    found: list[str] = []
    waiting = [route.dependant]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one.call, WithScope):
            found.extend(scope.value for scope in one.call.scopes)
        waiting.extend(one.dependencies)
    return tuple(dict.fromkeys(found))


def _describe_patch(schemas: JSON, operation: JSON) -> None:
    of = _record_of(operation).removesuffix("Out")
    add_patch(schemas, f"{of}In", f"{of}Patch")
    for media in operation["requestBody"]["content"].values():
        media["schema"] = {"$ref": f"#/components/schemas/{of}Patch"}


def _error(status: int, name: str, code: str, text: str) -> JSON:
    headers = {401: ["WWW-Authenticate"], 429: ["Retry-After"], 503: ["Retry-After"]}
    example = {
        "type": f"urn:homeward:problem:{code}",
        "title": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize(),
        "status": status,
        "detail": text,
        "code": code,
        "request_id": "0f3c2d9a8b7e4f61a2b3c4d5e6f70819",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": text,
        "headers": _headers("X-Request-ID", *headers.get(status, ())),
        "content": {MEDIA_TYPE: {"schema": schema, "example": example}},
    }


def _headers(*names: str) -> JSON:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _summarise(operation: JSON) -> None:
    """Say in a list what the first sentence says; FastAPI would take the function's name."""
    whole = str(operation.get("description") or operation["summary"])
    operation["summary"] = re.split(r"[.:;](?:\s|$)", whole, maxsplit=1)[0]


def _finish(operation: JSON, method: str, path: str, scopes: tuple[str, ...]) -> None:
    _summarise(operation)
    secured = "security" in operation
    if secured:
        operation["security"] = [{SECURITY: list(scopes)}]
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        _simplify(parameter)
    responses = operation["responses"]
    responses.pop("422", None)
    if method == "get" and _record_of(operation) in _ETAGGED:
        parameters.append(_IF_NONE_MATCH)
        responses["304"] = {
            "description": "You hold what there is.",
            "headers": _headers("X-Request-ID", "ETag"),
        }
    for status, response in responses.items():
        if int(status) < _ERROR and status != "304":
            response["headers"] = response.get("headers", {}) | _said(status, response, secured)
    declared = {int(status) for status in responses if int(status) >= _ERROR}
    possible = _possible(operation, method, path, scopes)
    for status in sorted(possible | declared):
        responses[str(status)] = {"$ref": f"#/components/responses/{_ERRORS[status][0]}"}
    operation["responses"] = dict(sorted(responses.items()))


def _possible(operation: JSON, method: str, path: str, scopes: tuple[str, ...]) -> set[int]:
    """Return the error statuses an operation can answer with, by what it has."""
    found = {500, 503}
    if "security" in operation:
        found |= {401, 422, 429}
    if scopes:
        found.add(403)
    if method in _WITH_BODY:
        found |= {400, 413, 415}
    if "{" in path and "{source}" not in path:
        found.add(404)
    if "{source}" in path and method != "put":
        found.add(404)
    if any(one["name"] == "If-Match" for one in operation.get("parameters", ())):
        found.add(412)
    return found


def _record_of(operation: JSON) -> str:
    """Return the name of the schema of what an operation answers, '' without one."""
    for status in ("200", "201", "202"):
        content = operation["responses"].get(status, {}).get("content", {})
        reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        if reference:
            return str(reference).rpartition("/")[2]
    return ""


def _said(status: str, response: JSON, secured: bool) -> JSON:  # noqa: FBT001 - told apart here alone
    names = ["X-Request-ID"]
    if secured:
        names += ["RateLimit", "RateLimit-Policy"]
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name in _ETAGGED:
        names.append("ETag")
    if (status == "201" and name in _ETAGGED) or (status == "202" and name == "ImportOut"):
        names.append("Location")
    return _headers(*names)


def _simplify(parameter: JSON) -> None:
    """Take null out of a parameter: what is not sent is absent, and "null" would be a word."""
    schema = parameter["schema"]
    drop_titles(schema)
    forms = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(forms) == 1:
        del schema["anyOf"]
        parameter["schema"] = {**forms[0], **schema}


def _link(paths: JSON) -> None:
    """Say of each answer with an id which operations take it."""
    takers: dict[str, list[tuple[str, str]]] = {}
    for path, _, operation in _operations(paths):
        names = re.findall(r"{(\w+)}", path)
        if len(names) == 1 and names[0].endswith("_id"):
            takers.setdefault(names[0].removesuffix("_id"), []).append(
                (operation["operationId"], names[0])
            )
    for _, _, operation in _operations(paths):
        record = _record_of(operation)
        kind = record.removeprefix("New").removesuffix("Out").lower()
        for status, response in operation["responses"].items():
            if status in {"200", "201", "202"} and record.endswith("Out") and kind in takers:
                response["links"] = {
                    taker: {"operationId": taker, "parameters": {name: "$response.body#/id"}}
                    for taker, name in takers[kind]
                    if taker != operation["operationId"]
                }
