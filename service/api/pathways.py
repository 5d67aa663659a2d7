"""/v1/returnees/{id}/pathways: which training opens which jobs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from service.api.fields import Model
from service.api.match_models import FlagOut, MatchListing, MissingOut
from service.domain.access import Caller, Scope
from service.domain.audit import Action
from service.domain.match import Bridge, Tier
from service.domain.pathway import Opened, Pathway, Step
from service.domain.person import Route
from service.usecases.plan_pathways import plan_pathways
from service.web.access import ToolsDep, only_known_parameters, with_scope
from service.web.audit import Accessing, Shown

router = APIRouter(prefix="/v1", tags=["match"], dependencies=[Depends(only_known_parameters)])

PersonMatcher = Annotated[Caller, Depends(with_scope(Scope.MATCH, Scope.RETURNEES_READ))]
Planning = Annotated[Shown, Depends(Accessing(Action.PATHWAYS_READ))]


class StepOut(Model):
    """One training of a pathway. `places` is null where nobody said how many there are."""

    listing: MatchListing
    way: Bridge
    weeks: float | None
    cost: float | None
    cost_currency: str | None
    certification: str | None
    provider: str | None
    places: int | None
    flags: list[FlagOut]

    @classmethod
    def of(cls, step: Step) -> "StepOut":
        """Write a step out."""
        content = step.listing.content
        return cls.model_construct(
            listing=MatchListing.of(step.listing),
            way=step.way,
            weeks=content.duration_weeks,
            cost=content.cost,
            cost_currency=content.cost_currency,
            certification=content.certification,
            provider=content.provider,
            places=content.positions,
            flags=[FlagOut.of(one) for one in step.flags],
        )


class OpenedOut(Model):
    """A job that is a stretch now and good after the training, and what it then pays a month."""

    listing: MatchListing
    route: Route
    score_before: float
    score_after: float
    tier_after: Tier
    closes: list[str]
    still_missing: list[MissingOut]
    monthly_wage: float | None
    home_wage: float | None
    home_currency: str | None

    @classmethod
    def of(cls, opened: Opened) -> "OpenedOut":
        """Write a job out."""
        return cls.model_construct(
            listing=MatchListing.of(opened.listing),
            route=opened.route,
            score_before=opened.before,
            score_after=opened.after,
            tier_after=opened.tier,
            closes=list(opened.closes),
            still_missing=[MissingOut.of(one) for one in opened.still_missing],
            monthly_wage=opened.monthly_wage,
            home_wage=opened.home_wage,
            home_currency=opened.home_currency,
        )


class PathwayOut(Model):
    """One training or a short chain of two; `training` is the first step's listing."""

    rank: int
    training: MatchListing
    steps: list[StepOut]
    weeks: float | None
    cost: float | None
    cost_currency: str | None
    jobs: Annotated[int, Field(description="How many jobs it opens, of those within reach.")]
    median_pay: Annotated[
        float | None, Field(description="Monthly, in home_currency, of jobs that state their pay.")
    ]
    home_currency: str | None
    opens: list[OpenedOut]

    @classmethod
    def of(cls, pathway: Pathway, rank: int) -> "PathwayOut":
        """Write a pathway out."""
        return cls.model_construct(
            rank=rank,
            training=MatchListing.of(pathway.steps[0].listing),
            steps=[StepOut.of(step) for step in pathway.steps],
            weeks=pathway.weeks,
            cost=pathway.cost,
            cost_currency=pathway.cost_currency,
            jobs=len(pathway.opens),
            median_pay=pathway.median_pay,
            home_currency=pathway.home_currency,
            opens=[OpenedOut.of(one) for one in pathway.opens],
        )


class Pathways(Model):
    """Pathways of one person, the best first. One that opens nothing yet still brings closer."""

    items: list[PathwayOut]


@router.get("/returnees/{returnee_id}/pathways", operation_id="get_pathways")
def pathways(
    returnee_id: str,
    tools: ToolsDep,
    caller: PersonMatcher,
    shown: Planning,
    limit: Annotated[int, Query(ge=1, le=50, description="Pathways at most.")] = 10,
) -> Pathways:
    """Rank trainings, and chains of two, by the good jobs they open for a stored person."""
    person = tools.store.person(caller.organisation_id, returnee_id)
    shown.of(person.id)
    found = plan_pathways(tools, person, limit)
    return Pathways(items=[PathwayOut.of(one, rank) for rank, one in enumerate(found, start=1)])
