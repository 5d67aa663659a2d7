"""Everything a partner can ask: each route, each parameter, lists to their ends, guessed names."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from tests.api.support import CORRIDOR, JOB, JSON
from tests.privacy.worlds import FIT, HERS, PARTNER, PHONE, World

_PEOPLE: Final = {"Content-Type": "application/x-ndjson"}
_FILE: Final = json.dumps(
    {"id": "row-2", "text": HERS, "home_country": "BD", "phone": PHONE, "name": "Moni Akter"}
)
_PERSON: Final[JSON] = {"text": HERS, "home_country": "BD", "consent": {"matching": True}}
_ONCE_SENT: Final = {"Idempotency-Key": "outcome of left"}
"""What the partner named its report of her by while she agreed: the first repeat is of another."""
_WATCH: Final[JSON] = {"kind": "candidates", "url": "http://127.0.0.1:9/x", "active": False}


@dataclass(frozen=True)
class Ask:
    """One request. route: as in the table of routes. url: with names of the world in braces.

    to_the_end: follow the cursors. keep: remember the answer's id under this name.
    """

    route: str
    url: str
    body: JSON | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content: str | None = None
    to_the_end: bool = False
    keep: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back, with what is random taken out."""

    asked: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


def _reported(who: str, listing: str = "{fit}", outcome: str = "referred") -> JSON:
    return {"returnee": who, "listing": listing, "outcome": outcome}


ASKS: Final = (
    Ask("GET /healthz", "/healthz"),
    Ask("GET /readyz", "/readyz"),
    Ask("GET /openapi.json", "/openapi.json"),
    Ask("GET /v1/listings", "/v1/listings?limit=1", to_the_end=True),
    Ask("GET /v1/listings", "/v1/listings?kind=job&country=BD&source=site&cursor=AAAA"),
    Ask("GET /v1/listings/{listing_id}", "/v1/listings/{fit}"),
    Ask("GET /v1/listings/{listing_id}/candidates", "/v1/listings/{fit}/candidates"),
    Ask("GET /v1/listings/{listing_id}/candidates", "/v1/listings/{fit}/candidates?limit=1"),
    Ask("GET /v1/listings/{listing_id}/candidates", "/v1/listings/{fit}/candidates?limit=100"),
    Ask("GET /v1/listings/{source}/{external_id}", "/v1/listings/site/fit"),
    Ask(
        "PUT /v1/listings/{source}/{external_id}",
        "/v1/listings/site/fit",
        FIT | {"description": "Wedding saris only."},
        {"If-Match": "*"},
    ),
    Ask(
        "PUT /v1/listings/{source}/{external_id}",
        "/v1/listings/s/n",
        JOB,
        {"If-None-Match": "*"},
        keep="other",
    ),
    Ask("GET /v1/listings/{listing_id}/duplicates", "/v1/listings/{fit}/duplicates"),
    Ask(
        "PUT /v1/listings/{listing_id}/duplicates/{other_id}",
        "/v1/listings/{fit}/duplicates/{other}",
        {"same": True},
    ),
    Ask(
        "PUT /v1/listings/{listing_id}/duplicates/{other_id}",
        "/v1/listings/{fit}/duplicates/{other}",
        {"same": False},
    ),
    Ask(
        "POST /v1/referrals",
        "/v1/referrals",
        {"text": HERS, "home_country": "BD", "listings": ["{other}"]},
        # The sheet's number is made of the request's.
        {"accept": "application/json", "Idempotency-Key": "once", "X-Request-ID": "walk"},
    ),
    Ask(
        "POST /v1/referrals",
        "/v1/referrals",
        {"returnee_id": "{guess}", "listings": ["{other}"]},
    ),
    Ask("GET /v1/listings/{listing_id}/candidates", "/v1/listings/{fit}/candidates"),
    Ask("POST /v1/match", "/v1/match", {"text": HERS, "home_country": "BD"}),
    Ask("POST /v1/match", "/v1/match", {"text": HERS}, {"Idempotency-Key": "once"}),
    Ask(
        "POST /v1/match:batch",
        "/v1/match:batch",
        {"items": [{"text": HERS, "home_country": "BD"}]},
        {"Idempotency-Key": "once"},
    ),
    Ask("GET /v1/returnees", "/v1/returnees?limit=4", to_the_end=True),
    Ask("GET /v1/returnees", "/v1/returnees?home_country=BD&source=crm"),
    Ask("GET /v1/returnees", "/v1/returnees?cursor=djE6Mw"),
    Ask("GET /v1/returnees/{returnee_id}", "/v1/returnees/{guess}"),
    Ask("GET /v1/returnees/{returnee_id}", "/v1/returnees/{left}"),
    Ask("GET /v1/returnees/{returnee_id}", "/v1/returnees/{mine}"),
    Ask("GET /v1/returnees/{source}/{external_id}", "/v1/returnees/site/case-1"),
    Ask("GET /v1/returnees/{source}/{external_id}", "/v1/returnees/crm/closed"),
    Ask("GET /v1/returnees/{returnee_id}/matches", "/v1/returnees/{guess}/matches"),
    Ask(
        "GET /v1/returnees/{returnee_id}/matches",
        "/v1/returnees/{mine}/matches?routes=local&limit=3&kinds=job&countries=BD"
        "&exclude_countries=SA&sectors=textiles&isco08=7&licensed_recruiter_only=false"
        "&diversity=0",
    ),
    Ask("GET /v1/returnees/{returnee_id}/matches", "/v1/returnees/{mine}/matches"),
    Ask("GET /v1/returnees/{returnee_id}/pathways", "/v1/returnees/{guess}/pathways?limit=3"),
    Ask("GET /v1/returnees/{returnee_id}/pathways", "/v1/returnees/{mine}/pathways"),
    Ask("POST /v1/returnees", "/v1/returnees", _PERSON, {"Idempotency-Key": "once"}, keep="new"),
    Ask("POST /v1/returnees", "/v1/returnees", _PERSON | {"phone": PHONE}, keep="newer"),
    Ask("POST /v1/returnees", "/v1/returnees", _PERSON, {"Idempotency-Key": "once"}),
    Ask(
        "PUT /v1/returnees/{source}/{external_id}",
        "/v1/returnees/crm/closed",
        _PERSON,
        {"If-Match": "*"},
    ),
    Ask(
        "PUT /v1/returnees/{source}/{external_id}",
        "/v1/returnees/crm/closed",
        _PERSON | {"phone": PHONE},
        {"If-None-Match": "*"},
    ),
    Ask("PATCH /v1/returnees/{returnee_id}", "/v1/returnees/{guess}", {"region": "Dhaka"}),
    Ask(
        "PATCH /v1/returnees/{returnee_id}",
        "/v1/returnees/{guess}",
        {"region": "Dhaka"},
        {"If-Match": '"v1"'},
    ),
    Ask("PATCH /v1/returnees/{returnee_id}", "/v1/returnees/{mine}", {"region": "Dhaka"}),
    Ask("GET /v1/listings/{listing_id}/candidates", "/v1/listings/{fit}/candidates?limit=50"),
    Ask(
        "POST /v1/imports",
        "/v1/imports?kind=returnees&dry_run=true&format=jsonl&source=crm&country=BD&currency=BDT",
        content=_FILE,
        headers=_PEOPLE,
        keep="dry run",
    ),
    Ask(
        "POST /v1/imports",
        "/v1/imports?kind=returnees&dry_run=true&source=crm&visibility=public",
        content=_FILE,
        headers=_PEOPLE | {"Idempotency-Key": "i"},
    ),
    Ask(
        "POST /v1/imports",
        "/v1/imports?kind=returnees&source=site&mapping={{}}",
        content=_FILE,
        headers=_PEOPLE,
        keep="wet run",
    ),
    Ask("GET /v1/imports", "/v1/imports?limit=1", to_the_end=True),
    Ask("GET /v1/imports", "/v1/imports?cursor=djE6MQ"),
    Ask("GET /v1/imports/{import_id}", "/v1/imports/{dry run}"),
    Ask("GET /v1/imports/{import_id}", "/v1/imports/{their import}"),
    Ask("GET /v1/imports/{import_id}/rows", "/v1/imports/{import}/rows?limit=5", to_the_end=True),
    Ask("GET /v1/imports/{import_id}/rows", "/v1/imports/{dry run}/rows?effect=created&cursor=AA"),
    Ask("GET /v1/imports/{import_id}/rows", "/v1/imports/{dry run}/rows"),
    Ask("GET /v1/imports/{import_id}/rows", "/v1/imports/{wet run}/rows"),
    Ask("GET /v1/imports/{import_id}/refused.csv", "/v1/imports/{import}/refused.csv"),
    Ask("POST /v1/outcomes", "/v1/outcomes", _reported("{guess}"), {"Idempotency-Key": "o"}),
    Ask("POST /v1/outcomes", "/v1/outcomes", _reported("{left}", outcome="shortlisted")),
    Ask("POST /v1/outcomes", "/v1/outcomes", _reported("{left}", outcome="placed"), _ONCE_SENT),
    Ask(
        "POST /v1/outcomes", "/v1/outcomes", _reported("{left}", outcome="shortlisted"), _ONCE_SENT
    ),
    Ask("POST /v1/outcomes", "/v1/outcomes", _reported("{mine}"), keep="reported"),
    Ask("GET /v1/outcomes", "/v1/outcomes?limit=1", to_the_end=True),
    Ask("GET /v1/outcomes", "/v1/outcomes?returnee={guess}"),
    Ask("GET /v1/outcomes", "/v1/outcomes?returnee={left}&outcome=shortlisted"),
    Ask("GET /v1/outcomes", "/v1/outcomes?listing={fit}&limit=100&cursor=djE6MQ"),
    Ask("GET /v1/outcomes", "/v1/outcomes?listing={fit}&limit=100"),
    Ask("GET /v1/outcomes/{outcome_id}", "/v1/outcomes/{their outcome}"),
    Ask("GET /v1/outcomes/{outcome_id}", "/v1/outcomes/{outcome of left}"),
    Ask("GET /v1/outcomes/{outcome_id}", "/v1/outcomes/{reported}"),
    Ask("DELETE /v1/outcomes/{outcome_id}", "/v1/outcomes/{outcome of left}"),
    Ask(
        "DELETE /v1/outcomes/{outcome_id}",
        "/v1/outcomes/{their outcome}",
        headers={"If-Match": '"v1"'},
    ),
    Ask("DELETE /v1/outcomes/{outcome_id}", "/v1/outcomes/{reported}"),
    Ask("GET /v1/markets", "/v1/markets?origin=BD"),
    Ask("GET /v1/insights/skill-gaps", "/v1/insights/skill-gaps"),
    Ask("GET /v1/insights/skill-gaps", "/v1/insights/skill-gaps?area=BD&market=local&limit=3"),
    Ask("GET /v1/corridors", "/v1/corridors?limit=50&origin=BD", to_the_end=True),
    Ask("GET /v1/corridors", "/v1/corridors?destination=SA&cursor=AAAA"),
    Ask("POST /v1/corridors", "/v1/corridors", CORRIDOR, {"Idempotency-Key": "c"}, keep="corridor"),
    Ask("GET /v1/corridors/{corridor_id}", "/v1/corridors/{corridor}"),
    Ask(
        "PUT /v1/corridors/{corridor_id}",
        "/v1/corridors/{corridor}",
        CORRIDOR | {"reason": "Another."},
        {"If-Match": '"v1"'},
    ),
    Ask("GET /v1/corridors/{corridor_id}/history", "/v1/corridors/{corridor}/history"),
    Ask(
        "DELETE /v1/corridors/{corridor_id}",
        "/v1/corridors/{corridor}",
        headers={"If-Match": '"v2"'},
    ),
    Ask("GET /v1/subscriptions", "/v1/subscriptions?limit=1", to_the_end=True),
    Ask("GET /v1/subscriptions", "/v1/subscriptions?cursor=djE6MQ"),
    Ask(
        "POST /v1/subscriptions",
        "/v1/subscriptions",
        _WATCH,
        {"Idempotency-Key": "w"},
        keep="watch",
    ),
    Ask(
        "POST /v1/subscriptions",
        "/v1/subscriptions",
        {"kind": "returnee", "url": "http://127.0.0.1:9/x", "returnee_id": "{guess}"},
    ),
    Ask("GET /v1/subscriptions/{subscription_id}", "/v1/subscriptions/{candidates}"),
    Ask("GET /v1/subscriptions/{subscription_id}", "/v1/subscriptions/{their subscription}"),
    Ask(
        "PUT /v1/subscriptions/{subscription_id}",
        "/v1/subscriptions/{watch}",
        _WATCH | {"min_tier": "strong"},
        {"If-Match": '"v1"'},
    ),
    Ask(
        "POST /v1/subscriptions/{subscription_id}/secret",
        "/v1/subscriptions/{watch}/secret",
        headers={"Idempotency-Key": "s"},
    ),
    Ask(
        "POST /v1/subscriptions/{subscription_id}/test",
        "/v1/subscriptions/{candidates}/test",
        headers={"Idempotency-Key": "t"},
    ),
    Ask(
        "GET /v1/subscriptions/{subscription_id}/deliveries",
        "/v1/subscriptions/{candidates}/deliveries?limit=1",
        to_the_end=True,
    ),
    Ask(
        "GET /v1/subscriptions/{subscription_id}/deliveries",
        "/v1/subscriptions/{candidates}/deliveries?cursor=djE6MQ",
    ),
    Ask(
        "POST /v1/subscriptions/{subscription_id}/deliveries/{event_id}/replay",
        "/v1/subscriptions/{candidates}/deliveries/{about left}/replay",
        headers={"Idempotency-Key": "r"},
    ),
    Ask(
        "DELETE /v1/subscriptions/{subscription_id}",
        "/v1/subscriptions/{watch}",
        headers={"If-Match": '"v2"'},
    ),
    Ask("GET /v1/keys", "/v1/keys"),
    Ask(
        "POST /v1/keys",
        "/v1/keys",
        {"name": "more", "scopes": ["match"]},
        {"Idempotency-Key": "k"},
        keep="key",
    ),
    Ask(
        "POST /v1/keys/{key_id}/rotate",
        "/v1/keys/{key}/rotate",
        {"overlap_hours": 1},
        {"Idempotency-Key": "rotate"},
    ),
    Ask("POST /v1/keys/{key_id}/rotate", "/v1/keys/{guessed key}/rotate"),
    Ask("GET /v1/principals", "/v1/principals"),
    Ask("DELETE /v1/keys/{key_id}", "/v1/keys/{key}"),
    Ask("DELETE /v1/keys/{key_id}", "/v1/keys/{guessed key}"),
    Ask("GET /v1/organisations", "/v1/organisations"),
    Ask(
        "POST /v1/organisations",
        "/v1/organisations",
        {"id": "other-ngo", "name": "Mine"},
        {"Idempotency-Key": "g"},
    ),
    Ask("GET /v1/access-log", "/v1/access-log?limit=20", to_the_end=True),
    Ask("GET /v1/access-log", "/v1/access-log?returnee_id={guess}"),
    Ask("GET /v1/access-log", "/v1/access-log?returnee_id={left}&action=candidates.read"),
    Ask("GET /v1/access-log", "/v1/access-log?returnee_id={mine}&since=2026-01-01T00:00:00Z"),
    Ask("GET /v1/access-log", "/v1/access-log?cursor=djE6MQ"),
    Ask(
        "DELETE /v1/returnees/{returnee_id}",
        "/v1/returnees/{guess}",
        headers={"If-Match": '"v1"'},
    ),
    Ask("DELETE /v1/returnees/{returnee_id}", "/v1/returnees/{left}"),
    Ask("DELETE /v1/returnees/{returnee_id}", "/v1/returnees/{new}"),
    Ask(
        "DELETE /v1/listings/{source}/{external_id}",
        "/v1/listings/s/n",
        headers={"If-Match": '"v1"'},
    ),
    # The last one: it counts all requests before it.
    Ask("GET /metrics", "/metrics"),
)


def walked(here: World) -> list[Answer]:
    """Ask everything with the partner's key; return what came back, in order."""
    answers: list[Answer] = []
    for ask in ASKS:
        url = ask.url.format(**here.names)
        answers.append(_answer(here, ask, url))
        while ask.to_the_end and (more := here.names.pop("more", None)) is not None:
            answers.append(_answer(here, ask, f"{url}&cursor={more}"))
        here.names.pop("more", None)
        if not ask.route.startswith("GET"):
            # What a write sets going ends before the next question, or chance would answer it.
            here.settle()
    return answers


def _answer(here: World, ask: Ask, url: str) -> Answer:
    sent: dict[str, Any] = {"headers": ask.headers}
    if ask.body is not None:
        sent["json"] = json.loads(_filled(json.dumps(ask.body), here.names))
    elif ask.content is not None:
        sent["content"] = ask.content
    got = here.send(PARTNER, ask.route.split(" ")[0], url, **sent)
    if got.text and got.headers.get("content-type", "") == "application/json":
        said = got.json()
        if ask.keep and isinstance(said, dict) and "id" in said:
            here.names[ask.keep] = said["id"]
        if isinstance(said, dict) and said.get("next_cursor"):
            here.names["more"] = said["next_cursor"]
    loose = {"date"} | ({"content-length"} if ask.route == "GET /metrics" else set())
    headers = {name: value for name, value in got.headers.items() if name not in loose}
    if ask.route == "GET /v1/imports/{import_id}" and "etag" in headers:
        # Made of the body, ids and moments and all, which is compared without these.
        headers["etag"] = "of the body"
    if "ratelimit" in headers:
        # When the minute ends is a matter of the real clock.
        headers["ratelimit"] = headers["ratelimit"].split(";t=")[0]
    return Answer(
        f"{ask.route}: {ask.url}",
        got.status_code,
        tuple(sorted((name, here.plain(value)) for name, value in headers.items())),
        here.plain(got.text),
    )


def _filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def told_of(here: World, person: str) -> str:
    """Return the id of a message to the partner that was about this person."""
    store = here.tools.store
    log = store.page_of_deliveries(here.names["candidates"], after=0, limit=100).items
    return next((one.id for one in log if one.person_id == person), "")
