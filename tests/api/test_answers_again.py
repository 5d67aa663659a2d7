"""A stored person's matches are given again, and made anew as soon as anything has changed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from service.adapters.remembered import AnswersInMemory
from service.adapters.store.access import AccessQueries
from service.adapters.store.people import PersonQueries
from service.adapters.vectors.local import LocalListingIndex
from service.domain.access import Organisation, Scope
from service.domain.audit import Access, Action
from service.domain.match import Remembered
from service.ports import Tools
from service.usecases.manage_keys import FIRST_ORGANISATION, new_key
from tests.api.support import CORRIDOR, JSON, problem

WORDS = "I weld steel pipes and read drawings"
WELDER = {"kind": "job", "title": "Pipe welder", "country": "BD", "skills": ["weld steel pipes"]}
ABROAD = WELDER | {"country": "SA"}
ACCESS = Access(
    at=datetime(2026, 11, 22, tzinfo=UTC),
    organisation_id=FIRST_ORGANISATION,
    key_id="key_1",
    action=Action.RETURNEE_READ,
    request_id="r1",
)
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


def test_while_nothing_was_written_nothing_is_read(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the person nor the key, though the access log grows; any change is looked for."""
    asked: list[str] = []
    for where, name in ((PersonQueries, "person"), (AccessQueries, "key_by_hash")):
        _counted(monkeypatch, where, name, asked)
    first = person.matches("?limit=2")
    asked.clear()
    assert person.matches("?limit=2") == first
    assert asked == []
    # A line of the access log, in its own time.
    person.tools.store.log_accesses([ACCESS])
    assert person.matches("?limit=2") == first
    assert asked == []
    person.put("elsewhere", WELDER | {"country": "AE"})
    asked.clear()
    assert person.matches("?limit=2")["routes"]["local"] == first["routes"]["local"]
    assert asked == ["key_by_hash", "person"]


def test_to_be_asked_again_keeps_no_answer_longer(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody said goes ten minutes after it was answered, however often it is asked for."""
    first = person.matches()
    kept: list[str] = []
    _counted(monkeypatch, AnswersInMemory, "keep", kept)
    new_key(person.tools, FIRST_ORGANISATION, "another", frozenset({Scope.MATCH}))
    assert person.matches() == first
    assert kept == []
    person.change({"region": "Sylhet"})
    person.matches()
    assert kept == ["keep"]


def test_what_an_answer_rests_on_is_counted_as_well() -> None:
    """An answer of a few bytes may rest on thousands of listings that were said to be one."""
    memory = AnswersInMemory(1000)
    memory.keep("small", Remembered((), {}, b"{}", size=900))
    memory.keep("large", Remembered((), {}, b"{}", size=2000))
    assert memory.recall("small") is not None
    assert memory.recall("large") is None


def test_an_answer_at_hand_ends_with_the_consent_it_was_given_under(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day passes without anybody writing anything, and with it the consent."""
    now = person.tools.clock.now()
    person.change({"consent": {"until": str((now + timedelta(days=1)).date())}})
    person.matches()
    assert person.client.get(f"{person.url}/matches").status_code == 200
    later = now + timedelta(days=3)
    monkeypatch.setattr(type(person.tools.clock), "now", lambda _: later)
    problem(person.client.get(f"{person.url}/matches"), 403, "consent_ended")


def test_what_is_at_hand_for_one_organisation_is_not_for_another(
    person: Person, tools: Tools
) -> None:
    """Their key does not open it, whoever asked before."""
    tools.store.add_organisation(Organisation("north-ngo", "North", tools.clock.now()))
    _, secret = new_key(tools, "north-ngo", "theirs", frozenset(Scope))
    theirs = {"Authorization": f"Bearer {secret}"}
    person.client.get(f"{person.url}/matches", headers=theirs)
    person.matches()
    problem(person.client.get(f"{person.url}/matches", headers=theirs), 404, "not_found")


def _counted(patch: pytest.MonkeyPatch, where: type, name: str, asked: list[str]) -> None:
    real = getattr(where, name)

    def counting(*some: object) -> object:
        asked.append(name)
        return real(*some)

    patch.setattr(where, name, counting)
