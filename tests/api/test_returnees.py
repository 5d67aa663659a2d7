"""People over HTTP: written, read, patched, erased; idempotency, consent, restricted facts."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from service.domain.records import Put
from service.ports import Tools
from service.rules.calendar import today_in
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.register_person import register_person
from tests.api.support import (
    JSON,
    PERSON,
    KeyMaker,
    first_organisation_people,
    problem,
    stored,
)

TODAY = today_in("BD", datetime.now(UTC))
YESTERDAY, LATER = TODAY - timedelta(days=1), TODAY + timedelta(days=30)

FULL: JSON = {
    "text": "রাজমিস্ত্রির কাজ করি। I also read drawings.",
    "home_country": "BD",
    "region": "Tangail",
    "lat": 24.25,
    "lon": 89.92,
    "experiences": [{"title": "Mason", "description": "Block work", "country": "SA", "years": 6.5}],
    "skills": [{"text": "plaster", "status": "certified", "certificate": "NTVQF 1"}],
    "languages": [{"code": "bn", "level": "C2"}],
    "education": "class 5",
    "birth_year": 1983,
    "gender": "female",
    "name": "Rahima Begum",
    "phone": "+880 1711 000000",
    "preferences": {
        "routes": ["local", "training"],
        "countries": ["QA"],
        "exclude_countries": ["SA"],
        "max_distance_km": 40.0,
        "min_wage": {
            "amount": 900.0,
            "currency": "BDT",
            "period": "day",
            "known_only": False,
        },
        "vetoes": [{"isco08": "9313", "text": "carrying cement", "market": "local"}],
    },
    "remigration": False,
    "visa_expires": "2030-01-31",
    "return_category": "unsuccessful",
    "consent": {"matching": True, "share_with": ["south-ngo"], "until": LATER.isoformat()},
}


def test_a_person_comes_back_as_they_were_written(api: TestClient) -> None:
    """Every field of the contract is kept, by the owner's names and by id."""
    made = api.put("/v1/returnees/crm/full", json=FULL)
    assert made.status_code == 201
    person = made.json()
    assert made.headers["location"] == f"/v1/returnees/{person['id']}"
    assert {name: person[name] for name in FULL} == FULL
    for url in ("/v1/returnees/crm/full", made.headers["location"]):
        read = api.get(url)
        assert (read.json(), read.headers["etag"]) == (person, '"v1"')


def test_a_posted_person_has_no_names_of_an_owner(api: TestClient) -> None:
    """POST makes a new person each time, under an id of its own."""
    one, two = (api.post("/v1/returnees", json=PERSON) for _ in range(2))
    assert one.status_code == 201
    assert one.headers["location"] == f"/v1/returnees/{one.json()['id']}"
    assert (one.json()["source"], one.json()["external_id"]) == (None, None)
    assert one.json()["id"] != two.json()["id"]


def test_a_repeated_post_with_its_key_happens_once(api: TestClient, api_tools: Tools) -> None:
    """The repeat answers with the same person; other content under the key is refused."""
    sent = {"Idempotency-Key": "visit-7"}
    first = api.post("/v1/returnees", json=PERSON, headers=sent)
    before = stored(api_tools)
    again = api.post("/v1/returnees", json=PERSON, headers=sent)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    other = api.post("/v1/returnees", json=PERSON | {"region": "Sylhet"}, headers=sent)
    problem(other, 422, "idempotency_key_reused")
    assert stored(api_tools) == before


def test_posts_at_the_same_moment_with_one_key_happen_once(
    api: TestClient, api_tools: Tools
) -> None:
    """Eight clients race with one Idempotency-Key: one person is made."""
    before = first_organisation_people(api_tools)
    sent = {"Idempotency-Key": "race"}
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(lambda _: api.post("/v1/returnees", json=PERSON, headers=sent), range(8))
        )
    assert {one.status_code for one in made} == {201}
    assert len({one.json()["id"] for one in made}) == 1
    assert first_organisation_people(api_tools) == before + 1


def test_an_idempotency_key_belongs_to_one_caller(api: TestClient, key_with: KeyMaker) -> None:
    """Another caller may use the same word for another request."""
    sent = {"Idempotency-Key": "mine"}
    mine = api.post("/v1/returnees", json=PERSON, headers=sent).json()
    other = {**sent, "Authorization": key_with("returnees:write")}
    theirs = api.post("/v1/returnees", json=PERSON, headers=other).json()
    assert mine["id"] != theirs["id"]


@pytest.mark.parametrize(
    ("patch", "changed"),
    [
        ({"region": "Sylhet"}, {"region": "Sylhet"}),
        ({"region": None}, {"region": None}),
        ({"skills": None}, {"skills": []}),
        (
            {"skills": [{"text": "weld"}]},
            {"skills": [{"text": "weld", "status": "claimed", "certificate": None}]},
        ),
        (
            {"preferences": {"max_distance_km": None}},
            {"preferences": FULL["preferences"] | {"max_distance_km": None}},
        ),
        (
            {"preferences": {"min_wage": {"amount": 1000}}},
            {
                "preferences": FULL["preferences"]
                | {"min_wage": FULL["preferences"]["min_wage"] | {"amount": 1000.0}}
            },
        ),
        ({"consent": {"matching": False}}, {"consent": FULL["consent"] | {"matching": False}}),
        ({"name": None, "phone": "1"}, {"name": None, "phone": "1"}),
        ({"lat": None, "lon": None}, {"lat": None, "lon": None}),
        ({"text": "I weld"}, {"text": "I weld"}),
    ],
)
def test_a_patch_merges(api: TestClient, patch: JSON, changed: JSON) -> None:
    """RFC 7396: what is named changes, inside objects too; null removes; lists are replaced."""
    url = f"/v1/returnees/{api.put('/v1/returnees/crm/patched', json=FULL).json()['id']}"
    before = api.get(url)
    kind = {"Content-Type": "application/merge-patch+json"}
    answer = api.request("PATCH", url, json=patch, headers=kind)
    assert answer.status_code == 200, answer.text
    expected = before.json() | changed | {"updated_at": answer.json()["updated_at"]}
    assert answer.json() == expected
    assert api.get(url).json() == expected
    assert answer.headers["etag"] != before.headers["etag"]


def test_an_empty_patch_changes_nothing(api: TestClient, api_tools: Tools) -> None:
    """Nothing named, nothing written: the version stays."""
    url = f"/v1/returnees/{api.put('/v1/returnees/crm/calm', json=FULL).json()['id']}"
    before = stored(api_tools)
    patches: list[JSON] = [{}, {"region": FULL["region"]}, {"consent": {}}]
    for patch in patches:
        assert api.patch(url, json=patch).headers["etag"] == '"v1"'
    assert stored(api_tools) == before


def test_conditions_guard_every_write(api: TestClient, api_tools: Tools) -> None:
    """A stale If-Match stops PUT, PATCH and DELETE; If-None-Match: * only creates."""
    url = "/v1/returnees/crm/guarded"
    problem(api.put(url, json=PERSON, headers={"If-Match": "*"}), 412, "precondition_failed")
    made = api.put(url, json=PERSON, headers={"If-None-Match": "*"})
    by_id = made.headers["location"]
    fresh = api.patch(by_id, json={"region": "Sylhet"}, headers={"If-Match": '"v1"'})
    assert fresh.headers["etag"] == '"v2"'
    before = stored(api_tools)
    for tag in ('"v1"', '"v99999999999999999999"', "v2", '"x"'):
        stale = {"If-Match": tag}
        problem(api.put(url, json=FULL, headers=stale), 412, "precondition_failed")
        problem(api.patch(by_id, json={"region": "X"}, headers=stale), 412, "precondition_failed")
        problem(api.delete(by_id, headers=stale), 412, "precondition_failed")
    create = {"If-None-Match": "*"}
    problem(api.put(url, json=FULL, headers=create), 412, "precondition_failed")
    assert stored(api_tools) == before
    assert api.delete(by_id, headers={"If-Match": '"v2"'}).status_code == 204


def test_an_erased_person_is_gone(api: TestClient, api_tools: Tools) -> None:
    """They cannot be read, matched, changed or erased again, and leave the list as it was."""
    before = first_organisation_people(api_tools)
    url = api.post("/v1/returnees", json=FULL).headers["location"]
    gone = api.delete(url)
    assert (gone.status_code, gone.content) == (204, b"")
    for answer in (
        api.get(url),
        api.get(f"{url}/matches"),
        api.patch(url, json={"region": "x"}),
        api.delete(url),
    ):
        problem(answer, 404, "not_found")
    assert first_organisation_people(api_tools) == before


def test_pages_hold_every_person_once_in_order(api: TestClient) -> None:
    """Following cursors gives all people of a filter, in order of creation."""
    for name in "abcde":
        country = "NP" if name in "bd" else "BD"
        api.put(f"/v1/returnees/paged/{name}", json=PERSON | {"home_country": country})
    for limit in (1, 2, 5, 6):
        seen, cursor = [], ""
        while cursor is not None:
            url = f"/v1/returnees?source=paged&limit={limit}"
            page = api.get(url + (f"&cursor={cursor}" if cursor else "")).json()
            seen += [one["external_id"] for one in page["items"]]
            cursor = page["next_cursor"]
        assert seen == list("abcde")
    nepal = api.get("/v1/returnees?source=paged&home_country=NP").json()
    assert [one["external_id"] for one in nepal["items"]] == ["b", "d"]
    assert nepal["next_cursor"] is None


def test_the_sample_people_can_all_be_read(sample_client: TestClient) -> None:
    """Whatever the sample holds fits the contract, page after page."""
    seen, cursor = 0, ""
    while cursor is not None:
        answer = sample_client.get(
            "/v1/returnees?limit=100" + (f"&cursor={cursor}" if cursor else "")
        )
        assert answer.status_code == 200, answer.text
        seen += len(answer.json()["items"])
        cursor = answer.json()["next_cursor"]
    assert seen > 100


@pytest.fixture
def plain(key_with: KeyMaker) -> dict[str, str]:
    """The header of a key that may do everything with people but see restricted facts."""
    return {"Authorization": key_with("returnees:read", "returnees:write", "match")}


def test_a_return_category_is_hidden_without_the_scope(
    api: TestClient, key_with: KeyMaker, plain: dict[str, str]
) -> None:
    """It is null in every answer to a key without "restricted", and there for one with it."""
    made = api.put("/v1/returnees/hidden/one", json=FULL)
    url = made.headers["location"]
    full = {"Authorization": key_with("returnees:read", "restricted")}
    for one in (url, "/v1/returnees/hidden/one"):
        assert api.get(one, headers=plain).json()["return_category"] is None
        assert api.get(one, headers=full).json()["return_category"] == "unsuccessful"
    listed = api.get("/v1/returnees?source=hidden", headers=plain)
    assert "unsuccessful" not in listed.text
    assert "unsuccessful" not in api.get(f"{url}/matches", headers=plain).text
    assert "unsuccessful" not in api.get(f"{url}/matches").text


@pytest.mark.parametrize("value", ["success", "unsuccessful", None])
def test_a_return_category_cannot_be_written_without_the_scope(
    api: TestClient, api_tools: Tools, plain: dict[str, str], value: str | None
) -> None:
    """POST, PUT and PATCH that name it are refused whole, whatever they say."""
    url = f"/v1/returnees/{api.put('/v1/returnees/hidden/two', json=FULL).json()['id']}"
    body = PERSON | {"return_category": value}
    before = stored(api_tools)
    for answer in (
        api.post("/v1/returnees", json=body, headers=plain),
        api.put("/v1/returnees/hidden/new", json=body, headers=plain),
        api.put("/v1/returnees/hidden/two", json=body, headers=plain),
        api.patch(url, json={"return_category": value}, headers=plain),
    ):
        found = problem(answer, 403, "forbidden")
        assert found["errors"][0]["pointer"] == "/return_category"
        assert '"restricted"' in found["detail"]
    assert stored(api_tools) == before


def test_other_writes_keep_a_return_category(api: TestClient, plain: dict[str, str]) -> None:
    """Who may not see it does not erase it by a PUT or a PATCH of the rest."""
    url = api.put("/v1/returnees/hidden/three", json=FULL).headers["location"]
    assert api.put("/v1/returnees/hidden/three", json=PERSON, headers=plain).status_code == 200
    assert api.get(url).json()["return_category"] == "unsuccessful"
    assert api.patch(url, json={"region": "Sylhet"}, headers=plain).status_code == 200
    assert api.get(url).json()["return_category"] == "unsuccessful"
    assert api.patch(url, json={"return_category": None}).json()["return_category"] is None


def test_without_consent_there_is_no_match(api: TestClient) -> None:
    """Not asked, refused or ended: 403 with the reason; agreed, up to the last day: an answer."""
    url = api.put("/v1/returnees/consent/one", json=PERSON).headers["location"]
    problem(api.get(f"{url}/matches"), 403, "consent_missing")
    api.patch(url, json={"consent": {"matching": True}})
    assert api.get(f"{url}/matches").status_code == 200
    today = today_in("BD", datetime.now(UTC))  # now: the suite may have begun before midnight
    api.patch(url, json={"consent": {"until": today.isoformat()}})
    assert api.get(f"{url}/matches").status_code == 200
    api.patch(url, json={"consent": {"matching": False}})
    problem(api.get(f"{url}/matches"), 403, "consent_missing")


def test_a_consent_that_has_ended_opens_nothing(api: TestClient, api_tools: Tools) -> None:
    """A consent given in time stops holding by itself."""
    person = api.put("/v1/returnees/consent/ended", json=FULL).json()
    _end_consent(api_tools, person["id"])
    answer = api.get(f"/v1/returnees/{person['id']}/matches")
    found = problem(answer, 403, "consent_ended")
    assert YESTERDAY.isoformat() in found["detail"]
    kept = api.patch(f"/v1/returnees/{person['id']}", json={"region": "Sylhet"})
    assert kept.status_code == 200


def _end_consent(tools: Tools, person_id: str) -> None:
    """Store what the calendar would have done: the consent's last day is behind us."""
    profile = tools.store.person(FIRST_ORGANISATION, person_id).profile
    ended = replace(profile, consent=replace(profile.consent, until=YESTERDAY))
    put = Put(organisation_id=FIRST_ORGANISATION, record_id=person_id, content=ended)
    register_person(tools, put, None)
