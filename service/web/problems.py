"""Errors as application/problem+json (RFC 9457), always with `code` and `request_id`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from service.domain import errors as e
from service.domain.access import Caller, Scope
from service.web.suggest import known_names, nearest_name

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

_log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"

_STATUS: Final[dict[type[e.HomewardError], tuple[int, str]]] = {
    e.InvalidInputError: (422, "Invalid input"),
    e.UnreadableFileError: (422, "Unreadable file"),
    e.TooLargeError: (413, "Too large"),
    e.NotFoundError: (404, "Not found"),
    e.ConflictError: (409, "Conflict"),
    e.PreconditionFailedError: (412, "Precondition failed"),
    e.UnauthenticatedError: (401, "Not authenticated"),
    e.ForbiddenError: (403, "Forbidden"),
    e.ConsentMissingError: (403, "No consent"),
    e.RateLimitedError: (429, "Too many requests"),
    e.NotReadyError: (503, "Not ready"),
    e.StorageError: (503, "Storage unavailable"),
    e.StaleVectorsError: (503, "Vectors out of date"),
}
_HTTP_CODES: Final = {
    400: "invalid_body",
    404: "no_such_path",
    405: "method_not_allowed",
    413: "too_large",
    415: "wrong_content_type",
}


def problem(  # noqa: PLR0913 - the members of RFC 9457
    request: Request,
    status: int,
    *,
    code: str,
    title: str,
    detail: str,
    problems: Sequence[e.FieldProblem] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Build one problem+json response."""
    content: dict[str, Any] = {
        "type": f"urn:homeward:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id(request),
    }
    request.scope.setdefault("state", {})["problem"] = code
    if problems:
        content["errors"] = [{"pointer": x.pointer, "detail": x.detail} for x in problems]
    rate: dict[str, str] = request.scope.get("state", {}).get("rate_headers", {})
    return JSONResponse(content, status, {**rate, **(headers or {})}, media_type=MEDIA_TYPE)


def request_id(request: Request) -> str:
    """Return the id the middleware gave this request."""
    return str(request.scope.get("state", {}).get("request_id", "unknown"))


def homeward_error(request: Request, error: Exception) -> Response:
    """Answer an expected error with its own code and status."""
    assert isinstance(error, e.HomewardError)  # noqa: S101 - registered for this class only
    kinds = [_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS]
    status, title = kinds[0] if kinds else (500, "Error")
    headers = {}
    if isinstance(error, e.UnauthenticatedError):
        headers["WWW-Authenticate"] = 'Bearer realm="homeward"'
    if isinstance(error, e.RateLimitedError):
        headers["Retry-After"] = str(error.retry_after_s)
    elif isinstance(error, (e.NotReadyError, e.StorageError)):
        headers["Retry-After"] = "5"
    return problem(
        request,
        status,
        code=error.code,
        title=title,
        detail=error.detail,
        problems=error.problems,
        headers=headers,
    )


def http_error(request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses (unknown path, wrong method)."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    return problem(
        request,
        error.status_code,
        code=_HTTP_CODES.get(error.status_code, "http_error"),
        title=str(error.detail),
        detail=f"{error.detail}: {request.method} {request.url.path}",
        headers={**(error.headers or {}), **_allowed(request, error.status_code)},
    )


def _allowed(request: Request, status: int) -> dict[str, str]:
    """Name every method of the path (RFC 9110), not only those of the first route that fits."""
    routes: Sequence[APIRoute] = getattr(request.app.state, "routes", ())
    if status != 405:  # noqa: PLR2004 - a status says more as a number
        return {}
    path = next((x.path for x in routes if x.matches(request.scope)[0] is not Match.NONE), None)
    methods = {method for x in routes if x.path == path for method in x.methods or ()}
    return {"Allow": ", ".join(sorted(methods))} if methods else {}


def validation_error(request: Request, error: Exception) -> Response:
    """Answer bad input: one entry per field, unknown names with the nearest known one."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it only
    problems = [_field_problem(request, one) for one in error.errors()]
    unreadable = any(one["type"] == "json_invalid" for one in error.errors())
    first = problems[0]
    return problem(
        request,
        422,
        code="invalid_json" if unreadable else "invalid_input",
        title="Invalid input",
        detail=f"{first.pointer or 'The body'}: {first.detail}"
        + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""),
        problems=problems,
    )


def _field_problem(request: Request, one: dict[str, Any]) -> e.FieldProblem:
    place, *path = one["loc"]
    if one["type"] == "json_invalid":
        return e.FieldProblem("", f"This is not JSON: {one['ctx']['error']}.")
    pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
    if place != "body":
        pointer = f"{place}:{'/'.join(str(part) for part in path)}"
    if one["type"] == "extra_forbidden":
        body = getattr(request.scope.get("route"), "body_field", None)
        model = one.get("model") or (body.field_info.annotation if body else None)
        known = known_names(model, path[:-1], lambda scope: _may(request, scope))
        text = f"There is no such field.{nearest_name(str(path[-1]), known)}"
        return e.FieldProblem(pointer, text)
    return e.FieldProblem(pointer, plainly(one))


def _may(request: Request, scope: str) -> bool:
    caller: Caller | None = request.scope.get("state", {}).get("caller")
    return caller is not None and caller.may(Scope(scope))


def plainly(one: dict[str, Any]) -> str:
    """Say what is wrong without repeating the value, which may be somebody's secret."""
    context = one.get("ctx") or {}
    if one["type"] == "missing":
        return "This field is required."
    if one["type"] in {"enum", "literal_error"}:
        allowed = str(context.get("expected", ""))
        names = [name.strip(" '") for name in allowed.replace(" or ", ",").split(",")]
        return f"Allowed are {allowed}.{nearest_name(str(one.get('input')), names)}"
    message = str(one["msg"]).removeprefix("Value error, ")
    return message if message.endswith((".", "?")) else f"{message}."


def unexpected_error(request: Request, error: Exception) -> Response:
    """Answer what nobody expected without giving anything of it away."""
    _log.error("unexpected error", request_id=request_id(request), exc_info=error)
    return problem(
        request,
        500,
        code="internal",
        title="Internal error",
        detail="Something went wrong here; quote the request_id when you report it.",
    )


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem+json."""
    app.add_exception_handler(e.HomewardError, homeward_error)
    app.add_exception_handler(RequestValidationError, validation_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, unexpected_error)
