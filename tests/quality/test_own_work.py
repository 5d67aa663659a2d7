"""The English-writing sample people find their own kind of work, asked over HTTP."""

import csv
import json
from collections import defaultdict
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.settings import bundled

ENOUGH = 0.85


def people() -> list[dict[str, Any]]:
    """Return the sample people who write English."""
    path = bundled("data", "people", "english.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def own_work() -> dict[str, set[str]]:
    """Return person → listings of their own kind of work, from the hand-made table."""
    found: dict[str, set[str]] = defaultdict(set)
    with bundled("data", "judgements", "own_work.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["listing"]:
                found[row["person"]].add(row["listing"])
    return found


def finds_own(client: TestClient, person: dict[str, Any], profile: dict[str, Any]) -> bool:
    """Tell whether the top three of the best route hold the person's own kind of work.

    The best route is the one whose first match scores highest: all share one scale.
    """
    body = {
        "text": person["text"],
        "home_country": person["home_country"],
        "profile": profile,
        "limit": 3,
    }
    answer = client.post("/v1/match", json=body)
    assert answer.status_code == 200, answer.text
    routes = [matches for matches in answer.json()["routes"].values() if matches]
    best = max(routes, key=lambda matches: matches[0]["score"])
    return bool({one["listing"]["external_id"] for one in best} & own_work()[person["external_id"]])


@pytest.mark.parametrize("told", ["words alone", "words, skills and experiences"])
def test_own_kind_of_work_stands_in_the_top_three(sample_client: TestClient, told: str) -> None:
    """At least 85% of the people find their own kind of work in the best route's top three."""
    asked = people()
    fields = ("skills", "experiences") if told != "words alone" else ()
    found = [
        finds_own(sample_client, one, {name: one.get(name) or [] for name in fields})
        for one in asked
    ]
    share = sum(found) / len(found)
    missed = [one["external_id"] for one, hit in zip(asked, found, strict=True) if not hit]
    assert len(asked) >= 60
    assert share >= ENOUGH, missed
