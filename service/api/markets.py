"""/v1/markets: how far people from one country depend on few markets, and which are newer."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.api.fields import CountryCode, Model
from service.domain.access import Caller, Scope
from service.usecases.show_markets import Markets, show_markets
from service.web.access import ToolsDep, only_known_parameters, with_scope

router = APIRouter(prefix="/v1", tags=["markets"], dependencies=[Depends(only_known_parameters)])

Reader = Annotated[Caller, Depends(with_scope(Scope.MATCH))]


class MarketOut(Model):
    """One destination; `newer` where it holds a small share of the open jobs abroad."""

    country: str
    listings: int
    share: float
    newer: bool
    corridor: str
    median_pay: float | None


class ConcentrationOut(Model):
    """How much hangs on how few: 1.0 of top_three_share means on three countries alone."""

    countries: int
    top_share: float
    top_three_share: float
    effective_countries: float


class MarketsOut(Model):
    """The open jobs abroad by destination, the largest first."""

    origin: str | None
    listings: int
    currency: str | None
    concentration: ConcentrationOut
    items: list[MarketOut]

    @classmethod
    def of(cls, found: Markets) -> "MarketsOut":
        """Write markets out."""
        spread = found.concentration
        return cls(
            origin=found.origin,
            listings=found.listings,
            currency=found.currency,
            concentration=ConcentrationOut(
                countries=spread.countries,
                top_share=round(spread.top_share, 4),
                top_three_share=round(spread.top_three_share, 4),
                effective_countries=round(spread.effective, 2),
            ),
            items=[
                MarketOut(
                    country=one.destination.country,
                    listings=one.destination.listings,
                    share=round(one.destination.share, 4),
                    newer=one.destination.newer,
                    corridor=one.corridor,
                    median_pay=one.median_pay,
                )
                for one in found.markets
            ],
        )


@router.get("/markets", operation_id="get_markets")
def markets(
    tools: ToolsDep,
    caller: Reader,
    origin: Annotated[
        CountryCode | None, Query(description="Where the people are from; none: all open jobs.")
    ] = None,
) -> MarketsOut:
    """Show where the open jobs abroad are for people from one country."""
    return MarketsOut.of(show_markets(tools, origin, caller.organisation_id))
