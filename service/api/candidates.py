"""/v1/listings/{id}/candidates: who, of those who agreed, could do this."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from service.api.fields import Model
from service.api.match_models import (
    EvidenceOut,
    FlagOut,
    IndexOut,
    MatchListing,
    MissingOut,
    ModelOut,
    NoticeOut,
)
from service.domain.access import Caller, Scope
from service.domain.audit import Action
from service.domain.candidate import Candidate, Candidates, Contactable
from service.domain.match import IndexState, Tier
from service.domain.person import Route
from service.usecases.find_candidates import find_candidates
from service.web.access import ToolsDep, only_known_parameters, with_scope
from service.web.audit import Accessing, Shown

router = APIRouter(
    prefix="/v1/listings", tags=["match"], dependencies=[Depends(only_known_parameters)]
)

Seeker = Annotated[
    Caller, Depends(with_scope(Scope.MATCH, Scope.LISTINGS_READ, Scope.RETURNEES_READ))
]
Seeking = Annotated[Shown, Depends(Accessing(Action.CANDIDATES_READ))]


class CandidateReturnee(Model):
    """Who it is. Names of your own only: those of other organisations stay with these."""

    id: str
    organisation: str
    source: str | None
    external_id: str | None
    home_country: str | None
    region: str | None

    @classmethod
    def of(cls, one: Candidate) -> "CandidateReturnee":
        """Write down what the asker may see."""
        person, own = one.person, one.contactable is Contactable.DIRECTLY
        return cls.model_construct(
            id=person.id,
            organisation=person.organisation_id,
            source=person.source if own else None,
            external_id=person.external_id if own else None,
            home_country=person.profile.home_country,
            region=person.profile.region,
        )


class CandidateOut(Model):
    """A person, ranked for the listing as their own answer would rank the listing for them."""

    returnee: CandidateReturnee
    rank: int
    score: float
    tier: Tier
    route: Annotated[Route, Field(description="The route on which they would see the listing.")]
    contact: Annotated[
        Contactable,
        Field(description="directly: yours; through_organisation: ask the one that knows them."),
    ]
    evidence: list[EvidenceOut]
    missing: list[MissingOut]
    flags: list[FlagOut]
    distance_km: float | None

    @classmethod
    def of(cls, one: Candidate) -> "CandidateOut":
        """Write a candidate out."""
        match = one.match
        return cls.model_construct(
            returnee=CandidateReturnee.of(one),
            rank=match.rank,
            score=match.score,
            tier=match.tier,
            route=one.route,
            contact=one.contactable,
            evidence=[EvidenceOut.of(x) for x in match.evidence],
            missing=[MissingOut.of(x) for x in match.missing],
            flags=[FlagOut.of(x) for x in match.flags],
            distance_km=match.distance_km,
        )


class CandidatesOut(Model):
    """The best people for one listing, the best first."""

    listing: MatchListing
    items: list[CandidateOut]
    notices: list[NoticeOut]
    model: ModelOut
    index: IndexOut

    @classmethod
    def of(cls, found: Candidates, state: IndexState) -> "CandidatesOut":
        """Write the answer out."""
        return cls.model_construct(
            listing=MatchListing.of(found.listing),
            items=[CandidateOut.of(one) for one in found.items],
            notices=[NoticeOut(code=x.code, text=x.text) for x in found.notices],
            model=ModelOut(id=found.model.id, revision=found.model.revision),
            index=IndexOut(generation=state.generation, listings=state.listings),
        )


@router.get("/{listing_id}/candidates", operation_id="find_candidates")
def candidates(
    listing_id: str,
    tools: ToolsDep,
    caller: Seeker,
    shown: Seeking,
    limit: Annotated[int, Query(ge=1, le=100, description="People at most.")] = 10,
) -> CandidatesOut:
    """Rank people for a listing: yours, and those who agreed to be shared with you."""
    found = find_candidates(tools, listing_id, caller.organisation_id, limit)
    shown.of(found.listing.id, *(one.person.id for one in found.items))
    return CandidatesOut.of(found, tools.index.seen_by(caller.organisation_id))
