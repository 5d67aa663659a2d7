"""create_app(): middleware, routers, lifespan, nothing else."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
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
from service.usecases.sign_in import SessionRules
from service.web import deprecation, docs, once, openapi, problems
from service.web.access import KeyLimiter, ToolsHolder
from service.web.audit import AccessLog
from service.web.middleware import EdgeMiddleware, Metrics
from service.wiring import open_tools
from service.worker import follow, start_beside

_log = structlog.get_logger(__name__)

_AGAIN_S: Final = 2.0
_WORTH_PACKING: Final = 2048
_PACKED: Final = 4
"""Level of gzip: an answer should leave at once, so less packed and sooner."""
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
        opening = _Opening(open_them, holder, accesses, metrics, settings.background)
        worker = threading.Thread(target=opening.keep_open, name="homeward-index", daemon=True)
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


@dataclass(frozen=True, slots=True)
class _Opening:
    """What is needed to open the tools and work with them."""

    opener: ToolsOpener
    holder: ToolsHolder
    accesses: AccessLog
    metrics: Metrics
    background: bool

    def keep_open(self) -> None:
        """Open the tools, again and again while the database is away; serve until told to stop."""
        holder = self.holder
        while not holder.stopping.is_set():
            try:
                with self.opener() as tools:
                    self._work_with(tools)
            except HomewardError as error:
                _log.error("cannot serve", code=error.code, detail=error.detail)
                holder.failed(error)
                if error.code != "database_unavailable":
                    return
                holder.stopping.wait(_AGAIN_S)
            except Exception as error:  # noqa: BLE001 - whatever it is, callers must be told
                _log.exception("cannot serve")
                message = f"The service could not start: {error}"
                holder.failed(StorageError(message, code="start_failed"))
                return

    def _work_with(self, tools: Tools) -> None:
        stopping = self.holder.stopping
        self.holder.ready(tools)
        named: dict[str, Callable[[], None]] = {
            "warm": lambda: _warm(tools),
            "access-log": lambda: self.accesses.keep_flushing(stopping),
        }
        threads = [
            threading.Thread(target=run, name=f"homeward-{name}", daemon=True)
            for name, run in named.items()
        ]
        for thread in threads:
            thread.start()
        if self.background:
            threads += start_beside(tools, stopping, self.metrics.note_forgotten)
        follow(tools, stopping)
        # The tools may only be closed once nobody works with them any more.
        for thread in threads:
            thread.join()


def _warm(tools: Tools) -> None:
    """Read the lexicon, for words and for vetoes, before anyone waits for it."""
    tools.interpreter.language("warm")
    tools.refusals.terms()


@contextmanager
def given(tools: Tools) -> Iterator[Tools]:
    """Wrap tools that are open already as an opener's result."""
    yield tools
