"""Health, readiness and metrics, without a key; figures about people need one, or a token."""

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from service.api.fields import Model
from service.domain.access import Scope
from service.domain.errors import HomewardError, NotReadyError, UnauthenticatedError
from service.ports import Tools
from service.usecases.identify_caller import caller_presenting
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.web.access import ToolsHolder
from service.web.middleware import Metrics

router = APIRouter(tags=["operations"])


class Health(Model):
    """The process runs."""

    status: Literal["ok"] = "ok"


class Ready(Model):
    """A match can be answered, with these."""

    status: Literal["ready"] = "ready"
    model: str
    revision: str
    listings: int
    generation: int


@router.get("/healthz", operation_id="healthz")
async def healthz() -> Health:
    """Tell that the process runs."""
    return Health()


@router.get("/readyz", operation_id="readyz")
def readyz(request: Request) -> Ready:
    """Tell whether a match can be answered; 503 until then."""
    holder: ToolsHolder = request.app.state.tools
    tools = holder.get()
    if not tools.store.healthy():
        message = "The database does not answer."
        raise NotReadyError(message)
    # Whoever asks needs no key, so what is private is not counted.
    state = tools.index.seen_by(None)
    return Ready(
        model=tools.encoder.model.id,
        revision=tools.encoder.model.revision,
        listings=state.listings,
        generation=state.generation,
    )


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses={401: {"description": "A key or token that opens nothing."}},
    operation_id="metrics",
)
def metrics(request: Request) -> Response:
    """Give Prometheus its text: what is about people only to callers with the scope metrics:read.

    They have to be of the first organisation. Without a key or token, and while the service is not
    ready, there is what anybody may know.
    """
    kept: Metrics = request.app.state.metrics
    registry = kept.registry if _runs_the_service(request) else kept.public
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _runs_the_service(request: Request) -> bool:
    """Tell whether the caller may see all figures; raise UnauthenticatedError for a wrong key."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    holder: ToolsHolder = request.app.state.tools
    try:
        caller = caller_presenting(holder.get(), secret)
    except HomewardError as error:
        if isinstance(error, UnauthenticatedError):
            raise
        return False
    return caller.organisation_id == FIRST_ORGANISATION and caller.may(Scope.METRICS_READ)


def add_gauges(metrics_: Metrics, holder: ToolsHolder) -> None:
    """Add gauges that are read off the tools when they are asked for."""

    def now(read: Callable[[Tools], float]) -> Callable[[], float]:
        def figure() -> float:
            try:
                return float(read(holder.get()))
            except Exception:  # noqa: BLE001 - not ready: there is nothing to count yet
                return 0.0

        return figure

    read_off: dict[tuple[str, str], Callable[[Tools], float]] = {
        ("homeward_index_listings", "Public listings searched."): (
            lambda tools: tools.index.seen_by(None).listings
        ),
        ("homeward_standby_in_use", "1 while the standby is read from, 0 while the primary is."): (
            lambda tools: tools.store.reads_elsewhere()
        ),
    }
    for registry in (metrics_.registry, metrics_.public):
        for (name, what), read in read_off.items():
            Gauge(name, what, registry=registry).set_function(now(read))
