"""About the console: its keys, what it keeps, and what it does not."""

from fastapi import APIRouter, Request, Response

from service import __version__
from service.console.desk import DeskDep
from service.console.state import state_of

router = APIRouter(prefix="/console", include_in_schema=False)


@router.get("/about")
def show(request: Request, desk: DeskDep) -> Response:
    """Say it."""
    state = state_of(request)
    minutes = int(state.rules.idle.total_seconds() // 60)
    return desk.page("about.html", version=__version__, idle_minutes=minutes)
