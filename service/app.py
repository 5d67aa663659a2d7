"""create_app(): middleware, routers, lifespan, nothing else."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Final

import structlog
from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from service import __version__
from service.api import (
    access_log,
    candidates,
    corridors,
    document,
    duplicates,
    imports,
    insights,
    keys,
    listings,
    markets,
    matches,
    operations,
    outcomes,
    pathways,
    referrals,
    returnees,
    subscriptions,
    webhook_events,
)
from service.api.checks import Contract
from service.console import mail_pages
from service.console.assembly import install as install_console
from service.console.state import ConsoleState
from service.domain.errors import HomewardError, StorageError
from service.ports import Tools
from service.settings import Settings
from service.usecases.register_person import read_again
from service.usecases.sign_in import SessionRules
from service.web import deprecation, docs, once, openapi, problems
from service.web.access import KeyLimiter, ToolsHolder
from service.web.audit import AccessLog
from service.web.middleware import EdgeMiddleware, Metrics
from service.wiring import open_tools
from service.worker import forget, look, post, send, work

_log = structlog.get_logger(__name__)

_FOLLOW_EVERY_S: Final = 0.5
_READ_AT_ONCE: Final = 20
_WORTH_PACKING: Final = 2048
_PACKED: Final = 4
"""Level of gzip: an answer should leave at once, so less packed and sooner."""
_BESIDE: Final = {
    "homeward-imports": work,
    "homeward-look": look,
    "homeward-send": send,
    "homeward-post": post,
}
"""What runs beside the requests, each in a thread of its own: none waits for another."""

_ROUTERS: Final = tuple(
    module.router
    for module in (
        matches,
        candidates,
        pathways,
        duplicates,
        listings,
        returnees,
        referrals,
        imports,
        outcomes,
        subscriptions,
        corridors,
        markets,
        insights,
        keys,
        access_log,
        operations,
    )
)

ToolsOpener = Callable[[], AbstractContextManager[Tools]]


def create_app(settings: Settings, opener: ToolsOpener | None = None) -> FastAPI:
    """Build the application. `opener` opens the tools; by default those of `settings`."""
    holder, metrics = ToolsHolder(), Metrics()
    accesses = AccessLog(holder.get)
    open_them = opener or (lambda: open_tools(settings))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Opening loads a model and may rebuild an index; /healthz answers meanwhile.
        worker = threading.Thread(
            target=_keep_open,
            args=(holder, open_them, accesses, metrics),
            name="homeward-index",
            daemon=True,
        )
        worker.start()
        yield
        holder.stopping.set()
        worker.join()

    app = FastAPI(
        title="Homeward",
        version=__version__,
        summary="Ranks what people who come home from working abroad could do next.",
        description=document.DESCRIPTION,
        openapi_tags=document.TAGS,
        servers=document.SERVERS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        webhooks=webhook_events.router,
        docs_url=None,
        redoc_url=None,
    )
    app.state.tools, app.state.metrics, app.state.accesses = holder, metrics, accesses
    app.state.limiter = KeyLimiter(settings.rate_limit)
    for manners in (problems, once, deprecation):
        manners.install(app)
    app.state.most_import_bytes = settings.max_import_bytes
    app.add_middleware(once.OnceLayer)
    app.add_middleware(
        EdgeMiddleware,
        metrics=metrics,
        max_body_bytes=settings.max_body_bytes,
        uploads=imports.PATH,
        forms=mail_pages.PATH,
        accesses=accesses,
        console_uploads=("/console/import", settings.max_import_bytes),
    )
    app.add_middleware(GZipMiddleware, minimum_size=_WORTH_PACKING, compresslevel=_PACKED)
    operations.add_gauges(metrics, holder)
    for router in _ROUTERS:
        app.include_router(router)
    app.include_router(mail_pages.router)
    docs.install(app)
    openapi.describe(app, _ROUTERS, document.EXAMPLES, document.MODELS)
    install_console(app, _console(settings))
    return app


def _console(settings: Settings) -> ConsoleState:
    return ConsoleState(
        rules=SessionRules(
            idle=timedelta(minutes=settings.session_idle_minutes),
            longest=timedelta(hours=settings.session_hours),
        ),
        default_language=settings.console_language,
        secure=settings.session_secure,
        contract=Contract(),
    )


def _keep_open(
    holder: ToolsHolder, opener: ToolsOpener, accesses: AccessLog, metrics: Metrics
) -> None:
    """Open the tools, then keep the index in step until the application stops."""
    try:
        with opener() as tools:
            holder.ready(tools)
            # Reads the lexicon, for words and for vetoes, before anyone waits for it.
            tools.interpreter.language("warm")
            tools.refusals.terms()
            beside = [
                threading.Thread(target=run, args=(tools, holder.stopping), name=name, daemon=True)
                for name, run in _BESIDE.items()
            ]
            beside.append(
                threading.Thread(
                    target=forget,
                    args=(tools, holder.stopping, metrics.note_forgotten),
                    name="homeward-forget",
                    daemon=True,
                )
            )
            logging = threading.Thread(
                target=accesses.keep_flushing,
                args=(holder.stopping,),
                name="homeward-access-log",
                daemon=True,
            )
            for thread in (*beside, logging):
                thread.start()
            read_at: int | None = None
            while not holder.stopping.wait(_FOLLOW_EVERY_S):
                read_at = _keep_in_step(tools, read_at)
            # The tools may only be closed once nobody works with them any more.
            for thread in (*beside, logging):
                thread.join()
    except HomewardError as error:
        _log.error("cannot serve", code=error.code, detail=error.detail)
        holder.failed(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, callers must be told
        _log.exception("cannot serve")
        holder.failed(StorageError(f"The service could not start: {error}", code="start_failed"))


def _keep_in_step(tools: Tools, read_at: int | None) -> int | None:
    """Let both indexes follow, and read some people again that an older release has read.

    read_at: the generation of people at which nobody was left to be read; comes back. To look for
    them goes through the whole register, so it is done only when somebody has changed since.
    """
    try:
        # To find somebody again must not wait until a graph is built.
        for index in (tools.register, tools.index, tools.people):
            index.follow()
        for index in (tools.register, tools.index, tools.people):
            index.tidy()
        generation = tools.people.state.generation
        if generation == read_at:
            return read_at
        return None if read_again(tools, _READ_AT_ONCE) else generation
    except Exception:  # noqa: BLE001 - see below
        # A database that is away for a moment must not end the following for good.
        _log.exception("index could not follow")
        return None


@contextmanager
def given(tools: Tools) -> Iterator[Tools]:
    """Wrap tools that are open already as an opener's result."""
    yield tools
