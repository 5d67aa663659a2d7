"""Reads written scenarios and holds an answer against what each expects.

A scenario is one JSON line: a person, some listings, perhaps corridors, what an officer would
expect in words, and the same as checks. README.md beside this file lists the checks.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from fastapi.testclient import TestClient

FOLDER: Final = Path(__file__).parent / "scenarios"
_DAYS: Final = {"valid_days": "valid_through", "visa_expires_days": "visa_expires"}

Json = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One written scenario."""

    id: str
    story: str
    person: Json
    listings: list[Json]
    corridors: list[Json]
    ask: Json
    expect: list[str]
    checks: list[list[Any]]
    known_shortfall: str | None


def read_scenarios() -> list[Scenario]:
    """Return all scenarios; ids are unique."""
    found = []
    for path in sorted(FOLDER.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            found.append(
                Scenario(
                    id=raw["id"],
                    story=raw["story"],
                    person=raw["person"],
                    listings=raw.get("listings", []),
                    corridors=raw.get("corridors", []),
                    ask=raw.get("ask", {}),
                    expect=raw["expect"],
                    checks=raw["checks"],
                    known_shortfall=raw.get("known_shortfall"),
                )
            )
    assert len({one.id for one in found}) == len(found)
    return found


def _dated(raw: Json) -> Json:
    """Turn days from today into dates, so that a scenario never grows old."""
    result = dict(raw)
    for days, name in _DAYS.items():
        if days in result:
            result[name] = (date.today() + timedelta(result.pop(days))).isoformat()  # noqa: DTZ011
    if "age" in result:
        result["birth_year"] = date.today().year - result.pop("age")  # noqa: DTZ011
    return result


def play(api: TestClient, scenario: Scenario) -> list[str]:
    """Set up the scenario, ask, take it away again; return what was not as expected."""
    source = f"scenario-{scenario.id}"
    corridors = []
    person_id = None
    try:
        for raw in scenario.corridors:
            answer = api.post("/v1/corridors", json=raw)
            assert answer.status_code == 201, answer.text
            corridors.append(answer.json()["id"])
        for raw in scenario.listings:
            body = _dated(raw)
            name = body.pop("external_id")
            answer = api.put(f"/v1/listings/{source}/{name}", json=body)
            assert answer.status_code in {200, 201}, answer.text
        profile = _dated(scenario.person)
        body = {"profile": profile, **scenario.ask}
        answer = api.post("/v1/match", json=body)
        seen = Seen(answer.status_code, answer.json(), {})
        if any(check[0].startswith("pathway") for check in scenario.checks):
            consent = {"consent": {"matching": True}}
            stored = api.post("/v1/returnees", json=profile | consent)
            assert stored.status_code == 201, stored.text
            person_id = stored.json()["id"]
            seen.pathways.update(api.get(f"/v1/returnees/{person_id}/pathways").json())
        return [
            problem
            for check in scenario.checks
            if (problem := CHECKS[check[0]](seen, *check[1:])) is not None
        ]
    finally:
        for raw in scenario.listings:
            api.delete(f"/v1/listings/{source}/{raw['external_id']}")
        for corridor_id in corridors:
            api.delete(f"/v1/corridors/{corridor_id}")
        if person_id is not None:
            api.delete(f"/v1/returnees/{person_id}")


@dataclass(frozen=True)
class Seen:
    """What came back."""

    status: int
    answer: Json
    pathways: Json

    def route(self, route: str) -> list[Json]:
        """Return the matches of one route, of all with "*"."""
        routes = self.answer.get("routes", {})
        if route == "*":
            return [one for some in routes.values() for one in some]
        found: list[Json] = routes.get(route, [])
        return found

    def names(self, route: str) -> list[str]:
        """Return the external ids of one route in order."""
        return [one["listing"]["external_id"] for one in self.route(route)]

    def match(self, name: str) -> Json | None:
        """Return the match of a listing in any route, or among the options of the age hint."""
        options = self.answer.get("age_hint", {}).get("options", [])
        every = [*self.route("*"), *options]
        return next((one for one in every if one["listing"]["external_id"] == name), None)

    def name_of(self, listing_id: str) -> str:
        """Return a listing's external id by its id, "?" where the answer does not hold it."""
        every = [*self.route("*"), *self.answer.get("age_hint", {}).get("options", [])]
        known = {one["listing"]["id"]: one["listing"]["external_id"] for one in every}
        return str(known.get(listing_id, "?"))


def _first(seen: Seen, route: str, name: str) -> str | None:
    names = seen.names(route)
    return None if names[:1] == [name] else f"{route} starts with {names[:3]}, not {name}"


def _before(seen: Seen, route: str, one: str, other: str) -> str | None:
    names = seen.names(route)
    if one not in names or (other in names and names.index(one) > names.index(other)):
        return f"{one} does not stand before {other} in {names}"
    return None


def _in(seen: Seen, route: str, name: str) -> str | None:
    names = seen.names(route)
    return None if name in names else f"{name} is not in {route}: {names}"


def _not_in(seen: Seen, route: str, name: str) -> str | None:
    return f"{name} is in {route}" if name in seen.names(route) else None


def _blocked(seen: Seen, name: str, code: str, words: str = "") -> str | None:
    for one in seen.answer.get("blocked", []):
        if one["listing"]["external_id"] == name:
            reasons = one["reasons"]
            if any(r["code"] == code and words.lower() in r["text"].lower() for r in reasons):
                return _not_in(seen, "*", name)
            return f"{name} is blocked for {reasons}, not {code} {words}"
    return f"{name} is not under blocked"


def _not_blocked(seen: Seen, name: str) -> str | None:
    names = [one["listing"]["external_id"] for one in seen.answer.get("blocked", [])]
    return f"{name} is blocked" if name in names else None


def _flag(seen: Seen, name: str, code: str, words: str = "") -> str | None:
    match = seen.match(name)
    if match is None:
        return f"{name} is not in the answer"
    found = [one for one in match["flags"] if one["code"] == code]
    if any(words.lower() in one["text"].lower() for one in found):
        return None
    return f"{name} has no flag {code} {words}: {match['flags']}"


def _no_flag(seen: Seen, name: str, code: str) -> str | None:
    match = seen.match(name)
    if match is None:
        return f"{name} is not in the answer"
    return f"{name} has {code}" if code in {one["code"] for one in match["flags"]} else None


def _tier(seen: Seen, name: str, *tiers: str) -> str | None:
    match = seen.match(name)
    if match is None:
        return f"{name} is not in the answer"
    return None if match["tier"] in tiers else f"{name} is {match['tier']}, not {tiers}"


def _missing(seen: Seen, name: str, kind: str, words: str = "") -> str | None:
    match = seen.match(name)
    if match is None:
        return f"{name} is not in the answer"
    gaps = [one for one in match["missing"] if one["kind"] == kind]
    if any(words.lower() in one["requirement"].lower() for one in gaps):
        return None
    return f"{name} misses no {kind} {words}: {match['missing']}"


def _met(seen: Seen, name: str, words: str) -> str | None:
    match = seen.match(name)
    if match is None:
        return f"{name} is not in the answer"
    if any(words.lower() in one["requirement"].lower() for one in match["evidence"]):
        return None
    return f"{name} does not show {words} as met: {match['evidence']}"


def _bridge(seen: Seen, name: str, words: str, training: str, way: str = "") -> str | None:
    match = seen.match(name)
    if match is None:
        return f"{name} is not in the answer"
    for gap in match["missing"]:
        if words.lower() in gap["requirement"].lower():
            named = [seen.name_of(one) for one in gap["bridges"]]
            if training in named and way in {"", gap["bridge"]}:
                return None
            return f"{gap['requirement']} of {name} is bridged by {named} ({gap['bridge']})"
    return f"{name} misses nothing called {words}: {match['missing']}"


def _age_hint(seen: Seen, rule: str) -> str | None:
    found = str(seen.answer["age_hint"]["rule"] or "none")
    return None if found == rule else f"the age hint is {found}, not {rule}"


def _option(seen: Seen, name: str) -> str | None:
    options = seen.answer["age_hint"]["options"]
    names = [one["listing"]["external_id"] for one in options]
    return None if name in names else f"{name} is no option: {names}"


def _notice(seen: Seen, code: str) -> str | None:
    answer = seen.answer
    codes = [one["code"] for one in [*answer["notices"], *answer["understood"]["notices"]]]
    return None if code in codes else f"no notice {code}: {codes}"


def _error(seen: Seen, status: int, code: str) -> str | None:
    if (seen.status, seen.answer.get("code")) == (status, code):
        return None
    return f"status {seen.status} {seen.answer.get('code')}, not {status} {code}"


def _means(seen: Seen, words: str) -> str | None:
    meant = [one["means"] or "" for one in seen.answer["understood"]["phrases"]]
    if any(words.lower() in one.lower() for one in meant):
        return None
    return f"nothing is taken to mean {words}: {meant}"


def _language(seen: Seen, code: str) -> str | None:
    found = seen.answer["understood"]["language"]
    return None if found == code else f"read as {found}, not {code}"


def _countries(seen: Seen, *codes: str) -> str | None:
    found = {one["listing"]["country"] for one in seen.route("overseas")}
    return None if set(codes) <= found else f"overseas holds {found}, not all of {codes}"


def _pathway(seen: Seen, training: str, most: int = 3) -> str | None:
    steps = [
        [step["listing"]["external_id"] for step in one["steps"]]
        for one in seen.pathways.get("items", [])
    ]
    if any(training in one for one in steps[:most]):
        return None
    return f"{training} is not among the first {most} pathways: {steps} {seen.pathways}"[:400]


def _pathway_opens(seen: Seen, training: str, job: str) -> str | None:
    for one in seen.pathways.get("items", []):
        if training in [step["listing"]["external_id"] for step in one["steps"]]:
            opened = [opened["listing"]["external_id"] for opened in one["opens"]]
            if job in opened:
                return None
    return f"no pathway through {training} opens {job}"


CHECKS: Final[dict[str, Callable[..., str | None]]] = {
    "first": _first,
    "before": _before,
    "in": _in,
    "not_in": _not_in,
    "blocked": _blocked,
    "not_blocked": _not_blocked,
    "flag": _flag,
    "no_flag": _no_flag,
    "tier": _tier,
    "missing": _missing,
    "met": _met,
    "bridge": _bridge,
    "age_hint": _age_hint,
    "option": _option,
    "notice": _notice,
    "error": _error,
    "means": _means,
    "language": _language,
    "countries": _countries,
    "pathway": _pathway,
    "pathway_opens": _pathway_opens,
}


def told(scenario: Scenario) -> Iterator[str]:
    """Yield a scenario as an officer would read it."""
    yield f"{scenario.id}: {scenario.story}"
    yield from (f"  - {one}" for one in scenario.expect)
