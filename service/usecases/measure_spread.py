"""What spreading overseas answers over countries costs, measured on the gold set."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from service.domain.errors import InvalidInputError
from service.domain.person import Profile, Route
from service.domain.request import MatchRequest
from service.matching.metrics import ndcg_at
from service.ports import ProgressBar, Tools
from service.rules.markets import concentration
from service.usecases.evaluate import Board, bootstrap_interval
from service.usecases.find_matches import match_profile
from service.usecases.gold import GoldPerson

_LIMIT: Final = 10


@dataclass(frozen=True, slots=True)
class SpreadQuality:
    """nDCG@10 of the overseas route without and with spread, over people with a graded job abroad.

    change: of the mean, as a share; low, high: its 95% interval. exchanged: listings per answer.
    countries, spread_countries: how many equally large countries an answer is worth, on average,
    without and with it.
    """

    dial: float
    people: int
    plain: float
    spread: float
    change: float
    low: float
    high: float
    exchanged: float
    countries: float
    spread_countries: float


def spread_quality(
    tools: Tools, people: Sequence[GoldPerson], board: Board, bar: ProgressBar
) -> SpreadQuality:
    """Answer every person twice, with the dial at 0 and as it is set."""
    country = dict(zip(board.names, (one.content.country for one in board.listings), strict=True))
    dial = tools.guidance.diversity
    values, counts, exchanged = [], [], []
    bar.start("Spread over countries", len(people))
    for person in people:
        bar.advance(1)
        home = person.profile.home_country
        grades = {
            name: grade for name, grade in person.grades.items() if country.get(name, home) != home
        }
        if not any(grades.values()):
            continue
        answers = [_abroad(tools, person.profile, one) for one in (0.0, dial)]
        values.append([_ndcg(names, grades) for names in answers])
        counts.append([_effective([country[name] for name in names]) for names in answers])
        exchanged.append(len(set(answers[1]) - set(answers[0])))
    pairs = np.array(values)
    plain, spread = pairs.mean(axis=0).tolist()
    low, high = bootstrap_interval(pairs[:, 1] - pairs[:, 0])
    before, after = np.array(counts).mean(axis=0).tolist()
    return SpreadQuality(
        dial=dial,
        people=len(pairs),
        plain=plain,
        spread=spread,
        change=(spread - plain) / plain,
        low=low / plain,
        high=high / plain,
        exchanged=float(np.mean(exchanged)),
        countries=before,
        spread_countries=after,
    )


def _abroad(tools: Tools, profile: Profile, dial: float) -> list[str]:
    request = MatchRequest(profile=profile, routes=(Route.OVERSEAS,), limit=_LIMIT, diversity=dial)
    try:
        found = match_profile(tools, request).routes[Route.OVERSEAS]
    except InvalidInputError:
        return []
    return [one.listing.external_id for one in found]


def _ndcg(names: Sequence[str], grades: dict[str, int]) -> float:
    shown = np.exp2([float(grades.get(name, 0)) for name in names] or [0.0]) - 1
    every = np.exp2([float(grade) for grade in grades.values()]) - 1
    return ndcg_at(shown, _LIMIT, every)


def _effective(countries: Sequence[str]) -> float:
    return concentration([countries.count(one) for one in set(countries)]).effective
