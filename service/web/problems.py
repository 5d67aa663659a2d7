"""Errors as application/problem+json (RFC 9457), always with `code` and `request_id`."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import Match

from service.domain import errors as e
from service.domain.access import Caller, Scope
from service.web.suggest import alternative, known_names, nearest_name

_log = structlog.get_logger(__name__)

ErrorPage = Callable[[Request, int, str, dict[str, str]], Response]
"""Makes a page of (request, status, code, headers); `app.state.error_page`, if there is one."""

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
    e.IssuerUnreachableError: (503, "Issuer unreachable"),
    e.NotReadyError: (503, "Not ready"),
    e.StorageError: (503, "Storage unavailable"),
    e.StaleVectorsError: (503, "Vectors out of date"),
}
_NOT_ALLOWED: Final = 405
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
) -> Response:
    """Build one problem+json response, or the console's page for it."""
    request.scope.setdefault("state", {})["problem"] = code
    page: ErrorPage | None = getattr(request.app.state, "error_page", None)
    if page is not None and request.url.path.startswith("/console/"):
        return page(request, status, code, headers or {})
    content: dict[str, Any] = {
        "type": f"urn:homeward:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id(request),
    }
    if problems:
        content["errors"] = [{"pointer": x.pointer, "detail": x.detail} for x in problems]
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


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
    if isinstance(error, e.TokenRefusedError):
        headers["WWW-Authenticate"] += ', error="invalid_token"'  # RFC 6750
    if isinstance(error, e.RateLimitedError):
        headers["Retry-After"] = str(error.retry_after_s)
    elif isinstance(error, e.InProgressError):
        headers["Retry-After"] = "1"
    elif isinstance(error, (e.NotReadyError, e.StorageError, e.IssuerUnreachableError)):
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
        headers={**(error.headers or {}), **_allow(request, error.status_code)},
    )


def _allow(request: Request, status: int) -> dict[str, str]:
    """Return what the path does take; the framework names the methods of one route alone."""
    if status != _NOT_ALLOWED:
        return {}
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    if "GET" in methods:
        methods.add("HEAD")
    return {"Allow": ", ".join(sorted(methods))}


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
    body = getattr(request.scope.get("route"), "body_field", None)
    model = body.field_info.annotation if body and place == "body" else None
    if path and (chosen := alternative(model, path[0])) is not None:
        # Which of two forms a body was taken for is no part of its path.
        model, path = chosen, path[1:]
    if one["type"] == "json_invalid":
        return e.FieldProblem("", f"This is not JSON: {one['ctx']['error']}.")
    pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
    if place != "body":
        pointer = f"{place}:{'/'.join(str(part) for part in path)}"
    if one["type"] == "extra_forbidden":
        known = known_names(
            one.get("model") or model, path[:-1], lambda scope: _may(request, scope)
        )
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
