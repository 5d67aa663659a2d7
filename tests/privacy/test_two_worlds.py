"""Without consent to a partner, the partner cannot tell whether somebody is registered at all."""

import difflib
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.api.support import EVERY_ROUTE, OPEN
from tests.conftest import settings_in
from tests.privacy.walk import ASKS, Answer, told_of, walked
from tests.privacy.worlds import World, now, play, work_of_candidates, world

METHODS = ("get", "put", "post", "patch", "delete")
GUESSED = ("guess", "their import", "their outcome", "their subscription", "guessed key")
KINDS = {"guess": "ret", "their import": "imp", "their outcome": "out", "guessed key": "key"}


@dataclass(frozen=True)
class Seen:
    """What a partner saw of a world."""

    answers: list[Answer]
    messages: list[str]
    work: Mapping[str, int]
    document: dict[str, Any]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, encoded_taxonomy: Path) -> tuple[Seen, Seen]:
    """What the partner saw of the world without the women, and of the one with them."""
    moment, found = now(), []
    for differs in (False, True):
        settings = settings_in(tmp_path_factory.mktemp("world"))
        shutil.copytree(encoded_taxonomy, settings.data_dir / "index")
        with world(settings, differs=differs, moment=moment) as here:
            play(here)
            _name_what_is_not_there(here)
            work = work_of_candidates(here)
            answers = walked(here)
            here.settle()
            document = here.client.get("/openapi.json").json()
            found.append(Seen(answers, here.messages(), work, document))
    return found[0], found[1]


def _name_what_is_not_there(here: World) -> None:
    """Give what the partner can only guess a made-up id in the world where it is not."""
    for name in GUESSED:
        kind = KINDS.get(name, "sub")
        here.names.setdefault(name, f"{kind}_{uuid4().hex}")
    here.names["about left"] = told_of(here, here.names["left"]) or f"msg_{uuid4().hex}"


def test_every_route_and_every_parameter_is_asked(both: tuple[Seen, Seen]) -> None:
    """A route or a parameter that is added and not asked here fails."""
    asked: dict[str, set[str]] = {}
    for ask in ASKS:
        path = ask.url.split("?")[0]
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(ask.route.split(" ")[1]))
        assert re.fullmatch(pattern, path), ask
        names = re.findall(r"[?&](\w+)=", ask.url)
        also = ("cursor",) if ask.to_the_end else ()
        asked.setdefault(ask.route, set()).update(names, ask.headers, also)
    open_routes = {f"GET {path}" for path in (*OPEN, "/openapi.json")}
    assert set(asked) == set(EVERY_ROUTE) | open_routes
    for path, item in both[0].document["paths"].items():
        for method in set(METHODS) & set(item):
            there = {
                one["name"] for one in item[method].get("parameters", ()) if one["in"] != "path"
            }
            if method == "get":
                # Answered by the ETag, which is compared wherever there is one.
                there -= {"If-None-Match"}
            assert there <= asked[f"{method.upper()} {path}"], (method, path)


def test_the_walk_meets_people(both: tuple[Seen, Seen]) -> None:
    """Else it would prove nothing: the partner finds who is shared, and routes answer."""
    answers = both[0].answers
    found = {one.asked.split(": ")[0] for one in answers if one.status < 300}
    refused = {"POST /v1/organisations", "POST /v1/subscriptions/{subscription_id}/deliveries/"}
    assert {name for name in EVERY_ROUTE if not any(name.startswith(x) for x in refused)} <= found
    (candidates, *_) = [x.body for x in answers if x.asked.endswith("{fit}/candidates")]
    assert candidates.count('"through_organisation"') == 2
    assert len(both[0].messages) > 4
    assert both[0].work["encoded"] + both[0].work["opened"] > 4


def test_every_answer_is_the_same(both: tuple[Seen, Seen]) -> None:
    """Bodies, statuses and headers, whatever is asked."""
    without, with_her = (one.answers for one in both)
    assert [x.asked for x in without] == [x.asked for x in with_her], _difference(
        [x.asked for x in without], [x.asked for x in with_her]
    )
    for one, other in zip(without, with_her, strict=True):
        assert one == other, one.asked + "\n" + _difference(_lines(one), _lines(other))


def test_the_same_messages_arrive(both: tuple[Seen, Seen]) -> None:
    """As many, in the same order, saying the same."""
    without, with_her = (one.messages for one in both)
    assert without == with_her, _difference(without, with_her)


def test_finding_candidates_takes_the_same_work(both: tuple[Seen, Seen]) -> None:
    """As many values decrypted, texts encoded and statements run: time tells nothing of her."""
    assert both[0].work == both[1].work


def _lines(answer: Answer) -> list[str]:
    body = answer.body.replace(",", ",\n").splitlines()
    return [str(answer.status), *(f"{k}: {v}" for k, v in answer.headers), *body]


def _difference(one: list[str], other: list[str]) -> str:
    return "\n".join(difflib.unified_diff(one, other, "without", "with", lineterm="", n=1))
