"""A private listing is there for its owner and whom it names; nobody else gets a trace of it."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
from fastapi.testclient import TestClient

from service.domain.access import Scope
from service.domain.alert import Subscription, Watch
from service.domain.listing import Visibility
from service.domain.records import Put
from service.ports import Tools
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key, new_key
from service.usecases.put_listings import put_listings
from service.usecases.register_person import read_to_keep
from service.usecases.watch_changes import Watcher
from service.wiring import open_tools
from tests.api.support import JSON, errors, problem
from tests.api.test_rules_everywhere import COURSE, EXEMPT, MASON, PATHS, WORDS
from tests.conftest import ADMIN, client_over, settings_in

FRIEND, STRANGER = "friend", "stranger"
HIDDEN: Final = "secretsite"
"""Stands in the title of everything that is private here."""
PERSON: JSON = {
    "text": WORDS,
    "home_country": "BD",
    "consent": {"matching": True, "share_with": [FIRST_ORGANISATION, FRIEND, STRANGER]},
    "preferences": {"vetoes": [{"text": "welder"}]},
}
PRIVATE: JSON = {"visibility": "private", "visible_to": [FRIEND]}
SHARED: JSON = {"skills": [*MASON["skills"], "read drawings"], "employer": "River Works"}
"""What makes a hidden job look like a public one's duplicate."""
LISTINGS: Final[dict[str, JSON]] = {
    "job": MASON | SHARED | {"wage_max": 90_000},
    "abroad": MASON | {"country": "QA", "certificates": ["Masonry level 2"]},
    "course": COURSE | {"outcomes": ["mason", "lay bricks", "read drawings"]},
    "vetoed": MASON | {"title": "Welder and mason"},
}
READINGS: Final[dict[str, str]] = {
    "GET /v1/listings": "/v1/listings?limit=100",
    "GET /v1/listings, narrowed": "/v1/listings?source=hidden&kind=job&country=BD",
    "GET /v1/listings/{listing_id}": "/v1/listings/{open}",
    "GET /v1/listings/{listing_id}/candidates": "/v1/listings/{open}/candidates",
    "GET /v1/listings/{listing_id}/duplicates": "/v1/listings/{open}/duplicates",
    "GET /v1/returnees/{returnee_id}/matches": "/v1/returnees/{person}/matches?limit=100",
    "GET /v1/returnees/{returnee_id}/pathways": "/v1/returnees/{person}/pathways",
    "GET /v1/insights/skill-gaps": "/v1/insights/skill-gaps",
    "GET /v1/markets": "/v1/markets?origin=BD",
    "GET /readyz": "/readyz",
    "GET /metrics": "/metrics",
}
"""Whatever an organisation can read that listings could show in. Matches are asked below."""
NOT_READ: Final = {
    "GET /v1/listings/{source}/{external_id}": "by an owner's own names",
    "PUT /v1/listings/{source}/{external_id}": "an owner's own",
    "POST /v1/referrals": "listings that are named by their ids",
    "POST /v1/match:batch": "the same as POST /v1/match, line by line",
}


@dataclass
class Board:
    """A service with listings of one organisation, and a key of each."""

    api: TestClient
    tools: Tools
    keys: dict[str, str]
    people: dict[str, str]
    open: str

    def get(self, organisation: str, path: str) -> str:
        """Return what an organisation reads at a path, without what differs every time."""
        path = path.format(open=self.open, person=self.people[organisation])
        answer = self.api.get(path, headers=self.sent(organisation))
        assert answer.status_code == 200, answer.text
        if path == "/metrics":
            return "".join(re.findall("^homeward_index.*", answer.text, re.MULTILINE))
        return answer.text

    def match(self, organisation: str) -> str:
        """Return what an organisation is answered for the person's words."""
        profile = {name: value for name, value in PERSON.items() if name != "consent"}
        body = {"profile": profile, "limit": 100}
        answer = self.api.post("/v1/match", json=body, headers=self.sent(organisation))
        several = self.api.post(
            "/v1/match:batch", json={"items": [body]}, headers=self.sent(organisation)
        )
        assert answer.status_code == several.status_code == 200
        return answer.text + several.text

    def all_read(self, organisation: str) -> dict[str, str]:
        """Return everything an organisation can read, by its route."""
        read = {name: self.get(organisation, path) for name, path in READINGS.items()}
        return read | {"POST /v1/match": self.match(organisation)}

    def sent(self, organisation: str) -> dict[str, str]:
        """Return the header of an organisation's key."""
        return {"Authorization": f"Bearer {self.keys[organisation]}"}

    def hide(self, name: str, body: JSON, **other: object) -> str:
        """Put a listing of the first organisation's; return its id."""
        content = body | {"title": f"{body['title']} {HIDDEN}"} | PRIVATE | other
        answer = self.api.put(f"/v1/listings/hidden/{name}", json=content)
        assert answer.status_code in {200, 201}, answer.text
        found: str = answer.json()["id"]
        return found

    def clear(self) -> None:
        """Remove all that was hidden."""
        for name in LISTINGS:
            self.api.delete(f"/v1/listings/hidden/{name}")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, encoded_taxonomy: Path) -> Iterator[Board]:
    """Three organisations, each with a person who agreed, and a board of public listings."""
    settings = settings_in(tmp_path_factory.mktemp("private"))
    shutil.copytree(encoded_taxonomy, settings.data_dir / "index")
    with open_tools(settings) as tools:
        ensure_first_key(tools, ADMIN)
        for api in client_over(tools, settings):
            keys, people = {FIRST_ORGANISATION: ADMIN}, dict[str, str]()
            for name in (FRIEND, STRANGER):
                api.post("/v1/organisations", json={"id": name, "name": name})
                _, keys[name] = new_key(tools, name, "test", frozenset({Scope.ADMIN}))
            board = Board(api, tools, keys, people, "")
            public = MASON | SHARED
            board.open = api.put("/v1/listings/open/job", json=public).json()["id"]
            api.put("/v1/listings/open/abroad", json=public | {"country": "QA"})
            api.put("/v1/listings/open/course", json=COURSE)
            for name in keys:
                answer = api.put("/v1/returnees/crm/one", json=PERSON, headers=board.sent(name))
                people[name] = answer.json()["id"]
                _ten_more_like(tools, name, people[name])
            yield board


def _ten_more_like(tools: Tools, organisation: str, person_id: str) -> None:
    """Register ten more people who say the same: figures stand for ten and more."""
    person = tools.store.person(organisation, person_id)
    read = read_to_keep(tools, person.profile)
    for number in range(10):
        put = Put(
            organisation_id=organisation,
            source="crm",
            external_id=str(number),
            content=person.profile,
        )
        tools.store.put_person(put, None, read)


@pytest.fixture
def board(opened: Board) -> Iterator[Board]:
    """The same, with nothing hidden."""
    yield opened
    opened.clear()


def test_every_route_that_shows_listings_is_read_here() -> None:
    """One added later without a thought of what is private fails here."""
    showing = {one for one in {**PATHS, **EXEMPT} if " /v1/returnees" not in one or one in PATHS}
    assert showing <= {*READINGS, *NOT_READ, "POST /v1/match"}


def test_a_stranger_reads_the_same_with_and_without(board: Board) -> None:
    """Not a listing, not a figure, not a count, not a score, not a generation differs."""
    before = board.all_read(STRANGER)
    ids = [board.hide(name, body) for name, body in LISTINGS.items()]
    board.hide("job", LISTINGS["job"], employer="Changed Ltd")
    assert board.all_read(STRANGER) == before
    board.clear()
    assert board.match(STRANGER) == before["POST /v1/match"]
    assert not any(one in json.dumps(before) for one in ids)


def test_what_anybody_may_count_stands_still(board: Board) -> None:
    """Nobody without a key sees by a figure that something private was put, changed or removed."""

    def counted() -> list[str]:
        answer = board.api.get("/metrics", headers={"Authorization": ""})
        lines = re.findall("^homeward_http_requests_total.*", answer.text, re.MULTILINE)
        return [one for one in lines if '"/metrics"' not in one]

    board.match(STRANGER)
    before = counted()
    assert before
    board.hide("job", LISTINGS["job"])
    board.hide("job", LISTINGS["job"], employer="Changed Ltd")
    board.clear()
    assert counted() == before


def test_owner_and_friend_read_it(board: Board) -> None:
    """Everywhere where a listing shows, for its owner and for those it names alike."""
    before = {name: board.all_read(name) for name in (FIRST_ORGANISATION, FRIEND)}
    ids = {name: board.hide(name, body) for name, body in LISTINGS.items()}
    for organisation, read_before in before.items():
        read = board.all_read(organisation)
        changed = {name for name in read if read[name] != read_before[name]}
        assert changed == set(READINGS) - {
            "GET /readyz",
            "GET /metrics",
            "GET /v1/listings/{listing_id}",
        } | {"POST /v1/match"}
        answer = read["POST /v1/match"]
        assert all(one in answer for one in ids.values()), ids
        blocked = json.loads(read["GET /v1/returnees/{returnee_id}/matches"])["blocked"]
        assert ids["vetoed"] in {one["listing"]["id"] for one in blocked}
        assert ids["course"] in read["GET /v1/returnees/{returnee_id}/pathways"]
        assert ids["job"] in read["GET /v1/listings"]
        state = json.loads(
            board.get(organisation, READINGS["GET /v1/listings/{listing_id}/candidates"])
        )
        assert state["index"]["listings"] == 3 + len(LISTINGS)


@pytest.mark.parametrize(
    "path",
    ["/v1/listings/{id}", "/v1/listings/{id}/candidates", "/v1/listings/{id}/duplicates"],
)
def test_its_id_leads_nowhere(board: Board, path: str) -> None:
    """A stranger who has the id gets the very answer of an id that never was."""
    name = board.hide("job", LISTINGS["job"])
    asked = [
        problem(board.api.get(path.format(id=one), headers=board.sent(STRANGER)), 404, "not_found")
        for one in (name, "lst_none")
    ]
    assert asked[0]["detail"] == asked[1]["detail"]
    friend = board.api.get(path.format(id=name), headers=board.sent(FRIEND))
    assert friend.status_code == 200


def test_nothing_is_reported_of_it(board: Board) -> None:
    """An outcome with a listing that one may not know of is one with none at all."""
    name = board.hide("job", LISTINGS["job"])
    for organisation, status in ((STRANGER, 404), (FRIEND, 201)):
        body = {"returnee": board.people[organisation], "listing": name, "outcome": "referred"}
        answer = board.api.post("/v1/outcomes", json=body, headers=board.sent(organisation))
        assert answer.status_code == status


def test_nobody_else_is_told_of_it(board: Board) -> None:
    """A subscription of a stranger's brings nothing, one of a friend's does."""
    store, made = board.tools.store, {}
    for organisation in (STRANGER, FRIEND):
        content = Subscription(
            watch=Watch.LISTINGS, url="https://x.example", text=WORDS, home_country="BD"
        )
        key = store.keys(organisation)[0]
        made[organisation] = store.add_subscription(
            organisation, key.id, content, "whsec_eA==", board.tools.clock.now()
        )
    name = board.hide("job", LISTINGS["job"])
    watcher = Watcher(board.tools)
    while store.subscriptions_behind(1):
        watcher.look()
    told = {
        organisation: [
            one.listing_id for one in store.page_of_deliveries(stored.id, after=0, limit=10).items
        ]
        for organisation, stored in made.items()
    }
    for stored in made.values():
        store.remove_subscription(stored, None)
    assert told == {STRANGER: [], FRIEND: [name]}


def test_whom_it_names_is_for_its_owner_to_know(board: Board) -> None:
    """Others who see it see themselves among the readers, and no one else."""
    name = board.hide("job", LISTINGS["job"], visible_to=[FRIEND, "third"])
    mine = board.api.get(f"/v1/listings/{name}").json()
    theirs = board.api.get(f"/v1/listings/{name}", headers=board.sent(FRIEND)).json()
    assert (mine["visibility"], mine["visible_to"]) == ("private", [FRIEND, "third"])
    assert (theirs["visibility"], theirs["visible_to"]) == ("private", [FRIEND])


def test_it_can_be_made_public_and_private_again(board: Board) -> None:
    """At once, on every path, and the generation that everybody sees moves with it."""
    name = board.hide("job", LISTINGS["job"])
    generations = []
    for visibility, seen in (("public", True), ("private", False)):
        board.hide("job", LISTINGS["job"], visibility=visibility, visible_to=[])
        answer = board.match(STRANGER)
        assert (name in answer) is seen
        assert (name in board.get(STRANGER, "/v1/listings")) is seen
        generations.append(board.tools.index.seen_by(STRANGER).generation)
    assert generations[0] < generations[1]


def test_a_crowd_of_private_ones_starves_nobody(board: Board) -> None:
    """They are left out before the search, not after it."""
    before = board.match(STRANGER)
    content = replace(board.tools.store.listing(board.open).content, visibility=Visibility.PRIVATE)
    puts = [
        Put(organisation_id=FRIEND, source="crowd", external_id=str(number), content=content)
        for number in range(130)
    ]
    written = put_listings(board.tools, puts)
    try:
        assert board.match(STRANGER) == before
    finally:
        for one in written:
            board.tools.store.delete_listing(one.record, if_version=None)
        board.tools.index.follow()


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"visibility": "hidden"}, "/visibility"),
        ({"visibility": None}, "/visibility"),
        ({"visibility": "private", "visible_to": ["No Name"]}, "/visible_to/0"),
        ({"visible_to": [FRIEND]}, ""),
    ],
)
def test_what_makes_no_sense_is_refused(board: Board, said: JSON, pointer: str) -> None:
    """A typing error must not make public what was meant to be private."""
    assert list(errors(board.api.put("/v1/listings/hidden/job", json=MASON | said))) == [pointer]


def test_a_whole_file_can_be_private(board: Board) -> None:
    """Rows that say what they are keep to it; people have no such thing."""
    rows = [LISTINGS["job"] | {"external_id": "job"}, MASON | {"external_id": "abroad"}]
    rows[1]["visibility"] = "public"
    content = "\n".join(json.dumps(one) for one in rows)
    path = "/v1/imports?source=hidden&visibility=private&kind="
    location = board.api.post(f"{path}listings", content=content).headers["location"]
    ends = time.monotonic() + 30
    while board.api.get(location).json()["state"] != "done":
        assert time.monotonic() < ends
    found = {
        name: board.api.get(f"/v1/listings/hidden/{name}").json()["visibility"]
        for name in ("job", "abroad")
    }
    assert found == {"job": "private", "abroad": "public"}
    assert list(errors(board.api.post(f"{path}returnees", content=content))) == ["query:visibility"]


def _imported(board: Board, content: str, query: str = "") -> list[str]:
    """Bring a file in; return what became of each row."""
    path = f"/v1/imports?kind=listings&source=filed{query}"
    location = board.api.post(path, content=content).headers["location"]
    ends = time.monotonic() + 30
    while board.api.get(location).json()["state"] != "done":
        assert time.monotonic() < ends
    return [one["effect"] for one in board.api.get(f"{location}/rows").json()["items"]]


@pytest.fixture
def filed(board: Board) -> Iterator[Callable[[], dict[str, tuple[str, list[str]]]]]:
    """Who may know of each listing of a file, by its title; removed afterwards."""

    def stored() -> list[JSON]:
        found: list[JSON] = board.api.get("/v1/listings?source=filed").json()["items"]
        return found

    yield lambda: {one["title"]: (one["visibility"], one["visible_to"]) for one in stored()}
    for one in stored():
        board.api.delete(f"/v1/listings/filed/{one['external_id']}")


Filed = Callable[[], dict[str, tuple[str, list[str]]]]


@pytest.mark.parametrize("named", [True, False])
def test_a_file_that_says_nothing_publishes_nothing(
    board: Board, filed: Filed, *, named: bool
) -> None:
    """What is private stays so, changed or not; with names of its own, or named by its words."""
    row = f"{'m-1' if named else ''},Mason {HIDDEN},BD,"
    table = f"Ref,Job Title,Country,Employer\n{row}"
    assert _imported(board, table + "River\n", "&visibility=private") == ["created"]
    trial = _imported(board, table + "River\n", "&dry_run=true")
    assert trial == _imported(board, table + "River\n") == ["unchanged"]
    if named:
        assert _imported(board, table + "Delta\n") == ["changed"]
    assert filed() == {f"Mason {HIDDEN}": ("private", [])}
    assert HIDDEN not in board.get(STRANGER, "/v1/listings?limit=100")
    # Only whoever says so makes it public.
    assert _imported(board, table + "River\n", "&visibility=public") == ["changed"]
    assert filed() == {f"Mason {HIDDEN}": ("public", [])}


def test_a_column_says_who_may_know(board: Board, filed: Filed) -> None:
    """A word that is neither is refused, never taken for public; whom it names stays named."""
    table = (
        "Ref,Job Title,Country,Visibility,Visible to\n"
        f"1,Mason {HIDDEN},BD,Private,{FRIEND}\n2,Open mason,BD,public,\n3,Mason,BD,privat,\n"
        "4,Another open mason,BD,,\n"
    )
    assert _imported(board, table) == ["created", "created", "refused", "created"]
    wanted = {
        f"Mason {HIDDEN}": ("private", [FRIEND]),
        "Open mason": ("public", []),
        "Another open mason": ("public", []),
    }
    assert filed() == wanted
    assert _imported(board, f"Ref,Job Title,Country\n1,Mason {HIDDEN},BD\n") == ["unchanged"]
    assert filed() == wanted
