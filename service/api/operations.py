"""Health, readiness and metrics: for whoever runs the service, without a key."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from service.api.fields import Model
from service.domain.errors import NotReadyError
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
    state = tools.index.state
    return Ready(
        model=tools.encoder.model.id,
        revision=tools.encoder.model.revision,
        listings=state.listings,
        generation=state.generation,
    )


@router.get("/metrics", response_class=PlainTextResponse, operation_id="metrics")
def metrics(request: Request) -> Response:
    """Give Prometheus its text."""
    kept: Metrics = request.app.state.metrics
    return Response(generate_latest(kept.registry), media_type=CONTENT_TYPE_LATEST)


def add_gauges(metrics_: Metrics, holder: ToolsHolder) -> None:
    """Add gauges that are read off the index when they are asked for."""

    def listings() -> float:
        try:
            return float(holder.get().index.state.listings)
        except Exception:  # noqa: BLE001 - not ready: there is nothing to count yet
            return 0.0

    gauge = Gauge("homeward_index_listings", "Listings searched.", registry=metrics_.registry)
    gauge.set_function(listings)
