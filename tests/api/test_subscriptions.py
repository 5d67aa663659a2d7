"""/v1/subscriptions: who may watch what, and where messages may go."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.ports import Tools
from tests.api.support import PERSON, SUBSCRIPTION, KeyMaker, errors, problem

URL = "/v1/subscriptions"


def _made(api: TestClient, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    answer = api.post(URL, json=SUBSCRIPTION | changes)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"{URL}/{made['id']}"
    return made


def test_a_subscription_lives(api: TestClient) -> None:
    """Made with its secret, read without it, changed under its ETag, removed."""
    made = _made(api)
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    url = f"{URL}/{made['id']}"
    read = api.get(url)
    assert read.json() == made
    assert read.headers["ETag"] == '"v1"'
    assert secret not in api.get(URL).text
    put = api.put(url, json=SUBSCRIPTION | {"active": False}, headers={"If-Match": '"v1"'})
    assert (put.status_code, put.json()["active"], put.headers["ETag"]) == (200, False, '"v2"')
    stale = api.put(url, json=SUBSCRIPTION, headers={"If-Match": '"v1"'})
    problem(stale, 412, "precondition_failed")
    problem(api.delete(url, headers={"If-Match": '"v1"'}), 412, "precondition_failed")
    assert api.delete(url).status_code == 204
    problem(api.get(url), 404, "not_found")


def test_subscriptions_are_listed_in_pages(api: TestClient) -> None:
    """In order of creation."""
    made = [_made(api)["id"] for _ in range(3)]
    seen, cursor = [], ""
    while True:
        page = api.get(f"{URL}?limit=2{cursor}").json()
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [name for name in seen if name in made] == made


def test_each_kind_needs_the_scopes_of_asking(api: TestClient, key_with: KeyMaker) -> None:
    """To make it, and to see that it is there."""
    person = api.put("/v1/returnees/crm/watched", json=PERSON).json()["id"]
    url = "https://partner.example/x"
    kinds = {
        ("match", "listings:read"): SUBSCRIPTION,
        ("match", "returnees:read"): {"kind": "returnee", "url": url, "returnee_id": person},
        ("match", "listings:read", "returnees:read"): {"kind": "candidates", "url": url},
    }
    for needed, body in kinds.items():
        holder = {"Authorization": key_with("subscriptions", *needed)}
        made = api.post(URL, json=body, headers=holder)
        assert made.status_code == 201, made.text
        place = f"{URL}/{made.json()['id']}"
        for lacking in needed:
            held = [scope for scope in needed if scope != lacking]
            sent = {"Authorization": key_with("subscriptions", *held)}
            refused = problem(api.post(URL, json=body, headers=sent), 403, "forbidden")
            assert f'"{lacking}"' in refused["detail"]
            problem(api.get(f"{place}/deliveries", headers=sent), 404, "not_found")
            listed = api.get(URL, headers=sent).json()["items"]
            assert made.json()["id"] not in {one["id"] for one in listed}
        assert api.get(place, headers=holder).status_code == 200


def test_another_organisation_sees_nothing_of_it(
    api: TestClient, api_tools: Tools, key_with: KeyMaker
) -> None:
    """Not to read, change, try, replay or remove; nor may it watch a person of others."""
    if "watching-ngo" not in {one.id for one in api_tools.store.organisations()}:
        api.post("/v1/organisations", json={"id": "watching-ngo", "name": "Watching"})
    scopes = ("subscriptions", "match", "listings:read", "returnees:read")
    sent = {"Authorization": key_with(*scopes, organisation="watching-ngo")}
    url = f"{URL}/{_made(api)['id']}"
    event = api.post(f"{url}/test").json()["id"]
    for answer in (
        api.get(url, headers=sent),
        api.put(url, json=SUBSCRIPTION, headers=sent),
        api.delete(url, headers=sent),
        api.post(f"{url}/secret", headers=sent),
        api.post(f"{url}/test", headers=sent),
        api.get(f"{url}/deliveries", headers=sent),
        api.post(f"{url}/deliveries/{event}/replay", headers=sent),
    ):
        problem(answer, 404, "not_found")
    assert api.get(URL, headers=sent).json()["items"] == []
    person = api.put("/v1/returnees/crm/watched", json=PERSON).json()["id"]
    body = {"kind": "returnee", "url": SUBSCRIPTION["url"], "returnee_id": person}
    assert set(errors(api.post(URL, json=body, headers=sent))) == {"/returnee_id"}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/x",
        "http://localhost/x",
        "http://[::1]/x",
        "http://2130706433/x",
        "http://0x7f.1/x",
        "http://169.254.169.254/latest",
        "https://name:word@partner.example/x",
        "ftp://partner.example/x",
        "partner.example",
    ],
)
def test_a_url_that_only_this_network_reaches_is_refused(api: TestClient, url: str) -> None:
    """When it is made and when it is changed."""
    assert set(errors(api.post(URL, json=SUBSCRIPTION | {"url": url}), "url_not_allowed")) == {
        "/url"
    }
    place = f"{URL}/{_made(api)['id']}"
    assert errors(api.put(place, json=SUBSCRIPTION | {"url": url}), "url_not_allowed")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "listings", "url": "https://partner.example/"}, "invalid_input"),
        ({"kind": "returnee", "url": "https://partner.example/"}, "invalid_input"),
        (SUBSCRIPTION | {"source": "board"}, "invalid_input"),
        (SUBSCRIPTION | {"returnee_id": "ret_1"}, "invalid_input"),
        (SUBSCRIPTION | {"min_tier": "stretch"}, "invalid_input"),
        (SUBSCRIPTION | {"kind": "candidates"}, "invalid_input"),
        (SUBSCRIPTION | {"urll": "x"}, "invalid_input"),
    ],
)
def test_what_does_not_fit_the_kind_is_refused(
    api: TestClient, body: dict[str, Any], code: str
) -> None:
    """Fields that are missing, of another kind, or unknown."""
    errors(api.post(URL, json=body), code)


MAIL = {name: value for name, value in SUBSCRIPTION.items() if name != "url"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (MAIL, "/url"),
        (SUBSCRIPTION | {"email": {"address": "officer@partner.example"}}, ""),
        (MAIL | {"email": {"address": "officer"}}, "/email/address"),
        (MAIL | {"email": {"address": "a@b.example\r\nBcc: c@d.example"}}, "/email/address"),
        (MAIL | {"email": {"address": "রহিম@partner.example"}}, "/email/address"),
        (MAIL | {"email": {"address": "a@b.example", "at": "25:00"}}, "/email/at"),
        (
            MAIL | {"email": {"address": "a@b.example", "time_zone": "Asia/Daka"}},
            "/email/time_zone",
        ),
        (MAIL | {"email": {"address": "a@b.example", "language": "xx"}}, "/email/language"),
        (MAIL | {"email": {"adress": "a@b.example"}}, "/email/adress"),
        (MAIL | {"email": {"address": "a@b.example"}, "sourcee": "x"}, "/sourcee"),
        (SUBSCRIPTION | {"url": ""}, "/url"),
    ],
)
def test_it_is_told_in_one_place(api: TestClient, body: dict[str, Any], pointer: str) -> None:
    """By a url or by mail, and each error names its field as it was sent."""
    found = errors(api.post(URL, json=body))
    assert pointer in found
    if pointer == "/email/adress":
        assert "address" in found[pointer]
    if pointer == "/email/time_zone":
        assert "Asia/Dhaka" in found[pointer]


def test_without_a_mail_server_nobody_is_promised_mail(api: TestClient) -> None:
    """When it is made and when it is changed."""
    body = MAIL | {"email": {"address": "officer@partner.example"}}
    assert set(errors(api.post(URL, json=body), "no_mail")) == {"/email"}
    assert errors(api.put(f"{URL}/{_made(api)['id']}", json=body), "no_mail")


def test_links_in_mail_have_pages_for_everybody(api: TestClient) -> None:
    """Without a key, in plain words; one that was not made here does nothing."""
    for answer in (api.get("/mail/confirm/x"), api.post("/mail/unsubscribe/x", data={"a": "b"})):
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "<form" not in answer.text
    problem(api.post("/mail/unsubscribe/x", json={}), 415, "wrong_content_type")


def test_words_without_work_are_not_watched(api: TestClient) -> None:
    """They would never match anything."""
    body = SUBSCRIPTION | {"text": "My name is Karim and I live in Cumilla."}
    problem(api.post(URL, json=body), 422, "no_work_words")


def test_trying_and_replaying_stand_in_the_log(api: TestClient) -> None:
    """With the id that the receiver sees."""
    url = f"{URL}/{_made(api)['id']}"
    tried = api.post(f"{url}/test")
    assert (tried.status_code, tried.json()["type"]) == (202, "subscription.test")
    (entry,) = api.get(f"{url}/deliveries").json()["items"]
    assert entry["id"] == tried.json()["id"]
    again = api.post(f"{url}/deliveries/{entry['id']}/replay")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    problem(api.post(f"{url}/deliveries/nothing/replay"), 404, "not_found")
    secret = api.post(f"{url}/secret").json()["secret"]
    assert secret.startswith("whsec_")


def test_the_document_says_what_receivers_are_sent(api: TestClient) -> None:
    """The three events, with their headers and bodies, and nothing that leads nowhere."""
    document = api.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert set(document["webhooks"]) == {
        "listing.matched",
        "candidate.matched",
        "subscription.test",
    }
    schemas = document["components"]["schemas"]
    for event in document["webhooks"].values():
        names = {one["name"] for one in event["post"]["parameters"]}
        assert names == {"webhook-id", "webhook-timestamp", "webhook-signature"}
        body = event["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        assert body.split("/")[-1] in schemas
        assert set(event["post"]["responses"]) == {"204"}
