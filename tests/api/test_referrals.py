"""The sheet to take away over HTTP: what is on it, what never is, and when there is none."""

import json
from collections.abc import Iterator

import pypdfium2
import pytest
from fastapi.testclient import TestClient

from service.ports import Tools
from tests.api.support import JSON, KeyMaker, errors, problem, stored

TELLING = (
    "beat",
    "hit",
    "police",
    "madam",
    "victim",
    "shelter",
    "pregnan",
    "widow",
    "rahima",
    "abuse",
    "ret_",
)
WORDS = (
    "I cook rice and curry for thirty people. I clean kitchens and wash pots. "
    "Madam hit me and did not pay, I ran to the police. I am a widow and was pregnant."
)
PERSON: JSON = {
    "text": WORDS,
    "home_country": "BD",
    "name": "Rahima Khatun",
    "phone": "+8801711223344",
    "gender": "female",
    "birth_year": 1984,
    "return_category": "victim_of_abuse",
    "visa_expires": "2020-01-01",
    "consent": {"matching": True},
}
COOK: JSON = {
    "kind": "job",
    "title": "Cook",
    "country": "QA",
    "employer": "Hope shelter for victims",
    "skills": ["cook rice and curry", "clean kitchens", "order supplies"],
    "languages": [{"code": "ar", "level": "A1"}],
    "wage_min": 1500,
    "wage_currency": "QAR",
    "wage_period": "month",
    "recruiter_licensed": False,
    "fee": 300000,
    "fee_currency": "BDT",
}
COURSE: JSON = {
    "kind": "training",
    "title": "Cooking for survivors of violence",
    "country": "BD",
    "outcomes": ["cook", "order supplies"],
    "cost": 0,
    "duration_weeks": 6,
}
OFFICE = ["District employment office, Cumilla", "+880 1711 000000"]
JSON_PLEASE = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def chosen(api: TestClient) -> Iterator[list[str]]:
    """Ids of a job that warns and of a course whose title tells."""
    yield [
        api.put(f"/v1/listings/sheet/{name}", json=body).json()["id"]
        for name, body in (("cook", COOK), ("course", COURSE))
    ]
    for name in ("cook", "course"):
        api.delete(f"/v1/listings/sheet/{name}")


@pytest.fixture(scope="module")
def person(api: TestClient) -> str:
    """Id of somebody who told more than work."""
    answer = api.post("/v1/returnees", json=PERSON)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _words(api: TestClient, **body: object) -> JSON:
    answer = api.post("/v1/referrals", json=body, headers=JSON_PLEASE)
    assert answer.status_code == 200, answer.text
    content: JSON = answer.json()
    return content


def test_a_sheet_is_one_page_of_pdf(api: TestClient, person: str, chosen: list[str]) -> None:
    """It is kept nowhere, its file is named by its number, and its number is told to the caller."""
    body = {"returnee_id": person, "listings": chosen, "language": "bn", "office": OFFICE}
    answer = api.post("/v1/referrals", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    reference = answer.headers["homeward-reference"]
    assert answer.headers["content-disposition"] == f'inline; filename="{reference}.pdf"'
    document = pypdfium2.PdfDocument(answer.content)
    text = document[0].get_textpage().get_text_bounded()
    pages = len(document)
    document.close()
    assert pages == 1
    assert reference in text
    assert OFFICE[1] in text
    assert not [word for word in TELLING if word in text.casefold()]


@pytest.mark.parametrize("language", ["en", "bn", "ur"])
def test_it_says_what_is_needed_and_nothing_that_could_harm(
    api: TestClient, person: str, chosen: list[str], language: str
) -> None:
    """Warnings and questions in both languages; no word of what happened, nor who she is."""
    said = {"returnee_id": person, "listings": chosen, "language": language, "office": OFFICE}
    sheet = _words(api, **said)
    assert not [word for word in TELLING if word in json.dumps(sheet).casefold()]
    assert sheet["name"] is None
    assert sheet["language"] == language
    assert sheet["right_to_left"] is (language == "ur")
    job, course = sheet["options"]
    assert job["title"]["english"] == "Cook"
    assert course["title"] == course["heading"]
    quoted = [one for one in job["reasons"] if one["quoted"]]
    assert any("cook rice" in one["said"]["own"] for one in quoted)
    warned = {one["code"]: one for one in sheet["warnings"]}
    assert {"recruiter_unlicensed", "fee_charged", "visa_lapsed"} <= set(warned)
    assert warned["fee_charged"]["options"] == [1]
    assert "300,000 BDT" in warned["fee_charged"]["text"]["english"]
    assert {"ask_fee", "ask_contract", "ask_visa"} <= {one["code"] for one in sheet["ask"]}
    different = [one["text"]["own"] != one["text"]["english"] for one in sheet["warnings"]]
    assert all(different) is (language != "en")


def test_a_name_is_printed_only_where_asked_for(
    api: TestClient, person: str, chosen: list[str]
) -> None:
    """And of a stored person only; otherwise there is a line to write it on."""
    body: JSON = {"returnee_id": person, "listings": chosen}
    assert _words(api, **body, name=True)["name"] == "Rahima Khatun"
    assert _words(api, **body)["name"] is None
    ad_hoc = {"text": "I cook", "listings": chosen, "name": True}
    problem(api.post("/v1/referrals", json=ad_hoc), 422, "invalid_input")


def test_without_consent_there_is_no_sheet(api: TestClient, chosen: list[str]) -> None:
    """None was given, or it was taken back."""
    for consent in ({}, {"matching": False}):
        person = api.put("/v1/returnees/sheet/no", json=PERSON | {"consent": consent}).json()["id"]
        answer = api.post("/v1/referrals", json={"returnee_id": person, "listings": chosen})
        problem(answer, 403, "consent_missing")


def test_an_option_that_a_rule_keeps_out_is_refused_by_its_place(
    api: TestClient, chosen: list[str]
) -> None:
    """With the rule's reason; what is not there, and what is never on a sheet, likewise."""
    wishes = {"vetoes": [{"text": "cook", "market": "overseas"}]}
    body = {"profile": {"text": "I cook rice", "home_country": "BD", "preferences": wishes}}
    answer = api.post("/v1/referrals", json=body | {"listings": chosen[::-1]})
    told = problem(answer, 409, "option_blocked")["errors"]
    assert [one["pointer"] for one in told] == ["/listings/1"]
    assert "will not do" in told[0]["detail"]
    absent = body | {"listings": ["lst_nowhere"]}
    assert problem(api.post("/v1/referrals", json=absent), 404, "not_found")["errors"]
    desk = {"kind": "service", "title": "Help desk", "country": "BD"}
    name = api.put("/v1/listings/sheet/desk", json=desk).json()["id"]
    answer = api.post("/v1/referrals", json=body | {"listings": [name]})
    assert "/listings/0" in errors(answer, "kind_not_ranked")


def test_an_office_that_would_tell_and_an_unknown_language_are_refused(
    api: TestClient, chosen: list[str]
) -> None:
    """The name of a desk says why somebody was there."""
    body: JSON = {"text": "I cook rice", "home_country": "BD", "listings": chosen}
    office = ["Room 4", "Violence against women desk"]
    assert "/office/1" in errors(api.post("/v1/referrals", json=body | {"office": office}))
    assert "/language" in errors(api.post("/v1/referrals", json=body | {"language": "fr"}))
    wrongs: tuple[JSON, ...] = (
        {"listings": chosen[:1] * 2},
        {"listings": []},
        {"returnee_id": "ret_x"},
    )
    for wrong in wrongs:
        problem(api.post("/v1/referrals", json=body | wrong), 422, "invalid_input")


def test_another_organisations_person_and_a_key_without_the_scope(
    api: TestClient, person: str, chosen: list[str], key_with: KeyMaker
) -> None:
    """Stored people need the right to read them; ad hoc the right to match is enough."""
    matcher = {"Authorization": key_with("match")}
    body: JSON = {"returnee_id": person, "listings": chosen}
    problem(api.post("/v1/referrals", json=body, headers=matcher), 403, "forbidden")
    nobody = body | {"returnee_id": f"ret_{'0' * 32}"}
    problem(api.post("/v1/referrals", json=nobody), 404, "not_found")
    ad_hoc = {"text": "I cook rice", "home_country": "BD", "listings": chosen}
    assert api.post("/v1/referrals", json=ad_hoc, headers=matcher).status_code == 200


def test_it_stores_nothing_and_leaves_its_line(
    api: TestClient, api_tools: Tools, person: str, chosen: list[str]
) -> None:
    """The same request gives the same number, so that the log finds whose sheet it is."""
    before = stored(api_tools)
    body = {"returnee_id": person, "listings": chosen}
    headers = JSON_PLEASE | {"X-Request-ID": "sheet-1"}
    first, again = (api.post("/v1/referrals", json=body, headers=headers) for _ in range(2))
    assert first.json()["reference"] == again.json()["reference"]
    assert stored(api_tools) == before
    lines = api.get(f"/v1/access-log?returnee_id={person}&action=referral.print").json()["items"]
    wrong = body | {"listings": ["Rahima Khatun"]}
    problem(api.post("/v1/referrals", json=wrong), 404, "not_found")
    refused = api.get(f"/v1/access-log?returnee_id={person}&action=referral.print").json()
    assert "Rahima" not in json.dumps(refused)
    assert [one["subjects"] for one in lines if one["request_id"] == "sheet-1"] == [
        [person, *chosen]
    ] * 2
