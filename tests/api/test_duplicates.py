"""The same vacancy from two sources over HTTP: proposed, confirmed, shown once."""

import json
import time
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.api.support import JSON, KeyMaker, errors, problem

ADVERT: JSON = {
    "kind": "job",
    "title": "Marble polisher",
    "country": "BD",
    "employer": "River Stone Works Ltd",
    "description": "Polishes marble floors and stairs with machines, by wet and dry grinding.",
    "skills": ["polish marble", "grind stone floors"],
}
OTHER: JSON = ADVERT | {"title": "Polisher, marble", "employer": "River Stone Works"}
QUESTION: JSON = {"text": "I polish marble and grind stone floors", "home_country": "BD"}


@pytest.fixture
def pair(api: TestClient) -> Iterator[tuple[str, str]]:
    """Ids of one vacancy as a ministry and as a board have it."""
    first = api.put("/v1/listings/ministry/twin", json=ADVERT)
    assert "link" not in first.headers
    second = api.put("/v1/listings/board/twin", json=OTHER)
    ids = first.json()["id"], second.json()["id"]
    assert second.headers["link"] == f'</v1/listings/{ids[0]}>; rel="duplicate"'
    yield ids
    for source in ("ministry", "board"):
        api.delete(f"/v1/listings/{source}/twin")


def _matched(api: TestClient, sent: dict[str, str] | None = None) -> list[str]:
    answer = api.post("/v1/match", json=QUESTION, headers=sent).json()
    found = [one["listing"]["id"] for one in answer["routes"]["local"]]
    ranks = [one["rank"] for one in answer["routes"]["local"]]
    assert ranks == list(range(1, len(ranks) + 1))
    return found


def test_a_pair_is_proposed_from_both_sides(api: TestClient, pair: tuple[str, str]) -> None:
    """With how alike the two are, and nothing said yet; both are matched."""
    for one, other in (pair, pair[::-1]):
        (found,) = api.get(f"/v1/listings/{one}/duplicates").json()["items"]
        assert found["listing"]["id"] == other
        assert found["likeness"] > 0.8
        assert found["same"] is None
    assert set(pair) <= set(_matched(api))


def test_of_a_confirmed_pair_matches_show_one(
    api: TestClient, pair: tuple[str, str], key_with: KeyMaker
) -> None:
    """For the organisation that said so; for others, and once it is taken back, both."""
    api.post("/v1/organisations", json={"id": "elsewhere", "name": "Elsewhere"})
    sent = {"Authorization": key_with("match", organisation="elsewhere")}
    path = f"/v1/listings/{pair[1]}/duplicates/{pair[0]}"
    said = api.put(path, json={"same": True})
    assert said.json() == {"listing": pair[1], "other": pair[0], "same": True}
    assert len(set(pair) & set(_matched(api))) == 1
    assert set(pair) <= set(_matched(api, sent))
    (found,) = api.get(f"/v1/listings/{pair[0]}/duplicates").json()["items"]
    assert found["same"] is True
    api.put(path, json={"same": False})
    assert set(pair) <= set(_matched(api))
    (found,) = api.get(f"/v1/listings/{pair[0]}/duplicates").json()["items"]
    assert found["same"] is False


def test_a_source_knows_its_own(api: TestClient, pair: tuple[str, str]) -> None:
    """Two posts of one source are two; a changed advert of another vacancy is proposed no more."""
    again = api.put("/v1/listings/board/second", json=OTHER)
    assert pair[1] not in again.headers["link"]
    api.delete("/v1/listings/board/second")
    changed = api.put("/v1/listings/board/twin", json=OTHER | {"title": "Driver"})
    assert "link" not in changed.headers
    assert api.get(f"/v1/listings/{pair[0]}/duplicates").json()["items"] == []


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_an_import_proposes(api: TestClient, pair: tuple[str, str], dry_run: str) -> None:
    """Row by row, of a dry run too."""
    rows = (
        json.dumps(OTHER | {"external_id": "a"})
        + "\n"
        + json.dumps(OTHER | {"external_id": "b", "title": "Driver"})
    )
    path = f"/v1/imports?kind=listings&source=third&dry_run={dry_run}"
    location = api.post(path, content=rows).headers["location"]
    ends = time.monotonic() + 60
    while api.get(location).json()["state"] != "done":
        assert time.monotonic() < ends
    found = api.get(f"{location}/rows").json()["items"]
    assert [set(one["possible_duplicates"]) for one in found] == [set(pair), set()]
    for name in ("a", "b"):
        api.delete(f"/v1/listings/third/{name}")


def test_only_what_there_is_can_be_said(api: TestClient, pair: tuple[str, str]) -> None:
    """Of two listings that one may see, and that are two."""
    path = f"/v1/listings/{pair[0]}/duplicates"
    problem(api.put(f"{path}/lst_none", json={"same": True}), 404, "not_found")
    problem(api.put(f"/v1/listings/x/duplicates/{pair[0]}", json={"same": True}), 404, "not_found")
    assert errors(api.put(f"{path}/{pair[0]}", json={"same": True}))
    assert list(errors(api.put(f"{path}/{pair[1]}", json={"same": "yes"}))) == ["/same"]
