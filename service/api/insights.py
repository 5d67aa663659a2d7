"""/v1/insights/skill-gaps: which missing skills keep most people from most jobs."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from typing_extensions import TypeAliasType

from service.api.fields import Line, Model
from service.api.match_models import MatchListing
from service.domain.access import Caller, Scope
from service.domain.match import MissingKind
from service.domain.person import Route
from service.rules.suppress import LEAST
from service.usecases.find_skill_gaps import CourseHelp, SkillGap, SkillGaps, find_skill_gaps
from service.web.access import ToolsDep, only_known_parameters, with_scope

router = APIRouter(
    prefix="/v1/insights", tags=["insights"], dependencies=[Depends(only_known_parameters)]
)

Planner = Annotated[Caller, Depends(with_scope(Scope.INSIGHTS_READ))]


class CourseHelpOut(Model):
    """A training and how many of the people counted it would help."""

    listing: MatchListing
    people: int

    @classmethod
    def of(cls, course: CourseHelp) -> "CourseHelpOut":
        """Write it out."""
        return cls.model_construct(listing=MatchListing.of(course.listing), people=course.people)


CountByArea = TypeAliasType("CountByArea", dict[str, int])
CountByRoute = TypeAliasType("CountByRoute", dict[Route, int])


class SkillGapOut(Model):
    """One missing requirement; areas and markets only where they stand for enough people."""

    requirement: str
    kind: MissingKind
    people: int
    jobs: int
    areas: CountByArea
    markets: CountByRoute
    courses: list[CourseHelpOut]

    @classmethod
    def of(cls, gap: SkillGap) -> "SkillGapOut":
        """Write a gap out."""
        return cls.model_construct(
            requirement=gap.requirement,
            kind=gap.kind,
            people=gap.people,
            jobs=gap.jobs,
            areas=gap.areas,
            markets=gap.markets,
            courses=[CourseHelpOut.of(one) for one in gap.courses],
        )


class SkillGapsOut(Model):
    """The figures of your organisation; nothing stands for fewer than `suppressed_below`."""

    as_of: date
    people: int | None
    suppressed_below: int
    items: list[SkillGapOut]
    courses: list[CourseHelpOut]


@router.get("/skill-gaps", operation_id="get_skill_gaps")
def skill_gaps(
    tools: ToolsDep,
    caller: Planner,
    area: Annotated[Line | None, Query(description='Such as "BD Dhaka", as shown.')] = None,
    market: Annotated[Route | None, Query(description="local or overseas.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Gaps at most.")] = 50,
) -> SkillGapsOut:
    """Rank missing skills by the people they keep from jobs, with the courses that would help.

    area and market pick from the same table that is shown without them, so that nothing can be
    worked out by asking twice.
    """
    found: SkillGaps = find_skill_gaps(tools, caller.organisation_id)
    gaps = [
        gap
        for gap in found.gaps
        if (area is None or area in gap.areas) and (market is None or market in gap.markets)
    ]
    if area is not None:
        gaps.sort(key=lambda gap: -gap.areas[area])
    elif market is not None:
        gaps.sort(key=lambda gap: -gap.markets[market])
    return SkillGapsOut.model_construct(
        as_of=found.as_of,
        people=found.people,
        suppressed_below=LEAST,
        items=[SkillGapOut.of(gap) for gap in gaps[:limit]],
        courses=[CourseHelpOut.of(one) for one in found.courses[:limit]],
    )
