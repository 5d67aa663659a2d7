"""Matches over HTTP: limits, wishes, filters, reasons, and the shape of an answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from service.domain.listing import Kind
from service.domain.person import Route
from service.domain.records import Put
from service.ports import Tools
from service.usecases.put_listings import put_listing
from tests.api.support import JSON, problem, stored

TODAY = datetime.now(UTC).date()
ROUTES = [route.value for route in Route]
WORDS = "I weld steel pipes"
DHAKA = {"lat": 23.8, "lon": 90.4}
NEAR = {"lat": 23.9, "lon": 90.5}
FAR = {"lat": 22.36, "lon": 91.78}


class Board:
    """A source of listings of one test, asked about alone."""

    def __init__(self, api: TestClient) -> None:
        """Take a name nobody else has."""
        self.api = api
        self.source = f"board-{uuid4().hex}"

    def offer(self, name: str, **said: object) -> str:
        """Put a listing that is just what the person of these tests can do; return its id."""
        body = {
            "kind": "job",
            "title": "Pipe welder",
            "country": "BD",
            "skills": [WORDS, "weld steel pipes"],
        } | said
        made = self.api.put(f"/v1/listings/{self.source}/{name}", json=body)
        assert made.status_code in {200, 201}, made.text
        return str(made.json()["id"])

    def ask(
        self,
        profile: JSON | None = None,
        filters: JSON | None = None,
        limit: int = 10,
        routes: list[str] | None = None,
    ) -> JSON:
        """Ask for matches among this board's listings."""
        answer = self.api.post(
            "/v1/match",
            json={
                "text": WORDS,
                "home_country": "BD",
                "profile": profile or {},
                "routes": routes or [],
                "filters": (filters or {}) | {"sources": [self.source]},
                "limit": limit,
            },
        )
        assert answer.status_code == 200, answer.text
        found: JSON = answer.json()
        return found

    def names(self, **asked: object) -> dict[str, set[str]]:
        """Return external ids by route."""
        answer = self.ask(**asked)  # type: ignore[arg-type]
        return {
            route: {one["listing"]["external_id"] for one in some}
            for route, some in answer["routes"].items()
        }

    def blocked(self, **asked: object) -> dict[str, list[str]]:
        """Return reason codes by external id."""
        answer = self.ask(**asked)  # type: ignore[arg-type]
        for one in answer["blocked"]:
            assert all(reason["text"] and reason["source"] for reason in one["reasons"])
        return {
            one["listing"]["external_id"]: [reason["code"] for reason in one["reasons"]]
            for one in answer["blocked"]
        }


@pytest.fixture
def board(api: TestClient) -> Board:
    """A board of this test."""
    return Board(api)


def test_an_empty_index_answers_with_empty_routes(client: TestClient) -> None:
    """Nothing to offer is an answer, not an error."""
    answer = client.post("/v1/match", json={"text": WORDS, "home_country": "BD"})
    assert answer.status_code == 200
    body = answer.json()
    assert body["routes"] == {route: [] for route in ROUTES}
    assert body["blocked"] == []
    assert body["index"]["listings"] == 0
    assert [one["text"] for one in body["understood"]["phrases"]] == [WORDS]


def test_routes_divide_by_country_and_kind(board: Board) -> None:
    """Jobs at home, jobs anywhere else, trainings and enterprises; services are no way forward."""
    board.offer("home")
    board.offer("abroad", country="QA")
    board.offer("course", kind="training", outcomes=["weld steel pipes"])
    board.offer("shop", kind="enterprise", country="NP")
    board.offer("help", kind="service")
    expected = {"local": {"home"}, "overseas": {"abroad"}, "training": {"course", "shop"}}
    assert board.names() == expected
    for route in ROUTES:
        assert board.names(routes=[route]) == {route: expected[route]}


def test_a_written_listing_is_matched_at_once_and_a_deleted_one_is_gone(board: Board) -> None:
    """No wait, no rebuild: the next question sees each change."""
    for _ in range(3):
        listing = board.offer("quick")
        found = board.ask()["routes"]["local"]
        assert [one["listing"]["id"] for one in found] == [listing]
        board.offer("quick", country="QA")
        assert board.names() == {"local": set(), "overseas": {"quick"}, "training": set()}
        board.api.delete(f"/v1/listings/{board.source}/quick")
        assert board.names() == {route: set() for route in ROUTES}


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_the_limit_counts_per_route(board: Board, limit: int) -> None:
    """Each route has its own best, ranked from 1, scores from high to low within 0..1."""
    for number in range(4):
        board.offer(f"home-{number}", skills=["weld steel pipes"] * number)
        board.offer(f"abroad-{number}", country="SA", title=f"Welder {number}")
        board.offer(f"course-{number}", kind="training")
    answer = board.ask(limit=limit)
    for some in answer["routes"].values():
        assert len(some) == min(limit, 4)
        assert [one["rank"] for one in some] == list(range(1, len(some) + 1))
        scores = [one["score"] for one in some]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        assert {one["tier"] for one in some} <= {"strong", "good", "stretch"}


def test_a_hundred_matches_can_be_asked_for(board: Board) -> None:
    """A route with more than a hundred eligible listings gives exactly a hundred."""
    for number in range(105):
        board.offer(f"n{number}", region=f"Upazila {number}")
    answer = board.ask(limit=100, routes=["local"])
    ids = [one["listing"]["id"] for one in answer["routes"]["local"]]
    assert len(ids) == len(set(ids)) == 100


@pytest.mark.parametrize(
    ("wishes", "listing", "reason"),
    [
        ({"vetoes": [{"isco08": "72"}]}, {"isco08": "7212"}, "veto"),
        ({"vetoes": [{"text": "Pipe WELDER"}]}, {}, "veto"),
        ({"vetoes": [{"text": "asbestos"}]}, {"skills": [WORDS, "strip asbestos"]}, "veto"),
        ({"vetoes": [{"isco08": "7212", "market": "local"}]}, {"isco08": "7212"}, "veto"),
        ({"exclude_countries": ["BD"]}, {}, "country_not_wanted"),
        (
            {"min_wage": {"amount": 1000, "currency": "BDT", "period": "day"}},
            {"wage_max": 20_000, "wage_currency": "BDT", "wage_period": "month"},
            "wage_below_floor",
        ),
    ],
)
def test_a_wish_blocks_and_says_why(board: Board, wishes: JSON, listing: JSON, reason: str) -> None:
    """What the person refuses is not ranked, and stands under blocked with its reason."""
    board.offer("refused", **listing)
    assert board.names(routes=["local"]) == {"local": {"refused"}}
    asked = {"profile": {"preferences": wishes}, "routes": ["local"]}
    assert board.names(**asked) == {"local": set()}
    assert board.blocked(**asked) == {"refused": [reason]}


@pytest.mark.parametrize(
    ("wishes", "listing"),
    [
        ({"vetoes": [{"isco08": "71"}]}, {"isco08": "7212"}),
        ({"vetoes": [{"isco08": "9111"}]}, {}),
        ({"vetoes": [{"isco08": "7212", "market": "overseas"}]}, {"isco08": "7212"}),
        (
            {"vetoes": [{"text": "weld"}]},
            {"title": "Plumber", "isco08": "7126", "skills": [WORDS, "assist the welder"]},
        ),
        ({"exclude_countries": ["SA"]}, {}),
        ({"countries": ["QA"]}, {}),
        ({"min_wage": {"amount": 5000, "currency": "BDT"}}, {}),
        (
            {"min_wage": {"amount": 5000, "currency": "BDT"}},
            {"wage_max": 1, "wage_currency": "XAU"},
        ),
        (
            {"min_wage": {"amount": 5000, "currency": "BDT"}},
            {"wage_max": 200, "wage_currency": "SAR"},
        ),
        (
            {"min_wage": {"amount": 26_000, "currency": "BDT"}},
            {"wage_max": 1000, "wage_currency": "BDT", "wage_period": "day"},
        ),
        ({"max_distance_km": 5}, {}),
    ],
)
def test_a_wish_that_does_not_apply_blocks_nothing(
    board: Board, wishes: JSON, listing: JSON
) -> None:
    """Other branches, markets, words, currencies and unknown facts pass."""
    board.offer("open", **listing)
    asked = {"profile": DHAKA | {"preferences": wishes}, "routes": ["local"]}
    assert board.names(**asked) == {"local": {"open"}}
    assert board.blocked(**asked) == {}


def test_wanted_countries_hold_abroad(board: Board) -> None:
    """Naming countries keeps the others out of the route abroad, and says so."""
    board.offer("qatar", country="QA")
    board.offer("saudi", country="SA")
    asked = {"profile": {"preferences": {"countries": ["QA"]}}, "routes": ["overseas"]}
    assert board.names(**asked) == {"overseas": {"qatar"}}
    assert board.blocked(**asked) == {"saudi": ["country_not_wanted"]}


def test_a_distance_holds_at_home(board: Board) -> None:
    """Too far is blocked with its reason; without the person's place nothing is."""
    board.offer("near", **NEAR)
    board.offer("far", **FAR)
    board.offer("somewhere")
    wishes = {"preferences": {"max_distance_km": 50}}
    asked = {"profile": DHAKA | wishes, "routes": ["local"]}
    assert board.names(**asked) == {"local": {"near", "somewhere"}}
    assert board.blocked(**asked) == {"far": ["too_far"]}
    placeless = board.names(profile=wishes, routes=["local"])
    assert placeless == {"local": {"near", "far", "somewhere"}}


def test_the_narrower_of_two_distances_holds(board: Board) -> None:
    """A filter is not widened by a wish, nor a wish by a filter."""
    board.offer("near", **NEAR)
    board.offer("far", **FAR)
    for wish, asked in ((1000, 50), (50, 1000)):
        profile = DHAKA | {"preferences": {"max_distance_km": wish}}
        filters = {"max_distance_km": asked}
        found = board.names(profile=profile, filters=filters, routes=["local"])
        assert found == {"local": {"near"}}


def test_an_expired_listing_is_blocked(board: Board, api_tools: Tools) -> None:
    """A listing that closed after it was stored is not ranked any more."""
    listing = api_tools.store.listing(board.offer("late"))
    closed = replace(listing.content, valid_through=TODAY - timedelta(days=1))
    put_listing(
        api_tools,
        Put(
            organisation_id=listing.organisation_id,
            source=listing.source,
            external_id="late",
            content=closed,
        ),
    )
    assert board.names(routes=["local"]) == {"local": set()}
    assert board.blocked(routes=["local"]) == {"late": ["expired"]}


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({"countries": ["BD"]}, {"plain", "rich", "licensed"}),
        ({"countries": ["QA"]}, set()),
        ({"exclude_countries": ["BD"]}, set()),
        ({"kinds": ["job"]}, {"plain", "rich", "licensed"}),
        ({"kinds": ["training"]}, set()),
        ({"sectors": ["energy"]}, {"rich"}),
        ({"isco08": ["72"]}, {"licensed"}),
        ({"licensed_recruiter_only": True}, {"licensed"}),
        ({"min_wage": {"amount": 100, "currency": "BDT"}}, {"rich", "licensed"}),
    ],
)
def test_a_filter_hides_without_a_reason(board: Board, filters: JSON, kept: set[str]) -> None:
    """Filters narrow what is asked for; they are not the person's refusals."""
    board.offer("plain", wage_max=50, wage_currency="BDT", wage_period="month")
    board.offer("rich", sectors=["energy"], wage_max=5000, wage_currency="BDT")
    board.offer("licensed", recruiter_licensed=True, isco08="7212")
    asked = {"filters": filters, "routes": ["local"]}
    assert board.names(**asked) == {"local": kept}
    assert board.blocked(**asked) == {}


def test_a_narrow_filter_finds_its_needle(board: Board) -> None:
    """A filter applies before the search: one fitting listing among many nearer ones is found."""
    for number in range(150):
        board.offer(f"n{number}")
    board.offer("needle", title="Cleaner of offices", skills=["mop floors"], sectors=["cleaning"])
    found = board.names(filters={"sectors": ["cleaning"]}, limit=1, routes=["local"])
    assert found == {"local": {"needle"}}


def test_flags_tell_what_to_mind(board: Board) -> None:
    """Unlicensed, paid, wageless and closing: warnings come first."""
    board.offer(
        "minded",
        country="SA",
        recruiter_licensed=False,
        fee=4500,
        fee_currency="BDT",
        valid_through=(TODAY + timedelta(days=3)).isoformat(),
    )
    flags = board.ask(routes=["overseas"])["routes"]["overseas"][0]["flags"]
    assert [(one["code"], one["severity"]) for one in flags] == [
        ("recruiter_unlicensed", "warning"),
        ("fee_charged", "warning"),
        ("visa_unknown", "info"),
        ("corridor_unknown", "info"),
        ("wage_unknown", "info"),
        ("closes_soon", "info"),
    ]


def test_a_missing_skill_names_the_training_that_gives_it(board: Board) -> None:
    """Bridges are ids of trainings that exist, and lead to what is missing."""
    course = board.offer(
        "course",
        kind="training",
        title="Safe driving of forklift trucks",
        skills=[],
        outcomes=["drive a forklift truck"],
    )
    board.offer("job", skills=[WORDS, "drive a forklift truck"])
    job = board.ask(routes=["local"])["routes"]["local"][0]
    missing = {one["requirement"]: one for one in job["missing"]}
    bridges = missing["drive a forklift truck"]["bridges"]
    assert course in bridges
    for bridge in bridges:
        assert board.api.get(f"/v1/listings/{bridge}").json()["kind"] == Kind.TRAINING


def test_gaps_name_what_is_asked(board: Board) -> None:
    """Language, certificate and years: essential where known to lack, a question where unsaid."""
    board.offer(
        "asking",
        languages=[{"code": "en", "level": "B1"}],
        certificates=["6G welder"],
        min_experience_years=3,
    )
    known = {
        "languages": [{"code": "en", "level": "A1"}],
        "experiences": [{"title": "Welder", "years": 1}],
    }
    for profile, essential in ((known, True), ({}, False)):
        job = board.ask(profile=profile, routes=["local"])["routes"]["local"][0]
        missing = {one["kind"]: one["essential"] for one in job["missing"]}
        assert missing == {"language": essential, "certificate": True, "experience": essential}
    fit = {
        "languages": [{"code": "en-GB", "level": "C1"}],
        "skills": [{"text": "welding", "status": "certified", "certificate": "6G Welder"}],
        "experiences": [{"title": "Welder", "years": 3}],
    }
    job = board.ask(profile=fit, routes=["local"])["routes"]["local"][0]
    assert job["missing"] == []


def test_nothing_of_a_question_is_stored(board: Board, api_tools: Tools) -> None:
    """An ad-hoc question leaves no trace in the store."""
    board.offer("any")
    before = stored(api_tools)
    board.ask(profile={"gender": "female", "birth_year": 1990})
    assert stored(api_tools) == before


def test_a_stored_person_gets_the_answer_of_an_ad_hoc_question(client: TestClient) -> None:
    """The same words, stored or not, give the same matches.

    In a store of its own: of listings as near as those of other tests, half floats may turn two.
    """
    board = Board(client)
    board.offer("near")
    board.offer("further", title="Plumber", skills=["join pipes and fit taps"])
    board.offer("far", title="Mason", skills=["lay bricks", "plaster walls"])
    person = {"text": WORDS, "home_country": "BD", "skills": [{"text": "fit pipes"}]}
    made = board.api.post("/v1/returnees", json=person | {"consent": {"matching": True}})
    by_id = board.api.get(f"{made.headers['location']}/matches?limit=100&routes=local")
    ad_hoc = board.api.post(
        "/v1/match", json={"profile": person, "limit": 100, "routes": ["local"]}
    )
    stored_answer, asked_answer = by_id.json(), ad_hoc.json()
    assert len(asked_answer["routes"]["local"]) == 3
    assert stored_answer["understood"] == asked_answer["understood"]
    assert [one["listing"] for one in stored_answer["routes"]["local"]] == [
        one["listing"] for one in asked_answer["routes"]["local"]
    ]
    pairs = zip(stored_answer["routes"]["local"], asked_answer["routes"]["local"], strict=True)
    # A stored reading keeps half floats.
    assert all(abs(one["score"] - other["score"]) < 0.01 for one, other in pairs)


def test_query_filters_of_a_stored_person_hold(board: Board) -> None:
    """Kinds, countries and routes narrow the answer as they do for an ad-hoc question."""
    board.offer("here")
    board.offer("there", country="QA")
    person = {"text": WORDS, "home_country": "BD", "consent": {"matching": True}}
    url = board.api.post("/v1/returnees", json=person).headers["location"]
    answer = board.api.get(f"{url}/matches?routes=overseas&countries=QA&limit=3").json()
    assert list(answer["routes"]) == ["overseas"]
    assert {one["listing"]["country"] for one in answer["routes"]["overseas"]} == {"QA"}


@pytest.mark.parametrize(
    ("profile", "language"),
    [
        ({"text": "Je suis maçon depuis dix ans et je pose aussi du carrelage"}, "fr"),
        ({"text": "Mimi ni fundi wa kujenga nyumba na kupaka rangi kwa miaka kumi"}, "sw"),
    ],
)
def test_words_that_are_not_read_are_never_called_good(
    sample_client: TestClient, profile: JSON, language: str
) -> None:
    """A language nobody here reads gets a notice, and no tier above stretch."""
    answer = sample_client.post("/v1/match", json={"home_country": "BD", "profile": profile})
    body = answer.json()
    assert body["understood"]["language"] == language
    assert body["understood"]["notices"][0]["code"] == "language_not_read"
    tiers = {one["tier"] for some in body["routes"].values() for one in some}
    assert tiers <= {"stretch"}


@pytest.mark.parametrize(
    ("profile", "language"),
    [
        ({"text": "আমি রাজমিস্ত্রির কাজ করি, টাইলসও পারি"}, "bn"),
        ({"text": "rajmistri kaj kori, tiles o pari"}, "bn-Latn"),
        ({"text": "मैं राजमिस्त्री हूँ, टाइल्स भी लगाता हूँ"}, "hi"),
        ({"text": "میں راج مستری ہوں، ٹائل بھی لگاتا ہوں"}, "ur"),
        ({"skills": [{"text": "রাজমিস্ত্রির কাজ"}]}, "bn"),
    ],
)
def test_a_mason_is_a_mason_in_any_covered_language(
    sample_client: TestClient, profile: JSON, language: str
) -> None:
    """The words are read, said in English, and find the masons' posts."""
    answer = sample_client.post("/v1/match", json={"home_country": "BD", "profile": profile})
    body = answer.json()
    assert body["understood"]["language"] == language
    assert body["understood"]["notices"] == []
    assert "mason" in (body["understood"]["phrases"][0]["means"] or "")
    first = [some[0]["listing"]["title"].lower() for some in body["routes"].values() if some]
    assert any("mason" in title for title in first), first


def test_numbers_alone_are_no_work(api: TestClient, api_tools: Tools) -> None:
    """A text without a word is refused with a code of its own."""
    before = stored(api_tools)
    problem(api.post("/v1/match", json={"text": "017 11 22"}), 422, "no_work_words")
    assert stored(api_tools) == before
