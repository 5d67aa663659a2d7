"""Measure what is read out of words: evidence against labels, and twins against each other."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from service.domain.embedding import Vectors
from service.domain.person import Profile, Route
from service.domain.request import MatchRequest
from service.matching.metrics import ranking
from service.ports import Encoder, ProgressBar, Tools
from service.skills.requirements import requirement_texts
from service.usecases.evaluate import Board
from service.usecases.find_matches import match_profile
from service.usecases.gold import GoldEvidence, GoldPerson
from service.usecases.understand import understand

_FIRST = 10


@dataclass(frozen=True, slots=True)
class EvidenceQuality:
    """Of requirements said to be met, how many are; and how many of the met were found."""

    precision: float
    recall: float
    pairs: int
    met_from: float


def evidence_quality(
    tools: Tools, people: Sequence[GoldPerson], labels: Sequence[GoldEvidence], board: Board
) -> EvidenceQuality:
    """Hold the rule for evidence against the labelled requirements."""
    pairs = evidence_cosines(tools, people, labels, board)
    said = [met for cosine, met in pairs if cosine >= tools.scorer.met]
    right, all_met = sum(said), sum(met for _, met in pairs)
    return EvidenceQuality(
        precision=right / max(len(said), 1),
        recall=right / max(all_met, 1),
        pairs=len(pairs),
        met_from=tools.scorer.met,
    )


def evidence_cosines(
    tools: Tools, people: Sequence[GoldPerson], labels: Sequence[GoldEvidence], board: Board
) -> list[tuple[float, bool]]:
    """Return (best phrase's cosine, whether it is met) for every label."""
    profiles = {one.id: one.profile for one in people}
    listings = {one.external_id: one.content for one in board.listings}
    of_person: dict[str, list[GoldEvidence]] = defaultdict(list)
    for label in labels:
        of_person[label.person].append(label)
    found = []
    for person, own in of_person.items():
        phrases = understand(tools, profiles[person]).vectors[1:]
        for label in own:
            if label.requirement not in requirement_texts(listings[label.listing]):
                continue
            asked = tools.encoder.encode([tools.neutral.words(label.requirement)])
            cosine = float((phrases @ asked.T).max()) if len(phrases) else -1.0
            found.append((cosine, label.met))
    return found


@dataclass(frozen=True, slots=True)
class TwinsQuality:
    """How often two texts that differ in one protected fact get the same first ten."""

    change: str
    pairs: int
    same: float
    plain: float


def twins_quality(
    tools: Tools, folder: Path, board: Board, plain_encoder: Encoder, bar: ProgressBar
) -> list[TwinsQuality]:
    """Compare the first ten of each route for every pair of data/gold/twins.jsonl.

    Beside it, the first ten listings by the whole text's cosine with `plain_encoder`.
    """
    lines = (folder / "twins.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [json.loads(line) for line in lines]
    bar.start("Twins", len(pairs))
    documents = plain_encoder.encode(board.texts())
    same: dict[str, list[bool]] = defaultdict(list)
    plain: dict[str, list[bool]] = defaultdict(list)
    for pair in pairs:
        a, b = pair["base"], pair["text"]
        same[pair["change"]].append(_first_ten(tools, a) == _first_ten(tools, b))
        plain[pair["change"]].append(
            _nearest_ten(plain_encoder, a, documents) == _nearest_ten(plain_encoder, b, documents)
        )
        bar.advance(1)
    return [
        TwinsQuality(
            change=change,
            pairs=len(found),
            same=sum(found) / len(found),
            plain=sum(plain[change]) / len(found),
        )
        for change, found in sorted(same.items())
    ]


def _first_ten(tools: Tools, text: str) -> dict[Route, list[str]]:
    """Return the listing ids of the first ten of each route, for words of someone from BD."""
    profile = Profile(text=text, home_country="BD")
    answer = match_profile(tools, MatchRequest(profile=profile, limit=_FIRST))
    return {
        route: [match.listing.id for match in matches] for route, matches in answer.routes.items()
    }


def _nearest_ten(encoder: Encoder, text: str, documents: Vectors) -> list[int]:
    """Return the ten documents nearest to the whole text: what a plain encoder would show."""
    scores = documents @ encoder.encode([text])[0]
    return [int(row) for row in ranking(scores)[:_FIRST]]
