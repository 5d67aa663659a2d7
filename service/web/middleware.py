"""One plain ASGI layer around everything: request id, body checks, metrics, log lines."""

import re
import time
from contextlib import suppress
from typing import Any, Final
from uuid import uuid4

import structlog
from fastapi.concurrency import run_in_threadpool
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.domain.errors import HomewardError, StorageError
from service.domain.retention import Forgotten
from service.web.access import admit, admit_at_once
from service.web.audit import AccessLog
from service.web.deprecation import begin_noting, headers_of
from service.web.problems import homeward_error, problem, unexpected_error

_log = structlog.get_logger("homeward.access")

_ACCEPTED_ID: Final = re.compile(r"[A-Za-z0-9._~-]{1,128}")
_OK: Final = 200
_NOT_MODIFIED: Final = 304
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_KEYED: Final = "/v1/"
"""Below this path nothing opens without a key, whether there is such a call or not."""
_JSON: Final = ("application/json", "application/merge-patch+json")
CONSOLE: Final = "/console/"
_PUBLIC: Final = frozenset(
    {
        "(none)",
        "/healthz",
        "/readyz",
        "/metrics",
        "/v1/listings",
        "/v1/listings/{listing_id}",
        "/v1/match",
        "/v1/match:batch",
        "/v1/markets",
    }
)
"""Patterns of routes whose requests anybody may count: what is about no stored person.

Nor do they write: beside how many listings are public, a count would tell of private ones.
"""


def _tags(headers: Headers, method: str) -> frozenset[str | None]:
    """Return the ETags a reader holds already; comparing is weak, as for every GET (RFC 9110)."""
    held = headers.get("if-none-match", "") if method in {"GET", "HEAD"} else ""
    return frozenset(tag.strip().removeprefix("W/") for tag in held.split(",") if tag.strip())


def _spare(start: Message, read_before: frozenset[str | None]) -> None:
    """Answer 304 in place of what the reader holds already."""
    answered = MutableHeaders(scope=start)
    tag = answered.get("etag")
    if start["status"] == _OK and tag is not None and read_before & {tag, "*"}:
        start["status"] = _NOT_MODIFIED
        for name in ("content-length", "content-type"):
            del answered[name]


class Metrics:
    """Counters and histograms of one application.

    registry: all of them, for who runs the service. public: what anybody may read; nothing in it
    is about people, or a count would tell that somebody was registered just now.
    """

    def __init__(self) -> None:
        """Register with registries of its own, so that two applications do not clash."""
        self.registry, self.public = CollectorRegistry(), CollectorRegistry()
        self._all, self._open = _Requests(self.registry), _Requests(self.public)
        self._forgotten = Counter(
            "homeward_forgotten_total",
            "Records forgotten because they were kept long enough.",
            ("what",),
            registry=self.registry,
        )
        self._ended = Gauge(
            "homeward_consents_ended",
            "People kept whose consent has ended, as of the last daily look.",
            registry=self.registry,
        )

    def count(self, method: str, path: str, status: int, seconds: float, *, public: bool) -> None:
        """Count one request. public: whether anybody may know of it."""
        for kept in (self._all, self._open) if public else (self._all,):
            kept.total.labels(method, path, status).inc()
            kept.seconds.labels(method, path).observe(seconds)

    def note_forgotten(self, forgotten: Forgotten) -> None:
        """Count what was forgotten in one go."""
        for what, count in forgotten.counts.items():
            self._forgotten.labels(what.value).inc(count)
        if forgotten.ended is not None:
            self._ended.set(forgotten.ended)


class _Requests:
    """How many requests were answered, and how fast."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.total = Counter(
            "homeward_http_requests_total",
            "Requests answered.",
            ("method", "path", "status"),
            registry=registry,
        )
        self.seconds = Histogram(
            "homeward_http_request_seconds",
            "Time to the last byte of the answer.",
            ("method", "path"),
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
            registry=registry,
        )


class _Answer:
    """One answer on its way out, whoever made it: what every answer carries is added here."""

    def __init__(self, scope: Scope, send: Send) -> None:
        """Begin before anything of the request was done."""
        self.status, self.begun = 500, False
        self._send = send
        self._state: dict[str, Any] = scope["state"]
        self._keyed: bool = scope["path"].startswith(_KEYED)
        self._headless = scope["method"] == "HEAD"
        self._read_before = _tags(Headers(scope=scope), scope["method"])
        self._deprecated = begin_noting()

    async def send(self, message: Message) -> None:
        """Send a message of the answer on."""
        if message["type"] == "http.response.start":
            self.begun = True
            self._add(MutableHeaders(scope=message))
            _spare(message, self._read_before)
            self.status = message["status"]
        elif self._headless or self.status == _NOT_MODIFIED:
            message = {**message, "body": b""}
        await self._send(message)

    def _add(self, headers: MutableHeaders) -> None:
        headers["X-Request-ID"] = self._state["request_id"]
        headers.update(self._state.get("rate_headers", {}))
        for name, value in headers_of(self._deprecated):
            headers.append(name, value)
        if self._keyed:
            # People, words and secrets: what may be kept says so itself.
            headers.setdefault("Cache-Control", "no-store")


class EdgeMiddleware:
    """Gives each request an id, refuses bodies nobody can read, and counts."""

    def __init__(  # noqa: PLR0913 - called once, by name
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        max_body_bytes: int,
        uploads: str,
        forms: str,
        accesses: AccessLog,
        console_uploads: tuple[str, int] = ("", 0),
    ) -> None:
        """Wrap `app`. uploads: the path that takes files, and reads and limits them itself.

        forms: how paths begin that take what browsers and mail programs post. console_uploads:
        where the console takes files, and how many bytes at most.
        """
        self._app = app
        self._accesses = accesses
        self._uploads = uploads
        self._forms = forms
        self._metrics = metrics
        self._most = max_body_bytes
        self._console_uploads = console_uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        sent_id = headers.get("x-request-id", "")
        request_id = sent_id if _ACCEPTED_ID.fullmatch(sent_id) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        answer, started, replaced = _Answer(scope, send), time.perf_counter(), False
        if scope["method"] == "HEAD":
            # A copy: the server has to know that no body follows.
            scope = {**scope, "method": "GET"}

        async def send_on(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                try:
                    await self._accesses.note(scope, message["status"])
                except StorageError as error:
                    replaced = True
                    refusal = homeward_error(Request(scope), error)
                    await refusal(scope, receive, answer.send)
            if not replaced:
                await answer.send(message)

        try:
            await self._admitted(scope, receive, send_on, headers)
        except Exception as error:
            with suppress(StorageError):
                await self._accesses.note(scope, 500)
            if not answer.begun:
                refusal = unexpected_error(Request(scope), error)
                await refusal(scope, receive, answer.send)
            raise
        finally:
            self._note(scope, answer.status, time.perf_counter() - started, request_id)

    async def _admitted(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """Let in who has a key, before anything of the request is looked at."""
        if scope["path"].startswith(_KEYED):
            try:
                request = Request(scope)
                if not admit_at_once(request):
                    await run_in_threadpool(admit, request)
            except HomewardError as error:
                answer = homeward_error(Request(scope), error)
                await answer(scope, receive, send)
                return
        await self._guarded(scope, receive, send, headers)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        if scope["method"] not in {"POST", "PUT", "PATCH"} or scope["path"] == self._uploads:
            await self._app(scope, receive, send)
            return
        body, refusal = await self._read(scope["path"], receive, headers)
        if refusal is not None:
            code, http_status, detail = refusal
            answer = problem(
                Request(scope), http_status, code=code, title="Invalid body", detail=detail
            )
            await answer(scope, receive, send)
            return
        given = False

        async def receive_again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, receive_again, send)

    def _types(self, path: str) -> tuple[str, ...]:
        return _FORMS if path.startswith(self._forms) else _JSON

    async def _read(
        self, path: str, receive: Receive, headers: Headers
    ) -> tuple[bytes, tuple[str, int, str] | None]:
        """Read the whole body; return it, and why it is refused if it is."""
        most = self._console_uploads[1] if path == self._console_uploads[0] else self._most
        too_large = ("too_large", 413, f"The body is larger than {most:,} bytes.")
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > most:
            return b"", too_large
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > most:
                return b"", too_large
            more = message.get("more_body", False)
        body = b"".join(parts)
        content_type = headers.get("content-type", "").split(";")[0].strip().lower()
        if path.startswith(CONSOLE) and content_type in _FORMS:
            # Read by the console's own form parser, which decodes each field.
            return body, None
        types = self._types(path)
        if body and content_type not in types:
            text = f"Send {types[0]}, not {content_type or 'without a content type'}."
            return b"", ("wrong_content_type", 415, text)
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            text = f"The body is not UTF-8: byte {error.start} cannot be read."
            return b"", ("invalid_utf8", 400, text)
        return body, None

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        # The route's pattern, not the path: ids must not become metric labels or log lines.
        route = scope.get("route")
        path = getattr(route, "path", None) or "(none)"
        method = scope["method"]
        self._metrics.count(method, path, status, seconds, public=path in _PUBLIC)
        _log.info(
            "request",
            method=method,
            path=path,
            status=status,
            ms=round(seconds * 1000, 1),
            request_id=request_id,
        )
