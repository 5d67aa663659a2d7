"""Read the gold set: people, graded listings, the split, labelled evidence."""

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.domain.listing import LanguageSkill
from service.domain.person import Profile

SPLITS: Final = ("dev", "test")


@dataclass(frozen=True, slots=True)
class GoldPerson:
    """A judged person. `grades`: listing external id → 1, 2 or 3; everything else is 0."""

    id: str
    family: str
    gender: str
    language: str
    hard: tuple[str, ...]
    split: str
    profile: Profile
    grades: dict[str, int]


@dataclass(frozen=True, slots=True)
class GoldEvidence:
    """Whether a person's own words meet one requirement of a listing."""

    person: str
    listing: str
    requirement: str
    met: bool


def read_gold(folder: Path, split: str) -> list[GoldPerson]:
    """Return the people of one split, in order of id."""
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for path in sorted(folder.glob("relevance_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                grades[row["person"]][row["listing"]] = int(row["grade"])
    with (folder / "split.csv").open(encoding="utf-8", newline="") as file:
        chosen = {row["person"]: row["split"] for row in csv.DictReader(file)}
    people = []
    for path in sorted(folder.glob("people_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            if chosen[raw["id"]] != split:
                continue
            people.append(
                GoldPerson(
                    id=raw["id"],
                    family=raw["family"],
                    gender=raw["gender"],
                    language=raw["lang"],
                    hard=tuple(raw["hard"]),
                    split=split,
                    profile=Profile(
                        text=raw["text"],
                        home_country=raw["home_country"],
                        languages=tuple(
                            LanguageSkill(one["code"], one.get("level"))
                            for one in raw.get("languages") or ()
                        ),
                    ),
                    grades=dict(grades[raw["id"]]),
                )
            )
    return sorted(people, key=lambda person: person.id)


def read_evidence(folder: Path, people: set[str]) -> list[GoldEvidence]:
    """Return the labelled requirements of these people."""
    found = []
    for path in sorted(folder.glob("evidence_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            if raw["person"] in people:
                found.append(
                    GoldEvidence(raw["person"], raw["listing"], raw["requirement"], raw["met"])
                )
    return found
