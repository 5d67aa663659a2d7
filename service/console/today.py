"""Today: where an officer begins, with what is there and what was left undone."""

from dataclasses import dataclass

from fastapi import APIRouter, Response

from service.console.desk import Desk, DeskDep
from service.domain.batch import BatchState
from service.ports import Tools

router = APIRouter(prefix="/console", include_in_schema=False)

_IMPORTS_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Counts:
    """What is there. people: of this organisation. running: imports under way."""

    listings: int
    people: int
    running: int


def counts(tools: Tools, organisation_id: str) -> Counts:
    """Return what is there now."""
    batches = tools.store.page_of_batches(organisation_id, after=0, limit=_IMPORTS_LOOKED_AT).items
    return Counts(
        listings=tools.index.state.listings,
        people=tools.store.count_people(organisation_id),
        running=sum(
            one.progress.state in {BatchState.QUEUED, BatchState.RUNNING} for one in batches
        ),
    )


@router.get("/")
def show(desk: DeskDep) -> Response:
    """Show the day."""
    return desk.page(
        "today.html", counts=counts(desk.tools, desk.me.organisation_id), drafts=_drafts(desk)
    )


def _drafts(desk: Desk) -> int:
    return len(desk.tools.store.drafts(desk.me.id))
