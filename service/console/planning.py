"""Planning: which skills are missing most, and where the open jobs are, for whoever plans."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse

from service.console.choices import countries, country_name
from service.console.desk import Desk, desk_with
from service.console.forms import Form
from service.console.languages import N_
from service.console.planning_charts import Chart, bars
from service.domain.access import Scope
from service.domain.match import MissingKind
from service.domain.person import Route
from service.rules.suppress import LEAST
from service.usecases.export_refused import csv_line
from service.usecases.find_skill_gaps import UNKNOWN_AREA, SkillGap, SkillGaps, find_skill_gaps
from service.usecases.show_markets import Markets, show_markets

router = APIRouter(prefix="/console", include_in_schema=False)

_INVALID: Final = 422
_BARS: Final = 12
_ROWS: Final = 50
# A spreadsheet reads letters that are not English only behind this mark.
_MARK: Final = "\ufeff"
KINDS: Final = {
    MissingKind.SKILL: N_("Skill"),
    MissingKind.LANGUAGE: N_("Language"),
    MissingKind.CERTIFICATE: N_("Certificate"),
    MissingKind.EXPERIENCE: N_("Experience"),
}
MARKETS: Final = {Route.LOCAL: N_("Jobs at home"), Route.OVERSEAS: N_("Jobs abroad")}
CORRIDORS: Final = {
    "closed": N_("Closed"),
    "open": N_("Open"),
    "unknown": N_("Not known"),
}

Planning = Annotated[Desk, Depends(desk_with(Scope.INSIGHTS_READ))]


@router.get("/planning")
def show(desk: Planning, area: str = "", market: str = "") -> Response:
    """Show which missing skills keep most people from most jobs."""
    found = find_skill_gaps(desk.tools, desk.me.organisation_id)
    form = Form("", "/console/planning")
    form.values = {"area": [area], "market": [market]}
    if area and market:
        # Nobody has counted both at once; a figure of one alone would stand under both names.
        form.refuse("market", desk.text(N_("Choose a district or the kind of jobs, not both.")))
    gaps = _picked(found, area, market) if form.ok else []
    areas = sorted({one for gap in found.gaps for one in gap.areas})
    return desk.page(
        "planning/gaps.html",
        200 if form.ok else _INVALID,
        search=form,
        found=found,
        gaps=gaps[:_ROWS],
        counts=[_people(gap, area, market) for gap in gaps],
        chart=_gap_chart(desk, gaps, area, market),
        areas=[(one, _area(desk, one)) for one in areas],
        kinds=KINDS,
        markets=MARKETS,
        least=LEAST,
        query=urlencode({"area": area, "market": market}),
    )


def _picked(found: SkillGaps, area: str, market: str) -> list[SkillGap]:
    """Return the gaps of the same table for an area or a market: nothing more is counted."""
    gaps = [
        gap
        for gap in found.gaps
        if (not area or area in gap.areas) and (not market or market in gap.markets)
    ]
    return sorted(gaps, key=lambda gap: -_people(gap, area, market))


def _people(gap: SkillGap, area: str, market: str) -> int:
    if area:
        return gap.areas[area]
    return gap.markets[Route(market)] if market else gap.people


def _area(desk: Desk, name: str) -> str:
    if name == UNKNOWN_AREA:
        return desk.text(N_("Place not known"))
    code, _, region = name.partition(" ")
    country = country_name(desk.language, code)
    return country if region == UNKNOWN_AREA else f"{region}, {country}"


def _gap_chart(desk: Desk, gaps: list[SkillGap], area: str, market: str) -> Chart:
    rows = [
        (gap.requirement, count, desk.formats.number(count), False)
        for gap in gaps[:_BARS]
        if (count := _people(gap, area, market))
    ]
    summary = desk.text(N_("Bars: people who lack each skill. The same figures are in the table."))
    return bars(rows, summary, rtl=desk.language.rtl)


@router.get("/planning/gaps.csv")
def gaps_csv(desk: Planning, area: str = "", market: str = "") -> Response:
    """Download the same figures."""
    if area and market:
        return desk.redirect("/console/planning?" + urlencode({"area": area, "market": market}))
    found = find_skill_gaps(desk.tools, desk.me.organisation_id)
    head = [N_("What is missing"), N_("Kind"), N_("People"), N_("Jobs"), N_("Trainings that help")]
    rows = (
        [
            gap.requirement,
            desk.text(KINDS[gap.kind]),
            str(_people(gap, area, market)),
            str(gap.jobs),
            "; ".join(one.listing.content.title for one in gap.courses),
        ]
        for gap in _picked(found, area, market)
    )
    return _csv(desk, "skill-gaps.csv", head, rows)


def _csv(desk: Desk, name: str, head: list[str], rows: Iterable[list[str]]) -> StreamingResponse:
    def lines() -> Iterator[str]:
        yield _MARK + csv_line([desk.text(one) for one in head])
        for row in rows:
            yield csv_line(row)

    return StreamingResponse(
        lines(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/planning/markets")
def markets(desk: Planning, origin: str = "") -> Response:
    """Show where the open jobs abroad are, and how much hangs on few countries."""
    chosen = origin if origin in dict(countries(desk.language)) else ""
    found = show_markets(desk.tools, chosen or None, desk.me.organisation_id)
    form = Form("", "/console/planning/markets")
    form.values = {"origin": [chosen]}
    return desk.page(
        "planning/markets.html",
        search=form,
        found=found,
        chart=_market_chart(desk, found),
        countries=countries(desk.language),
        corridors=CORRIDORS,
        query=urlencode({"origin": chosen}),
    )


def _market_chart(desk: Desk, found: Markets) -> Chart:
    rows = [
        (
            country_name(desk.language, one.destination.country),
            one.destination.listings,
            desk.formats.number(one.destination.listings),
            one.destination.newer,
        )
        for one in found.markets[:_BARS]
    ]
    summary = desk.text(N_("Bars: open jobs by country. The same figures are in the table."))
    return bars(rows, summary, rtl=desk.language.rtl)


@router.get("/planning/markets.csv")
def markets_csv(desk: Planning, origin: str = "") -> StreamingResponse:
    """Download the same figures."""
    chosen = origin if origin in dict(countries(desk.language)) else ""
    found = show_markets(desk.tools, chosen or None, desk.me.organisation_id)
    head = [N_("Country"), N_("Open jobs"), N_("Share"), N_("State"), N_("Usual pay in a month")]
    rows = (
        [
            country_name(desk.language, one.destination.country),
            str(one.destination.listings),
            f"{one.destination.share:.3f}",
            desk.text(CORRIDORS[one.corridor]) if chosen else "",
            "" if one.median_pay is None else f"{one.median_pay:.0f} {found.currency}",
        ]
        for one in found.markets
    )
    return _csv(desk, "markets.csv", head, rows)
