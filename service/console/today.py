"""Today: where an officer begins: what ends soon, what is new, and what was left undone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from service.console.desk import DeskDep
from service.console.people_facts import consent_of
from service.console.state import state_of
from service.domain.access import Scope
from service.domain.audit import Action
from service.usecases.todays_work import TodaysWork, todays_work
from service.web.audit import Accessing, Shown

router = APIRouter(prefix="/console", include_in_schema=False)

Listing = Annotated[Shown, Depends(Accessing(Action.RETURNEE_LIST))]


@router.get("/")
def show(desk: DeskDep, shown: Listing) -> Response:
    """Show the day. Who may not see people sees counts alone."""
    tools, mine = desk.tools, desk.me.organisation_id
    work: TodaysWork | None = None
    if desk.may(Scope.RETURNEES_READ):
        work = todays_work(tools, mine, imports=desk.may(Scope.LISTINGS_WRITE))
        shown.of(*work.people)
    return desk.page(
        "today.html",
        people=tools.store.count_people(mine),
        listings=tools.index.state.listings,
        work=work,
        consents=[
            (one, consent_of(tools, one.person)) for one in (work.consents.items if work else ())
        ],
        today=tools.clock.today(),
        drafts=len(tools.store.drafts(desk.me.id)),
        paths=state_of(desk.request).paths,
    )
