"""Measure what is read out of words: evidence against labels, and twins against each other."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from service.domain.embedding import Vectors
from service.domain.errors import InvalidInputError
from service.domain.match import Match
from service.domain.person import Profile, Route
from service.domain.request import MatchRequest
from service.matching.evidence import Asked, Floats, evidence_features
from service.matching.metrics import ranking
from service.ports import Encoder, ProgressBar, Tools
from service.skills.requirements import requirement_texts
from service.usecases.evaluate import Board
from service.usecases.explain_answer import heard_of
from service.usecases.find_matches import match_profile
from service.usecases.gold import GoldEvidence, GoldPerson
from service.usecases.understand import understand

_FIRST = 10


@dataclass(frozen=True, slots=True)
class EvidenceQuality:
    """Of requirements said to be met, how many are; and how many of the met were found.

    missing_precision, missing_recall: the same for those said to be missing.
    """

    precision: float
    recall: float
    missing_precision: float
    missing_recall: float
    pairs: int
    met_from: float


def evidence_quality(
    tools: Tools, people: Sequence[GoldPerson], labels: Sequence[GoldEvidence], board: Board
) -> EvidenceQuality:
    """Hold the rule for evidence against the labelled requirements."""
    pairs = evidence_chances(tools, people, labels, board)
    said = [met for chance, met in pairs if chance >= tools.evidence.met]
    right, all_met = sum(said), sum(met for _, met in pairs)
    all_missing, said_missing = len(pairs) - all_met, len(pairs) - len(said)
    right_missing = all_missing - (len(said) - right)
    return EvidenceQuality(
        precision=right / max(len(said), 1),
        recall=right / max(all_met, 1),
        missing_precision=right_missing / max(said_missing, 1),
        missing_recall=right_missing / max(all_missing, 1),
        pairs=len(pairs),
        met_from=tools.evidence.met,
    )


def evidence_chances(
    tools: Tools, people: Sequence[GoldPerson], labels: Sequence[GoldEvidence], board: Board
) -> list[tuple[float, bool]]:
    """Return (chance that it is met, whether it is) for every label."""
    rows = evidence_rows(tools, people, labels, board)
    known = [row for row, _, _ in rows if row is not None]
    chances = iter(tools.evidence.chance(np.stack(known)).tolist() if known else [])
    return [(0.0 if row is None else next(chances), met) for row, met, _ in rows]


def evidence_rows(
    tools: Tools, people: Sequence[GoldPerson], labels: Sequence[GoldEvidence], board: Board
) -> list[tuple[Floats | None, bool, str]]:
    """Return (features, whether it is met, the person's id) for every label.

    No features where nothing the person said was taken for work: nothing is found met.
    """
    profiles = {one.id: one.profile for one in people}
    listings = {one.external_id: one.content for one in board.listings}
    of_person: dict[str, list[GoldEvidence]] = defaultdict(list)
    for label in labels:
        of_person[label.person].append(label)
    found: list[tuple[Floats | None, bool, str]] = []
    for person, own in of_person.items():
        read = understand(tools, profiles[person])
        heard = heard_of(read) if len(read.vectors) > 1 else None
        for label in own:
            texts = requirement_texts(listings[label.listing])
            if label.requirement not in texts:
                message = f"{label.listing} no longer asks for: {label.requirement}"
                raise ValueError(message)
            if heard is None:
                found.append((None, label.met, person))
                continue
            pair = tuple(tools.neutral.words(one) for one in (texts[0], label.requirement))
            row = evidence_features(heard, [Asked(tools.listing_encoder.encode(pair), pair)])[0]
            found.append((row, label.met, person))
    return found


@dataclass(frozen=True, slots=True)
class TwinsQuality:
    """How often two texts that differ in one protected fact get the same first ten."""

    change: str
    pairs: int
    same: float
    """The first ten of every route, thirty listings, in the same order."""
    same_best_ten: float
    """The ten highest scores of the whole answer, in the same order."""
    plain: float


def twins_quality(  # noqa: PLR0913, PLR0917 - what is measured, against what, of how many
    tools: Tools,
    folder: Path,
    board: Board,
    plain_encoder: Encoder,
    bar: ProgressBar,
    every: int = 1,
) -> list[TwinsQuality]:
    """Compare the first ten of each route for every pair of data/gold/twins.jsonl, or some.

    Beside it, the first ten listings by the whole text's cosine with `plain_encoder`.
    """
    lines = (folder / "twins.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [json.loads(line) for line in lines[::every]]
    bar.start("Twins", len(pairs))
    documents = plain_encoder.encode(board.texts())
    same: dict[str, list[bool]] = defaultdict(list)
    best_ten: dict[str, list[bool]] = defaultdict(list)
    plain: dict[str, list[bool]] = defaultdict(list)
    # Six texts differ from one, each in something else.
    answers = cache(lambda text: _answers(tools, text))
    for pair in pairs:
        a, b = pair["base"], pair["text"]
        first, second = answers(a), answers(b)
        same[pair["change"]].append(_ids(first) == _ids(second))
        best_ten[pair["change"]].append(_best_ten(first) == _best_ten(second))
        plain[pair["change"]].append(
            _nearest_ten(plain_encoder, a, documents) == _nearest_ten(plain_encoder, b, documents)
        )
        bar.advance(1)
    return [
        TwinsQuality(
            change=change,
            pairs=len(found),
            same=sum(found) / len(found),
            same_best_ten=sum(best_ten[change]) / len(found),
            plain=sum(plain[change]) / len(found),
        )
        for change, found in sorted(same.items())
    ]


Ranked = dict[Route, list[Match]]


def _answers(tools: Tools, text: str) -> Ranked:
    """Return the first ten of each route, for words of someone from BD."""
    profile = Profile(text=text, home_country="BD")
    try:
        answer = match_profile(tools, MatchRequest(profile=profile, limit=_FIRST))
    except InvalidInputError:
        return {}  # nothing was taken for work
    return {route: list(matches) for route, matches in answer.routes.items()}


def _ids(answer: Ranked) -> dict[Route, list[str]]:
    return {route: [one.listing.id for one in matches] for route, matches in answer.items()}


def _best_ten(answer: Ranked) -> list[str]:
    every = [one for matches in answer.values() for one in matches]
    return [one.listing.id for one in sorted(every, key=lambda one: -one.score)[:_FIRST]]


def _nearest_ten(encoder: Encoder, text: str, documents: Vectors) -> list[int]:
    """Return the ten documents nearest to the whole text: what a plain encoder would show."""
    scores = documents @ encoder.encode([text])[0]
    return [int(row) for row in ranking(scores)[:_FIRST]]
