"""Whether the first pathways hold a training that truly helps, by a hand-judged table."""

import csv
from dataclasses import dataclass
from pathlib import Path

from service.domain.errors import InvalidInputError
from service.domain.person import Profile
from service.ports import ProgressBar, Tools
from service.usecases.load_sample import sample_people
from service.usecases.plan_pathways import pathways_for
from service.usecases.rulebook import rulebook
from service.usecases.understand import understand


@dataclass(frozen=True, slots=True)
class PathwayQuality:
    """How often the first three pathways hold a training that was judged to help.

    people: who have at least one such training. helped: for how many one is there. missed: the
    others.
    """

    people: int
    helped: int
    missed: tuple[str, ...]


def pathway_quality(tools: Tools, folder: Path, bar: ProgressBar) -> PathwayQuality:
    """Plan pathways for the judged sample people (data/judgements/pathways.csv)."""
    with (folder / "judgements" / "pathways.csv").open(encoding="utf-8", newline="") as file:
        judged = {
            row["person"]: set(row["trainings"].split("|"))
            for row in csv.DictReader(file)
            if row["trainings"]
        }
    people = sample_people(folder, tools.clock.today())
    profiles = {name: profile for name, _, profile in people if name in judged}
    bar.start("Pathways", len(profiles))
    missed = []
    for name, profile in profiles.items():
        bar.advance(1)
        if not judged[name] & _first_three(tools, profile):
            missed.append(name)
    return PathwayQuality(len(profiles), len(profiles) - len(missed), tuple(missed))


def _first_three(tools: Tools, profile: Profile) -> set[str]:
    try:
        book = rulebook(tools, profile, viewer=None)
        found = pathways_for(tools, book, understand(tools, profile), 3)
    except InvalidInputError:
        return set()
    return {step.listing.external_id for one in found for step in one.steps}
