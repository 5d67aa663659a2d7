"""Idempotency-Key, in one place: a route acts inside `Once.acting`, a layer keeps its reply.

The header is that of the IETF draft "The Idempotency-Key HTTP Header Field": another request
under the same key is 422, one that is still worked on 409. Only replies of 2xx are kept: a refusal
has changed nothing, and is decided anew.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Annotated, Any, Final
from uuid import uuid4

import structlog
from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Asgi

from service.domain.access import Caller
from service.domain.audit import Action
from service.domain.errors import FieldProblem, InvalidInputError
from service.domain.reply import Claim, Reply
from service.ports import Tools
from service.usecases.act_once import begin
from service.web.access import CallerDep, ToolsDep

_log = structlog.get_logger(__name__)

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_DONE: Final = 2
_LONGEST: Final = 255
_PRINTABLE: Final = re.compile(r"(?!\x20)[\x20-\x7e]{1,255}(?<!\x20)")
_READ_AGAIN: Final = {
    Action.RETURNEE_CREATE: Action.RETURNEE_READ,
    Action.OUTCOME_REPORT: Action.OUTCOME_READ,
}
"""What the access log says of a reply that is given again: nothing was done, something was read.

Of any other action it says just that: reply.read.
"""
_FORM: Final = "1 to 255 printable ASCII characters, such as a UUID."


class Replay(Exception):  # noqa: N818 - no error: the answer that was given before
    """Ends a request with the reply that was kept."""

    def __init__(self, reply: Reply) -> None:
        """Answer with `reply`."""
        super().__init__()
        self.reply = reply


async def key_of(
    request: Request,
    sent: Annotated[
        str | None,
        Header(
            alias=HEADER,
            description=f"Names this request: {_FORM} For 24 hours the same request under the same "
            f"key has no second effect and gets the first reply again, with {REPLAYED}: true.",
            json_schema_extra={
                "minLength": 1,
                "maxLength": _LONGEST,
                "pattern": "^[!-~]([ -~]*[!-~])?$",
            },
        ),
    ] = None,
) -> str | None:
    """Return the key a request names itself by; raise InvalidInputError."""
    if sent is None:
        return None
    detail = None
    if len(request.headers.getlist(HEADER)) > 1:
        detail = "Send one key, not several."
    elif not _PRINTABLE.fullmatch(sent):
        detail = f"Send {_FORM}"
    if detail is not None:
        problem = FieldProblem(f"header:{HEADER}", detail)
        raise InvalidInputError(f"{problem.pointer}: {detail}", problems=(problem,))
    return sent


NothingKept = Annotated[str | None, Depends(key_of)]
"""For a POST that changes nothing: a key is read, and answered with Idempotency-Replayed: false."""


class Once:
    """One request that acts, with the key it names itself by, if any."""

    def __init__(self, request: Request, tools: Tools, caller: Caller, key: str | None) -> None:
        """Act for this caller."""
        self._state = request.state
        self._tools = tools
        self._key = key
        self._caller = caller
        self._parts = (request.method, request.url.path, request.url.query)
        self._type = request.headers.get("content-type", "").strip().lower()
        self._about: tuple[str, ...] = ()
        self._claim: Claim | None = None

    def of(self, *ids: str | None) -> None:
        """Note the person or the subscription that the reply must not outlive."""
        self._about += tuple(one for one in ids if one is not None)

    @contextmanager
    def acting(self, body: str | None = None) -> Iterator[None]:
        """Write inside of this, once all that can be wrong with the request's form was refused.

        body: what stands for the body, where its bytes differ from one attempt to the next.
        Raises Replay where this request was answered before.
        """
        if self._key is None:
            yield
            return
        claim = self._claimed(self._key, body)
        kept = begin(self._tools, claim)
        if kept is not None:
            self._seen_again(kept)
            raise Replay(kept)
        store = self._tools.store
        try:
            with store.acting(claim):
                yield
        except BaseException:
            # Where this fails as well, the right ends by itself within the minute.
            with suppress(Exception):
                store.release_claim(claim)
            raise
        self._claim = claim
        self._state.once = self

    def _claimed(self, key: str, body: str | None) -> Claim:
        told = (self._type, self._state.body_digest.hexdigest()) if body is None else (body,)
        return Claim(
            organisation_id=self._caller.organisation_id,
            key_id=self._caller.key_id,
            name=key,
            request="\n".join((*self._parts, *told)),
            attempt=uuid4().hex,
        )

    def _seen_again(self, kept: Reply) -> None:
        shown = getattr(self._state, "shown", None)
        if shown is not None:
            shown.action = _READ_AGAIN.get(shown.action, Action.REPLY_READ)
            shown.of(*kept.subjects)

    def keep(self, status: int, headers: Headers, body: bytes) -> None:
        """Keep what is being answered; whoever asks again gets it."""
        assert self._claim is not None  # noqa: S101 - it has acted
        shown = getattr(self._state, "shown", None)
        subjects = () if shown is None else tuple(shown.subjects)
        about = (*self._about, *subjects)
        self._tools.store.keep_reply(
            self._claim,
            Reply(
                status=status,
                headers=tuple(
                    (name, value) for name, value in headers.items() if name != "content-length"
                ),
                body=body,
                subjects=subjects,
                person_id=next((one for one in about if one.startswith("ret_")), None),
                subscription_id=next((one for one in about if one.startswith("sub_")), None),
            ),
        )


async def _once(
    request: Request,
    tools: ToolsDep,
    caller: CallerDep,
    key: Annotated[str | None, Depends(key_of)],
) -> Once:
    return Once(request, tools, caller, key)


OnceDep = Annotated[Once, Depends(_once)]


class OnceLayer:
    """Hashes the body as it streams by, and keeps the reply before it leaves."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Asgi, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or HEADER not in Headers(scope=scope):
            await self._app(scope, receive, send)
            return
        state, digest = scope.setdefault("state", {}), hashlib.sha256()
        state["body_digest"] = digest
        held: list[Message] = []

        async def receive_hashed() -> Message:
            message = await receive()
            digest.update(message.get("body", b""))
            return message

        async def send_kept(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["method"] == "POST":
                MutableHeaders(scope=message).setdefault(REPLAYED, "false")
            once: Once | None = state.get("once")
            if once is None:
                await send(message)
                return
            held.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                await run_in_threadpool(_keep, once, held)
                for one in held:
                    await send(one)

        await self._app(scope, receive_hashed, send_kept)


def _keep(once: Once, messages: list[Message]) -> None:
    start, *rest = messages
    if start["status"] // 100 != _DONE:
        # It has acted and then broke: a repeat is told so, instead of being told this for a day.
        return
    headers = MutableHeaders(raw=list(start["headers"]))
    del headers[REPLAYED]
    try:
        once.keep(start["status"], headers, b"".join(one.get("body", b"") for one in rest))
    except Exception:  # noqa: BLE001 - whatever it is
        # It has acted, so it is answered; a repeat will be told that the reply was lost.
        _log.exception("a reply could not be kept")


def _replay(_: Request, replay: Exception) -> Response:
    assert isinstance(replay, Replay)  # noqa: S101 - registered for this class only
    kept = replay.reply
    return Response(kept.body, kept.status, {**dict(kept.headers), REPLAYED: "true"})


def install(app: FastAPI) -> None:
    """Answer repeats, and say in the OpenAPI document which header tells them."""
    app.add_exception_handler(Replay, _replay)
    plain = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        document = plain()
        told = {
            "description": f"Where an {HEADER} was sent: whether this is a reply given before.",
            "schema": {"type": "string", "enum": ["true", "false"]},
        }
        for path in document["paths"].values():
            for operation in path.values():
                if any(one["name"] == HEADER for one in operation.get("parameters", ())):
                    for status, answer in operation["responses"].items():
                        if status.startswith("2"):
                            answer.setdefault("headers", {})[REPLAYED] = told
        return document

    # The way FastAPI documents to extend the document.
    app.openapi = openapi  # type: ignore[method-assign]
