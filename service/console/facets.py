"""The filters of an answer, each with how many options it leaves."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from service.console.question import Chosen, Question, without_group
from service.domain.listing import Kind, Listing
from service.domain.match import Answer, Match, Tier
from service.domain.person import Route
from service.ports import Tools
from service.usecases.correct_match import match_corrected

_MANY: Final = 12


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter with the number of options it leaves."""

    group: str
    value: str
    count: int
    on: bool


def kept_by(match: Match, chosen: Chosen) -> bool:
    """Tell whether what is looked at after the search lets an option through."""
    listing = match.listing.content
    return (
        (not chosen.tiers or match.tier in chosen.tiers)
        and ("no_fee" not in chosen.only or free(listing))
        and ("pay" not in chosen.only or pays(listing))
    )


def free(listing: Listing) -> bool:
    """Tell whether a listing says that it costs the person nothing."""
    return (listing.fee if listing.kind is Kind.JOB else listing.cost) == 0


def pays(listing: Listing) -> bool:
    """Tell whether a listing says what it pays."""
    return listing.wage_min is not None or listing.wage_max is not None


def facets_of(tools: Tools, question: Question, answer: Answer) -> Mapping[str, tuple[Facet, ...]]:
    """Return every filter with how many options it leaves, counted in the answer itself.

    What a group's own filter hides is counted in an answer without it, so that each number is
    what ticking the box would show.
    """
    found = {}
    for group in ("routes", "countries", "sectors", "tiers", "only"):
        ticked: frozenset[str] = frozenset(map(str, getattr(question.chosen, group)))
        chosen = question.chosen
        counted = answer
        if ticked and group in {"routes", "countries", "sectors"}:
            chosen = without_group(question.chosen, group)
            counted = match_corrected(
                tools, question.request(chosen), question.corrections, question.person
            )
        elif ticked and group == "tiers":
            chosen = without_group(question.chosen, group)
        kept = [
            (route, one)
            for route, some in counted.routes.items()
            for one in some
            if kept_by(one, chosen)
        ]
        counts = Counter(value for route, one in kept for value in _values(group, route, one))
        for value in ticked:
            counts.setdefault(value, 0)
        found[group] = tuple(
            Facet(group, value, count, value in ticked) for value, count in _ordered(group, counts)
        )
    return found


def _ordered(group: str, counts: Counter[str]) -> Iterable[tuple[str, int]]:
    fixed: Mapping[str, Sequence[str]] = {
        "routes": [one.value for one in Route],
        "tiers": [one.value for one in Tier],
        "only": ["licensed", "no_fee", "pay"],
    }
    if group in fixed:
        return [(one, counts[one]) for one in fixed[group] if one in counts]
    return counts.most_common(_MANY)


def _values(group: str, route: Route, match: Match) -> Iterable[str]:
    listing = match.listing.content
    if group == "routes":
        return [route.value]
    if group == "countries":
        return [listing.country]
    if group == "sectors":
        return listing.sectors
    if group == "tiers":
        return [match.tier.value]
    facts = {
        "licensed": listing.recruiter_licensed is True,
        "no_fee": free(listing),
        "pay": pays(listing),
    }
    return [name for name, holds in facts.items() if holds]
