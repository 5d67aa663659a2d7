"""A stored person's matches are given again, and made anew as soon as anything has changed."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from service.adapters.vectors.local import LocalListingIndex
from service.ports import Tools
from tests.api.support import CORRIDOR, JSON, problem

WORDS = "I weld steel pipes and read drawings"
WELDER = {"kind": "job", "title": "Pipe welder", "country": "BD", "skills": ["weld steel pipes"]}
ABROAD = WELDER | {"country": "SA"}
CLOSED = CORRIDOR | {"origin": "BD", "destination": "SA"}


class Searches:
    """Counts what an index is asked."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        """Begin with nothing."""
        self.made = 0
        pools = LocalListingIndex.pools

        def counted(index: LocalListingIndex, query: object) -> object:
            self.made += 1
            return pools(index, query)  # type: ignore[arg-type]

        patch.setattr(LocalListingIndex, "pools", counted)

    def of(self, ask: Callable[[], object]) -> int:
        """Return how many searches a question took."""
        before = self.made
        ask()
        return self.made - before


class Person:
    """Somebody stored, asked about."""

    def __init__(self, client: TestClient, tools: Tools) -> None:
        """Store a welder, and two jobs for one."""
        self.client, self.tools = client, tools
        self.put("home", WELDER)
        self.put("abroad", ABROAD)
        body = {"text": WORDS, "home_country": "BD", "consent": {"matching": True}}
        made = client.post("/v1/returnees", json=body)
        self.url = made.headers["Location"]

    def put(self, name: str, body: JSON) -> str:
        """Put a listing and have the index see it."""
        made = self.client.put(f"/v1/listings/board/{name}", json=body)
        assert made.status_code in {200, 201}, made.text
        self.tools.index.follow()
        return str(made.json()["id"])

    def matches(self, query: str = "") -> JSON:
        """Ask."""
        answer = self.client.get(f"{self.url}/matches{query}")
        assert answer.status_code == 200, answer.text
        found: JSON = answer.json()
        return found

    def change(self, body: JSON) -> None:
        """Change what is stored of the person."""
        form = {"Content-Type": "application/merge-patch+json"}
        changed = self.client.patch(self.url, json=body, headers=form)
        assert changed.status_code == 200, changed.text

    def titles(self, route: str = "local") -> list[str]:
        """Return the titles of one route."""
        return [one["listing"]["title"] for one in self.matches()["routes"][route]]


@pytest.fixture
def person(client: TestClient, tools: Tools) -> Person:
    """Somebody with matches at home and abroad."""
    return Person(client, tools)


def test_the_same_is_said_again_without_a_search(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte; another question is another answer, and each keeps its own."""
    searches = Searches(monkeypatch)
    first = person.client.get(f"{person.url}/matches")
    assert searches.of(lambda: person.matches("?limit=1")) > 0
    assert searches.of(lambda: person.matches("?limit=1")) == 0
    before = searches.made
    again = person.client.get(f"{person.url}/matches")
    assert (again.content, searches.made) == (first.content, before)
    assert again.headers["content-type"] == first.headers["content-type"] == "application/json"


def test_whatever_changes_the_answer_makes_it_anew(person: Person) -> None:
    """A listing, the person, what is allowed: none of it waits for ten minutes."""
    assert person.titles() == ["Pipe welder"]
    person.put("home", WELDER | {"title": "Welder of pipes"})
    assert person.titles() == ["Welder of pipes"]
    person.put("second", WELDER | {"title": "Pipe fitter"})
    assert sorted(person.titles()) == ["Pipe fitter", "Welder of pipes"]
    assert person.titles("overseas") == ["Pipe welder"]
    person.change({"preferences": {"exclude_countries": ["SA"]}})
    assert person.titles("overseas") == []
    person.change({"preferences": {"exclude_countries": []}})
    assert person.titles("overseas") == ["Pipe welder"]
    assert person.client.post("/v1/corridors", json=CLOSED).status_code == 201
    assert person.titles("overseas") == []


def test_a_listing_that_is_gone_is_gone_at_once(person: Person) -> None:
    """Even before the index has followed."""
    assert person.titles() == ["Pipe welder"]
    assert person.client.delete("/v1/listings/board/home").status_code == 204
    assert person.titles() == []


def test_who_takes_back_consent_or_is_erased_is_asked_about_in_vain(person: Person) -> None:
    """An answer that is remembered opens nothing."""
    assert person.titles() == ["Pipe welder"]
    person.change({"consent": {"matching": False}})
    problem(person.client.get(f"{person.url}/matches"), 403, "consent_missing")
    assert person.client.delete(person.url).status_code == 204
    problem(person.client.get(f"{person.url}/matches"), 404, "not_found")
