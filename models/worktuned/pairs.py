"""Training pairs in the shape of the task, from the team's own records and open data.

No benchmark query, corpus or judgement is read, and no O*NET title: O*NET gives its tasks
and descriptions only, because its titles are the queries of a published benchmark.
"""

import csv
import gzip
import io
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that belong together, one that only looks so, and what they are about.

    `group` names the occupation: two pairs of one group are never each other's negatives.
    """

    anchor: str
    positive: str
    negative: str | None
    group: str


def said_and_asked(folder: Path, rng: random.Random) -> list[Pair]:
    """Pairs of data/training: what a person says ↔ what a listing asks, or its title."""
    records = [
        json.loads(line)
        for path in sorted(folder.glob("said_asks_*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    siblings = defaultdict(list)
    for one in records:
        siblings[one["isco08"][:2]].append(one)
    pairs = []
    for one in records:
        group = f"isco:{one['isco08']}"
        others = [x for x in siblings[one["isco08"][:2]] if x["isco08"] != one["isco08"]]
        title_negative = rng.choice(others)["title"] if others else None
        pairs += [
            Pair(one["said"], one["asks"], one["near_miss"], group),
            Pair(one["said"], one["title"], title_negative, group),
            Pair(one["said"], f"{one['title']}. {one['asks']}", one["near_miss"], group),
            Pair(one["asks"], one["title"], title_negative, group),
        ]
        # A person says several things; a listing is met by each of them alone.
        clauses = [part.strip() for part in re.split(r"[.;,]", one["said"])]
        long = [part for part in clauses if len(part.split()) > 3]  # noqa: PLR2004
        if len(long) > 1:
            pairs.append(Pair(rng.choice(long), one["asks"], one["near_miss"], group))
    return pairs


def onet_histories(folder: Path, rng: random.Random) -> list[Pair]:
    """Three tasks of an occupation as a work history ↔ another of its tasks, or what it is."""
    described = {
        row["O*NET-SOC Code"]: row["Description"] for row in _tsv(folder, "Occupation_Data")
    }
    tasks = defaultdict(list)
    for row in _tsv(folder, "Task_Statements"):
        tasks[row["O*NET-SOC Code"]].append(row["Task"].rstrip("."))
    families = defaultdict(list)
    for code in tasks:
        families[code[:4]].append(code)
    pairs = []
    for code, own in tasks.items():
        near = [one for one in families[code[:4]] if one[:7] != code[:7]]
        for _ in range(6):
            if len(own) < 5:  # noqa: PLR2004 - three for the history, two to ask
                break
            *history, asked, _rest = rng.sample(own, 5)
            negative = rng.choice(tasks[rng.choice(near)]) if near else None
            said = rng.choice((", ".join, ". ".join))([_spoken(task, rng) for task in history])
            positive = asked if rng.random() < 0.7 else described[code]  # noqa: PLR2004
            pairs.append(Pair(said, positive, negative, f"soc:{code[:7]}"))
    return pairs


def esco_titles(folder: Path, rng: random.Random, most: int) -> list[Pair]:
    """Alternative ↔ preferred label, and description ↔ label, of ESCO occupations."""
    path = folder / "occupations_en_v1.0.8.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    groups = defaultdict(list)
    for row in rows:
        groups[row["iscoGroup"]].append(row["preferredLabel"])
    pairs = []
    for row in rows:
        label, group = row["preferredLabel"], f"esco:{row['conceptUri']}"
        near = [one for one in groups[row["iscoGroup"]] if one != label]
        negative = rng.choice(near) if near else None
        others = [one.strip() for one in row["altLabels"].splitlines() if one.strip()]
        rng.shuffle(others)
        pairs += [Pair(one, label, negative, group) for one in others[:5]]
        pairs += [
            Pair(a, b, None, group) for a, b in zip(others[:6:2], others[1:6:2], strict=False)
        ]
        pairs.append(Pair(row["description"][:400], label, negative, group))
    rng.shuffle(pairs)
    return pairs[:most]


def general_sentences(folder: Path, most: int, rng: random.Random) -> list[str]:
    """Everyday English sentences of Tatoeba, for holding on to the general model."""
    found: set[str] = set()
    for path in sorted(folder.glob("en-*.tsv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            found.update(line.split("\t", 1)[0].strip() for line in file)
    sentences = sorted(found)
    rng.shuffle(sentences)
    return sentences[:most]


def _tsv(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with gzip.open(folder / f"{name}.txt.gz", "rt", encoding="utf-8") as raw:
        yield from csv.DictReader(io.StringIO(raw.read()), delimiter="\t")


def _spoken(task: str, rng: random.Random) -> str:
    """Cut a task statement to its main clause and put it in lower case, as people speak."""
    short = re.split(r", (?:using|such as|to ensure|according)|;", task)[0]
    start = rng.choice(("I ", "", "", "we had to "))
    return f"{start}{short[:1].lower()}{short[1:]}"
