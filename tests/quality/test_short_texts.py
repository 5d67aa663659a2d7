"""A few words are ranked by the work they name, however they are said."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

WITHIN = 0.15
"""How far the score of the same listing may move with the words around a trade."""
SHORT = [
    ("BD", "mason"),
    ("IN", "carpenter"),
    ("NP", "electrician"),
    ("IN", "welder"),
    ("IN", "plumber"),
    ("PK", "driver"),
    ("BD", "cook"),
    ("LK", "housemaid"),
    ("IN", "AC technician"),
    ("BD", "sewing machine operator"),
    ("PH", "barista"),
    ("NP", "scaffolder"),
]


def answered(client: TestClient, home: str, text: str) -> dict[str, list[dict[str, Any]]]:
    """Return the routes of an answer."""
    body = {"text": text, "home_country": home, "limit": 20}
    answer = client.post("/v1/match", json=body)
    assert answer.status_code == 200, answer.text
    routes: dict[str, list[dict[str, Any]]] = answer.json()["routes"]
    return routes


def scores(routes: dict[str, list[dict[str, Any]]]) -> dict[str, float]:
    """Return the score of each listing."""
    return {one["listing"]["id"]: one["score"] for some in routes.values() for one in some}


@pytest.mark.parametrize(("home", "trade"), SHORT)
def test_a_trade_is_ranked_alike_however_it_is_said(
    sample_client: TestClient, home: str, trade: str
) -> None:
    """The best listing for the bare word scores alike in a sentence with a place and years."""
    alone = scores(answered(sample_client, home, trade))
    article = "an" if trade[0] in "aeA" else "a"
    said = scores(answered(sample_client, home, f"I was {article} {trade} in Oman for 5 years"))
    best = max(alone, key=lambda one: alone[one])
    assert best in said
    assert abs(alone[best] - said[best]) <= WITHIN


@pytest.mark.parametrize(
    ("home", "first", "second"),
    [
        ("BD", "mason", "driver"),
        ("PK", "truck driver", "engine mechanic"),
        ("IN", "welder", "cook"),
        ("NP", "electrician", "plumber"),
        ("LK", "housemaid", "sewing machine operator"),
    ],
)
def test_who_has_had_two_trades_is_shown_both(
    sample_client: TestClient, home: str, first: str, second: str
) -> None:
    """The best listing of each trade is among those shown for both, at a third of its score."""
    both = scores(answered(sample_client, home, f"{first}, {second}"))
    for trade in (first, second):
        alone = scores(answered(sample_client, home, trade))
        best = max(alone, key=lambda one: alone[one])
        assert both.get(best, 0.0) >= alone[best] / 3, trade
