"""Training boards: listings and people written and judged together, for training only.

Read from data/training/board_*; never used to measure. A board holds its own listings, and its
people are graded over those: whether they fit another board's listings, nobody has judged.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.domain.listing import Kind, Listing
from service.skills.requirements import stated_requirements
from service.skills.segment import Clause, clauses

_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class LabelledClause:
    """A phrase in its sentence, and whether it is about work."""

    clause: Clause
    work: bool


@dataclass(frozen=True, slots=True)
class BoardPerson:
    """A judged person. grades: listing id → 1, 2 or 3; what is absent is 0.

    evidence: listing id → for each stated requirement, whether the text says it is met.
    """

    id: str
    text: str
    clauses: tuple[LabelledClause, ...]
    grades: dict[str, int]
    evidence: dict[str, tuple[bool, ...]]
    quotes: dict[str, tuple[str | None, ...]]


@dataclass(frozen=True, slots=True)
class TrainingBoard:
    """Listings by id, and the people graded over them."""

    name: str
    listings: dict[str, Listing]
    people: tuple[BoardPerson, ...]


def read_boards(folder: Path) -> list[TrainingBoard]:
    """Return the boards of data/training in order of name."""
    boards = []
    for path in sorted(folder.glob("board_*_people.jsonl")):
        name = path.name.split("_")[1]
        written = _lines(path.with_name(f"board_{name}_listings.jsonl"))
        listings = {raw["id"]: _listing(raw) for raw in written}
        people = tuple(_person(raw, listings) for raw in _lines(path))
        boards.append(TrainingBoard(name, listings, people))
    return boards


def labelled(text: str, spans: list[tuple[int, int]]) -> tuple[LabelledClause, ...]:
    """Cut a text into phrases; one that lies mostly in a span is not about work."""
    found, after = [], 0
    for one in clauses(text):
        begin = text.index(one.phrase, after)
        after = end = begin + len(one.phrase)
        covered = max((min(end, stop) - max(begin, start) for start, stop in spans), default=0)
        found.append(LabelledClause(one, covered < _MOSTLY * (end - begin)))
    return tuple(found)


def labelled_clauses(folder: Path) -> list[LabelledClause]:
    """Return the phrases of data/lexicon/sentences*.jsonl and phrases.jsonl, labelled."""
    found: list[LabelledClause] = []
    for path in sorted(folder.glob("sentences*.jsonl")):
        for raw in _lines(path):
            spans, after = [], 0
            for part, label in raw["parts"]:
                begin = raw["text"].index(part, after)
                after = begin + len(part)
                if label != "work":
                    spans.append((begin, after))
            found += labelled(raw["text"], spans)
    for raw in _lines(folder / "phrases.jsonl"):
        text = raw["text"]
        found += labelled(text, [] if raw["label"] == "work" else [(0, len(text))])
    return found


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _listing(raw: dict[str, Any]) -> Listing:
    return Listing(
        kind=Kind(raw["kind"]),
        title=raw["title"],
        # The boards' writers left places aside; a listing needs one.
        country="BD",
        description=raw.get("description"),
        skills=tuple(raw.get("skills") or ()),
        outcomes=tuple(raw.get("outcomes") or ()),
        isco08=raw.get("isco08") or None,
    )


def _person(raw: dict[str, Any], listings: dict[str, Listing]) -> BoardPerson:
    text = raw["text"]
    spans = [(text.index(one), text.index(one) + len(one)) for one in raw["noise"]]
    evidence, quotes = {}, {}
    for listing_id, found in raw["evidence"].items():
        asked = stated_requirements(listings[listing_id])
        if len(found) != len(asked):
            message = f"{raw['id']}: {len(found)} labels for {len(asked)} things {listing_id} asks"
            raise ValueError(message)
        if asked:
            evidence[listing_id] = tuple(quote is not None for quote in found)
            quotes[listing_id] = tuple(found)
    return BoardPerson(
        id=raw["id"],
        text=text,
        clauses=labelled(text, spans),
        grades={name: int(grade) for name, grade in raw["grades"].items() if grade},
        evidence=evidence,
        quotes=quotes,
    )
