"""Markets, pathways and planning figures over HTTP."""

import pytest
from fastapi.testclient import TestClient

from tests.api.support import JSON, errors, problem

WORDS = "I pull cable and chase walls for the electrician, four years on sites"
PERSON: JSON = {"text": WORDS, "home_country": "BD", "consent": {"matching": True}}
WIRING: JSON = {
    "kind": "training",
    "title": "House wiring for site helpers",
    "country": "BD",
    "outcomes": ["building electrician", "wire houses", "fit distribution boards"],
    "duration_weeks": 6,
    "cost": 2000,
    "cost_currency": "BDT",
    "certification": "House wiring level 1",
    "positions": 20,
}
JOB: JSON = {
    "kind": "job",
    "title": "Building electrician",
    "country": "BD",
    "isco08": "7411",
    "skills": ["wire houses", "fit distribution boards", "test circuits"],
    "certificates": ["House wiring level 1"],
    "wage_max": 25_000,
    "wage_currency": "BDT",
}


def _offer(api: TestClient, name: str, body: JSON) -> str:
    answer = api.put(f"/v1/listings/board/{name}", json=body)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def test_a_training_opens_the_job_it_leads_to(client: TestClient) -> None:
    """With weeks, cost, certificate, places, and what the job then pays."""
    _offer(client, "wiring", WIRING)
    job = _offer(client, "job", JOB)
    person = client.post("/v1/returnees", json=PERSON).json()["id"]
    (pathway,) = client.get(f"/v1/returnees/{person}/pathways").json()["items"]
    assert pathway["training"]["external_id"] == "wiring"
    assert (pathway["weeks"], pathway["cost"], pathway["cost_currency"]) == (6, 2000, "BDT")
    (step,) = pathway["steps"]
    assert (step["way"], step["places"]) == ("course", 20)
    assert step["certification"] == "House wiring level 1"
    (opened,) = pathway["opens"]
    assert pathway["jobs"] == 1
    assert opened["listing"]["id"] == job
    assert opened["score_after"] > opened["score_before"]
    assert opened["tier_after"] in {"good", "strong"}
    assert "House wiring level 1" in opened["closes"]
    assert (opened["monthly_wage"], opened["home_currency"]) == (25_000, "BDT")
    assert pathway["median_pay"] == 25_000


def test_one_vacancy_of_two_boards_is_one_job(client: TestClient) -> None:
    """A training opens it once, where somebody has said that the two are the same."""
    _offer(client, "wiring", WIRING)
    job = _offer(client, "job", JOB)
    twin = client.put("/v1/listings/ministry/job", json=JOB).json()["id"]
    person = client.post("/v1/returnees", json=PERSON).json()["id"]
    path = f"/v1/returnees/{person}/pathways"
    assert client.get(path).json()["items"][0]["jobs"] == 2
    client.put(f"/v1/listings/{twin}/duplicates/{job}", json={"same": True})
    assert client.get(path).json()["items"][0]["jobs"] == 1


def test_a_course_that_asks_for_another_comes_second(client: TestClient) -> None:
    """Neither opens the job alone; the chain does, in the order it can be taken."""
    _offer(client, "wiring", WIRING)
    lifts = {
        "kind": "training",
        "title": "Lift maintenance for wiremen",
        "country": "BD",
        "certificates": ["House wiring level 1"],
        "outcomes": ["lift technician", "adjust lift doors", "service lifts every month"],
        "certification": "Lift maintenance level 2",
        "duration_weeks": 4,
    }
    _offer(client, "lifts", lifts)
    lift_job = JOB | {
        "title": "Lift technician",
        "skills": ["wire houses", "adjust lift doors", "service lifts every month"],
        "certificates": ["House wiring level 1", "Lift maintenance level 2"],
    }
    _offer(client, "job", lift_job)
    person = client.post("/v1/returnees", json=PERSON).json()["id"]
    items = client.get(f"/v1/returnees/{person}/pathways").json()["items"]
    steps = [[one["listing"]["external_id"] for one in item["steps"]] for item in items]
    assert ["wiring", "lifts"] in steps
    assert ["lifts"] not in [one for one, item in zip(steps, items, strict=True) if item["opens"]]


def test_pathways_need_consent_and_words(client: TestClient) -> None:
    """As matches do."""
    silent = client.post("/v1/returnees", json=PERSON | {"consent": {}}).json()["id"]
    problem(client.get(f"/v1/returnees/{silent}/pathways"), 403, "consent_missing")
    idle = client.post("/v1/returnees", json=PERSON | {"text": "Good morning"}).json()["id"]
    problem(client.get(f"/v1/returnees/{idle}/pathways"), 422, "no_work_words")


def test_markets_show_dependence_and_what_is_newer(client: TestClient) -> None:
    """Shares of the open jobs abroad, the largest first; the home country is not abroad."""
    for number in range(30):
        _offer(client, f"gulf-{number}", JOB | {"country": "SA" if number % 2 else "QA"})
    _offer(client, "home", JOB)
    _offer(client, "new", JOB | {"country": "RO"})
    found = client.get("/v1/markets?origin=BD").json()
    assert found["listings"] == 31
    assert [one["country"] for one in found["items"]] == ["QA", "SA", "RO"]
    assert [one["newer"] for one in found["items"]] == [False, False, True]
    assert found["concentration"]["top_three_share"] == 1.0
    assert found["concentration"]["effective_countries"] == pytest.approx(2.13, abs=0.01)
    assert {one["corridor"] for one in found["items"]} == {"unknown"}
    assert found["items"][0]["median_pay"] == 25_000
    assert found["items"][2]["median_pay"] is None
    answer = client.post("/v1/match", json={"text": "electrician", "home_country": "BD"}).json()
    newer = {
        one["listing"]["country"]: "newer_market" in {flag["code"] for flag in one["flags"]}
        for one in answer["routes"]["overseas"]
    }
    assert newer.pop("RO") is True
    assert not any(newer.values())


def test_spread_is_told_and_can_be_turned_off(client: TestClient) -> None:
    """At 0 the ten best; above it, what was exchanged for whom."""
    for number in range(15):
        _offer(client, f"gulf-{number}", JOB | {"country": "SA"})
    for country in ("RO", "RW"):
        _offer(client, country.lower(), JOB | {"country": country, "title": "Electrician, houses"})
    question = {"text": "I wire houses, fit distribution boards", "home_country": "BD"}
    plain = client.post("/v1/match", json=question | {"diversity": 0}).json()
    assert plain["diversity"]["exchanged"] == 0
    spread = client.post("/v1/match", json=question | {"diversity": 0.5}).json()
    assert {"RO", "RW"} <= set(spread["diversity"]["after"])
    assert sum(spread["diversity"]["after"].values()) == 10
    scores = [one["score"] for one in spread["routes"]["overseas"]]
    assert scores == sorted(scores, reverse=True)
    assert "/diversity" in errors(client.post("/v1/match", json=question | {"diversity": 1.1}))


def test_a_distance_that_cannot_be_measured_is_said(client: TestClient) -> None:
    """A reach without a place to measure from leaves nothing out, and the answer says so."""
    _offer(client, "job", JOB | {"lat": 23.8, "lon": 90.4})
    person = {"text": WORDS, "home_country": "BD"}
    near = {"filters": {"max_distance_km": 20}}
    somewhere = client.post("/v1/match", json=near | {"profile": person}).json()
    assert [one["code"] for one in somewhere["notices"]] == ["distance_not_checked"]
    person["region"] = "Dhaka"
    placed = client.post("/v1/match", json=near | {"profile": person}).json()
    assert placed["notices"] == []


def test_figures_stand_for_ten_people_at_least(client: TestClient) -> None:
    """Nine people show nothing; from ten on a gap is shown, small areas are not."""
    _offer(client, "wiring", WIRING)
    _offer(client, "job", JOB)
    for number in range(9):
        area = "Dhaka" if number < 5 else "Sylhet"
        client.put(f"/v1/returnees/a/{number}", json=PERSON | {"region": area})
    few = client.get("/v1/insights/skill-gaps").json()
    assert (few["people"], few["items"], few["courses"]) == (None, [], [])
    for number in range(9, 14):
        client.put(f"/v1/returnees/a/{number}", json=PERSON | {"region": "Dhaka"})
    client.put("/v1/returnees/a/silent", json=PERSON | {"consent": {"matching": False}})
    found = client.get("/v1/insights/skill-gaps").json()
    assert found["people"] == 14
    boards = next(one for one in found["items"] if "distribution" in one["requirement"])
    assert boards["people"] == 14
    assert boards["areas"] == {}  # ten in Dhaka would tell of four in Sylhet
    assert boards["courses"][0]["listing"]["external_id"] == "wiring"
    assert client.get("/v1/insights/skill-gaps?area=BD%20Dhaka").json()["items"] == []


def test_figures_follow_who_is_there_and_what_is_closed(client: TestClient) -> None:
    """Who was deleted is in no figure, and a corridor that closes takes its jobs out of them."""
    _offer(client, "abroad", JOB | {"country": "LY", "visa_class": "work visa"})
    people = [client.post("/v1/returnees", json=PERSON).headers["location"] for _ in range(12)]
    assert client.get("/v1/insights/skill-gaps").json()["items"]
    closed = {"origin": "BD", "destination": "LY", "reason": "No agreement.", "source": "a test"}
    client.post("/v1/corridors", json=closed)
    assert client.get("/v1/insights/skill-gaps").json()["items"] == []
    for person in people[:3]:
        assert client.delete(person).status_code == 204
    assert client.get("/v1/insights/skill-gaps").json()["people"] is None


def test_figures_are_of_the_own_organisation(client: TestClient) -> None:
    """Another organisation's key sees none of these people."""
    _offer(client, "job", JOB)
    for number in range(12):
        client.put(f"/v1/returnees/a/{number}", json=PERSON)
    assert client.get("/v1/insights/skill-gaps").json()["people"] == 12
    client.post("/v1/organisations", json={"id": "other-ngo", "name": "Other"})
    made = client.post(
        "/v1/keys",
        json={"name": "planner", "scopes": ["insights:read"], "organisation": "other-ngo"},
    ).json()
    theirs = client.get(
        "/v1/insights/skill-gaps", headers={"Authorization": f"Bearer {made['key']}"}
    )
    assert theirs.json()["people"] is None
