"""Values no record may hold: each is refused under its own pointer, and nothing is stored."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.ports import Tools
from tests.api.support import JOB, JSON, PERSON, errors, problem, stored

YESTERDAY = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()


@pytest.fixture(autouse=True)
def nothing_stored(api: TestClient, api_tools: Tools) -> Iterator[None]:
    """Hold every test of this file to it: what is stored and searched stays as it was."""
    api.put("/v1/returnees/nowhere/values", json=PERSON)
    before = stored(api_tools)
    yield
    assert stored(api_tools) == before


BAD_WORDS = [
    pytest.param("", id="empty"),
    pytest.param("   \n\t ", id="spaces"),
    pytest.param("x" * 100_000, id="100 kB"),
    pytest.param("weld\u0000pipes", id="NUL"),
    pytest.param("weld\u0007pipes", id="bell"),
    pytest.param("weld\u007fpipes", id="delete"),
    pytest.param("weld\u0085pipes", id="C1 control"),
    pytest.param("👷🔧🧱", id="emoji only"),
    pytest.param("!?… —", id="punctuation only"),
    pytest.param("weld \u202esepip", id="right-to-left override"),
    pytest.param("weld \u202dpipes", id="left-to-right override"),
    pytest.param("\u200f\u200e", id="marks only"),
    pytest.param(12, id="number"),
    pytest.param(["weld"], id="list"),
    pytest.param({"a": 1}, id="object"),
    pytest.param(True, id="true"),
]


@pytest.mark.parametrize("words", BAD_WORDS)
@pytest.mark.parametrize("field", ["title", "description", "employer", "skills"])
def test_a_listing_refuses_bad_words(api: TestClient, field: str, words: object) -> None:
    """Words nobody can read, or nobody should, do not enter a listing."""
    body = JOB | {field: [words] if field == "skills" else words}
    pointers = errors(api.put("/v1/listings/bad/words", json=body))
    assert [pointer.split("/")[1] for pointer in pointers] == [field]


@pytest.mark.parametrize("words", BAD_WORDS)
@pytest.mark.parametrize("field", ["text", "region", "gender", "name"])
def test_a_person_refuses_bad_words(api: TestClient, field: str, words: object) -> None:
    """The same holds for everything written of a person, by POST, PUT and PATCH."""
    known = api.get("/v1/returnees/nowhere/values").json()["id"]
    for method, url, body in (
        ("POST", "/v1/returnees", PERSON),
        ("PUT", "/v1/returnees/bad/words", PERSON),
        ("PATCH", f"/v1/returnees/{known}", {}),
    ):
        assert list(errors(api.request(method, url, json=body | {field: words}))) == [f"/{field}"]


@pytest.mark.parametrize("words", BAD_WORDS)
def test_a_question_refuses_bad_words(api: TestClient, words: object) -> None:
    """The same holds for a question that is not stored."""
    assert list(errors(api.post("/v1/match", json={"text": words}))) == ["/text"]
    assert list(errors(api.post("/v1/match", json={"profile": {"text": words}}))) == [
        "/profile/text"
    ]


BAD_LISTINGS: list[tuple[str, object, str]] = [
    ("kind", "jb", '"job"'),
    ("kind", None, ""),
    ("title", "two\nlines", "one line"),
    ("country", "XX", "ISO 3166-1"),
    ("country", "ZZ", "ISO 3166-1"),
    ("country", "XK", "ISO 3166-1"),
    ("country", "bd", '"BD"'),
    ("country", "Bangladesh", '"BD"'),
    ("country", "Bangldesh", '"BD"'),
    ("wage_currency", "XQQ", "ISO 4217"),
    ("wage_currency", "bdt", '"BDT"'),
    ("fee_currency", "Taka", "ISO 4217"),
    ("isco08", "9998", "The nearest it has is"),
    ("isco08", "71x", "pattern"),
    ("isco08", "71121", "pattern"),
    ("isco08", 7112, ""),
    ("languages", [{"code": "xx-yy"}], "BCP-47"),
    ("languages", [{"code": "Bangla"}], '"bn"'),
    ("languages", [{"code": "qqq"}], "BCP-47"),
    ("languages", [{"code": "en", "level": "C3"}], "C2"),
    ("wage_min", -1, "greater than or equal to 0"),
    ("wage_max", 1e300, "less than or equal"),
    ("wage_min", "500", ""),
    ("wage_min", True, ""),
    ("fee", -0.01, "greater than or equal to 0"),
    ("positions", 0, ""),
    ("positions", 1.5, ""),
    ("min_experience_years", -1, ""),
    ("valid_through", YESTERDAY, "has passed"),
    ("valid_through", "31.12.2030", ""),
    ("valid_through", "2030-02-30", ""),
    ("posted_at", "yesterday", ""),
    ("posted_at", "2026-01-31T00:00:00", "time zone"),
    ("posted_at", "0001-01-01T00:00:00+14:00", "beyond the calendar"),
    ("url", "javascript:alert(1)", "URL"),
    ("url", "not a url", "URL"),
    ("lat", 91, ""),
    ("recruiter_licensed", "yes", ""),
    ("skills", ["a"] * 51, ""),
    ("duration_weeks", 0, ""),
]


@pytest.mark.parametrize(("field", "value", "said"), BAD_LISTINGS)
def test_a_listing_refuses_bad_values(
    api: TestClient, field: str, value: object, said: str
) -> None:
    """Each wrong value is named and the answer says what would be right."""
    code = "expired" if said == "has passed" else "invalid_input"
    found = errors(api.put("/v1/listings/bad/value", json=JOB | {field: value}), code)
    assert {pointer.split("/")[1] for pointer in found} == {field}
    assert said in " ".join(found.values())


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
@pytest.mark.parametrize("field", ["wage_min", "fee", "duration_weeks", "min_experience_years"])
def test_numbers_beyond_all_numbers_are_refused(api: TestClient, field: str, number: bytes) -> None:
    """NaN and infinity, which Python's JSON reads, do not get in."""
    content = b'{"kind":"job","title":"Mason","country":"BD","%s":%s}' % (field.encode(), number)
    sent = {"Content-Type": "application/json"}
    assert f"/{field}" in errors(api.put("/v1/listings/bad/nan", content=content, headers=sent))


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"lat": 23.8}, "lat and lon"),
        ({"wage_min": 2, "wage_max": 1}, "wage_min is more"),
    ],
)
def test_fields_that_do_not_fit_together_are_refused(
    api: TestClient, extra: JSON, said: str
) -> None:
    """Half a place and an upside-down wage say nothing."""
    assert said in errors(api.put("/v1/listings/bad/fit", json=JOB | extra))[""]


@pytest.mark.parametrize("missing", ["kind", "title", "country"])
def test_a_listing_needs_kind_title_and_country(api: TestClient, missing: str) -> None:
    """The three required fields are asked for by name."""
    body = {name: value for name, value in JOB.items() if name != missing}
    found = errors(api.put("/v1/listings/bad/missing", json=body))
    assert found == {f"/{missing}": "This field is required."}


BAD_PEOPLE: list[tuple[str, JSON, str]] = [
    ("/home_country", {"home_country": "Nepal"}, '"NP"'),
    ("/birth_year", {"birth_year": 1899}, ""),
    ("/birth_year", {"birth_year": date.today().year + 1}, "not come yet"),  # noqa: DTZ011
    ("/return_category", {"return_category": "succes"}, '"success"'),
    ("/visa_expires", {"visa_expires": "soon"}, ""),
    ("/remigration", {"remigration": "no"}, ""),
    ("/skills/0/status", {"skills": [{"text": "weld", "status": "expert"}]}, "certified"),
    ("/experiences/0/years", {"experiences": [{"title": "Mason", "years": -1}]}, ""),
    ("/experiences/0/country", {"experiences": [{"country": "Dubai"}]}, ""),
    ("/preferences/routes/0", {"preferences": {"routes": ["locl"]}}, '"local"'),
    ("/preferences/exclude_countries/0", {"preferences": {"exclude_countries": ["KSA"]}}, ""),
    ("/preferences/max_distance_km", {"preferences": {"max_distance_km": 0}}, ""),
    ("/preferences/min_wage/amount", {"preferences": {"min_wage": {"currency": "BDT"}}}, "req"),
    (
        "/preferences/min_wage/amount",
        {"preferences": {"min_wage": {"amount": -5, "currency": "BDT"}}},
        "greater",
    ),
    ("/preferences/vetoes/0", {"preferences": {"vetoes": [{}]}}, "isco08 or text"),
    ("/preferences/vetoes/0/isco08", {"preferences": {"vetoes": [{"isco08": "9998"}]}}, "ISCO"),
    ("/consent/matching", {"consent": {"matching": "yes"}}, ""),
    ("/consent/until", {"consent": {"matching": True, "until": YESTERDAY}}, "has passed"),
    ("/languages/0/code", {"languages": [{"code": "bangla!"}]}, "BCP-47"),
]


@pytest.mark.parametrize(("pointer", "extra", "said"), BAD_PEOPLE)
def test_a_person_refuses_bad_values(api: TestClient, pointer: str, extra: JSON, said: str) -> None:
    """POST, PUT and PATCH refuse the same values, each under its pointer."""
    known = api.get("/v1/returnees/nowhere/values").json()["id"]
    code = "expired" if said == "has passed" else "invalid_input"
    for method, url, body in (
        ("POST", "/v1/returnees", PERSON),
        ("PUT", "/v1/returnees/bad/value", PERSON),
        ("PATCH", f"/v1/returnees/{known}", {}),
    ):
        found = errors(api.request(method, url, json=body | extra), code)
        assert said in found[pointer]


def test_a_person_without_any_words_is_refused(api: TestClient) -> None:
    """Text, skills or experiences: something must say what the person can do."""
    assert "/text" in errors(api.post("/v1/returnees", json={"home_country": "BD"}))
    known = api.get("/v1/returnees/nowhere/values").json()["id"]
    assert "/text" in errors(api.patch(f"/v1/returnees/{known}", json={"text": None}))
    problem(api.post("/v1/match", json={"home_country": "BD"}), 422, "invalid_input")


@pytest.mark.parametrize("words", ["მე ვარ მშენებელი", "我是砖瓦工人", "Я каменщик", "אני רתך"])
def test_a_script_nobody_reads_is_refused(api: TestClient, words: str) -> None:
    """Words in an unknown script get a code of their own, asked or stored, text or skill."""
    bodies: list[JSON] = [{"text": words}, {"skills": [{"text": words}]}]
    for body in bodies:
        for answer in (
            api.post("/v1/returnees", json=body),
            api.put("/v1/returnees/bad/script", json=body),
            api.post("/v1/match", json={"profile": body}),
        ):
            assert list(errors(answer, "language_unknown")) == ["/text"]


@pytest.mark.parametrize(
    "extra",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "10"},
        {"limit": 1.5},
        {"routes": ["abroad"]},
        {"routes": ["local"] * 4},
        {"filters": {"kinds": ["work"]}},
        {"filters": {"countries": ["XX"]}},
        {"filters": {"isco08": ["9998"]}},
        {"filters": {"max_distance_km": -1}},
        {"filters": {"min_wage": {"amount": 1, "currency": "???"}}},
        {"home_country": "XX"},
        {"profile": {"text": "other words"}},
        {"profile": {"home_country": "NP"}},
    ],
)
def test_a_question_refuses_bad_values(api: TestClient, extra: dict[str, Any]) -> None:
    """A question is held to the same rules, and may not contradict itself."""
    body = {"text": "I lay bricks", "home_country": "BD"} | extra
    assert errors(api.post("/v1/match", json=body))


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "routes=abroad", "countries=XX", "isco08=9998"]
)
def test_a_stored_persons_matches_refuse_bad_parameters(api: TestClient, query: str) -> None:
    """Query parameters are checked as fields are, and named."""
    known = api.get("/v1/returnees/nowhere/values").json()["id"]
    found = errors(api.get(f"/v1/returnees/{known}/matches?{query}"))
    assert query.split("=", maxsplit=1)[0] in next(iter(found))


@pytest.mark.parametrize(
    "url",
    ["/v1/listings/{}/x", "/v1/listings/x/{}", "/v1/returnees/{}/x", "/v1/returnees/x/{}"],
)
@pytest.mark.parametrize("name", ["%00", "a%0Ab", "y" * 201])
def test_names_in_a_path_are_checked(api: TestClient, url: str, name: str) -> None:
    """Control characters and endless names do not become names of records."""
    body = JOB if "listings" in url else PERSON
    assert errors(api.put(url.format(name), json=body))
