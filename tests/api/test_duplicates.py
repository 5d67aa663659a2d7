"""The same vacancy from two sources over HTTP: proposed, confirmed, shown once."""

import json
from collections.abc import Iterator, Sequence

import pytest
from fastapi.testclient import TestClient

from service.domain.listing import Listing
from service.ports import Tools
from service.usecases.find_twins import proposed_twins
from tests.api.support import JSON, KeyMaker, errors, problem
from tests.waiting import until_imported

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
    until_imported(api, location)
    found = api.get(f"{location}/rows").json()["items"]
    assert [set(one["possible_duplicates"]) for one in found] == [set(pair), set()]
    for name in ("a", "b"):
        api.delete(f"/v1/listings/third/{name}")


FOREMAN: JSON = ADVERT | {"title": "Foreman, marble polishing"}
COURSE: JSON = {"kind": "training", "country": "BD", "outcomes": ["marble polisher"]}


@pytest.mark.parametrize(
    ("born", "first", "second", "asked"),
    [
        (1970, FOREMAN, FOREMAN | {"title": "Marble polishing foreman"}, {"limit": 1}),
        (
            2000,
            COURSE | {"title": "Polishing of marble"},
            COURSE | {"title": "Marble polishing"},
            {},
        ),
    ],
)
def test_options_of_age_add_no_twin(
    api: TestClient, born: int, first: JSON, second: JSON, asked: JSON
) -> None:
    """Neither of what a route shows, nor of another option."""
    names = ("ministry", "board")
    ids = [
        api.put(f"/v1/listings/{name}/aged", json=body).json()["id"]
        for name, body in zip(names, (first, second), strict=True)
    ]
    profile = {"text": QUESTION["text"], "home_country": "BD", "birth_year": born}
    body = {"profile": profile, "routes": ["local"], "filters": {"sources": names}} | asked

    def shown() -> list[str]:
        answer = api.post("/v1/match", json=body).json()
        found = [*answer["routes"]["local"], *answer["age_hint"]["options"]]
        return [one["listing"]["id"] for one in found if one["listing"]["id"] in ids]

    assert sorted(shown()) == sorted(ids)
    api.put(f"/v1/listings/{ids[1]}/duplicates/{ids[0]}", json={"same": True})
    assert len(shown()) == 1
    for name in names:
        api.delete(f"/v1/listings/{name}/aged")


def test_twins_are_looked_for_once(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what a file changes; not again of a row that says what is stored, nor of a refused one."""
    looked: list[str] = []

    def look(tools: Tools, some: Sequence[Listing], *named: str) -> list[tuple[str, ...]]:
        looked.extend(one.title for one in some)
        return proposed_twins(tools, some, *named)

    monkeypatch.setattr("service.usecases.ready_rows.proposed_twins", look)
    rows = [OTHER | {"external_id": "a"}, OTHER | {"external_id": "b", "country": "none"}]
    for _ in range(2):
        content = "\n".join(json.dumps(one) for one in rows)
        sent = api.post("/v1/imports?kind=listings&source=third", content=content)
        until_imported(api, sent.headers["location"])
    assert looked == [OTHER["title"]]
    api.delete("/v1/listings/third/a")


def test_only_what_there_is_can_be_said(api: TestClient, pair: tuple[str, str]) -> None:
    """Of two listings that one may see, and that are two."""
    path = f"/v1/listings/{pair[0]}/duplicates"
    problem(api.put(f"{path}/lst_none", json={"same": True}), 404, "not_found")
    problem(api.put(f"/v1/listings/x/duplicates/{pair[0]}", json={"same": True}), 404, "not_found")
    assert errors(api.put(f"{path}/{pair[0]}", json={"same": True}))
    assert list(errors(api.put(f"{path}/{pair[1]}", json={"same": "yes"}))) == ["/same"]
