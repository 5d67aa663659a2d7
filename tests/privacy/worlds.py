"""Two worlds that differ by some women, and all that a partner sees of either.

In both there are two organisations: a partner who posts a job made to fit her, and another that
registers people. In the second world this other one registers women who did not agree to be shown
to the partner, or no longer do, and works with their records. What the partner is answered and told
is written down; ids, moments and secrets, which are random, stand there by the order in which they
first appear.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from fastapi.testclient import TestClient

from service.adapters.encoders.onnx import OnnxEncoder
from service.adapters.store.subjects import SubjectVault
from service.domain.access import Organisation, Scope
from service.domain.alert import DeliveryState
from service.domain.person import Consent, Contact, Profile
from service.domain.records import Put
from service.ports import Tools
from service.settings import Settings
from service.usecases.find_candidates import find_candidates
from service.usecases.manage_keys import ensure_first_key, new_key
from service.usecases.register_person import register_person
from service.wiring import open_tools
from tests.api.support import JSON, Response
from tests.conftest import ADMIN, client_over
from tests.webhooks.receivers import Receiver, receiving, until

PARTNER, OTHER, THIRD = "partner", "other-ngo", "third-ngo"
HERS: Final = "I embroider zardozi wedding saris, seven years in Muscat"
PHONE: Final = "+8801711223344"
FIT: JSON = {
    "kind": "job",
    "title": "Zardozi embroiderer for wedding saris",
    "country": "BD",
    "region": "Dhaka",
    "skills": ["embroider zardozi", "embroider wedding saris"],
}
AGREED: JSON = {"matching": True}
SHARED: JSON = {"matching": True, "share_with": [PARTNER]}

_ID: Final = re.compile(r"\b(?:ret|lst|imp|key|cor|out|sub|msg)_[0-9a-f]{32}\b")
_RANDOM: Final = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)"), "<moment>"),
    (re.compile(r"whsec_[A-Za-z0-9+/=]+|hw_[\w-]{40,}"), "<secret>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "<receiver>"),
    (re.compile(r'("(?:next_cursor|resume)":)"[\w-]{32}"'), r'\1"<cursor>"'),
    (re.compile(r"(_seconds_(?:bucket|sum|created)|_total_created|_requests_created).*"), r"\1"),
)
_TOLD: Final = frozenset({"webhook-id", "webhook-timestamp", "webhook-signature", "host"})


@dataclass(frozen=True)
class StandingStill:
    """Implements `service.ports.Clock`: one moment, the same in both worlds."""

    moment: datetime

    def now(self) -> datetime:
        """See the port."""
        return self.moment

    def today(self) -> date:
        """See the port."""
        return self.moment.date()


@dataclass
class World:
    """One of the two. names: what requests may name, such as an id that the partner guesses."""

    tools: Tools
    client: TestClient
    receiver: Receiver
    keys: dict[str, str]
    differs: bool
    names: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)

    def send(self, who: str, method: str, url: str, **sent: Any) -> Response:  # noqa: ANN401
        """Send a request with somebody's key."""
        headers = {
            "Authorization": f"Bearer {self.keys[who]}",
            "X-Request-ID": "two-worlds",
            "Accept-Encoding": "identity",
        } | dict(sent.pop("headers", {}))
        return self.client.request(method, url, headers=headers, **sent)

    def register(self, who: str, called: str, text: str, consent: JSON, **more: object) -> str:
        """Write a person down; return the id."""
        body = {"text": text, "home_country": "BD", "consent": consent} | more
        answer = self.send(who, "PUT", f"/v1/returnees/{called}", json=body)
        assert answer.status_code in {200, 201}, answer.text
        found: str = answer.json()["id"]
        return found

    def imported(self, who: str, rows: list[JSON], query: str) -> str:
        """Send a file and wait until it is read; return the import's id."""
        content = "\n".join(json.dumps(one) for one in rows)
        kind = {"Content-Type": "application/x-ndjson"}
        url = f"/v1/imports?{query}"
        answer = self.send(who, "POST", url, content=content, headers=kind)
        assert answer.status_code == 202, answer.text
        self.settle()
        found: str = answer.json()["id"]
        return found

    def settle(self) -> None:
        """Wait until nothing is left to be read in, looked for or sent."""
        store = self.tools.store

        def done() -> bool:
            if store.next_batch() is not None or store.subscriptions_behind(1):
                return False
            names = [
                one.id
                for owner in (PARTNER, OTHER)
                for one in store.page_of_subscriptions(owner, after=0, limit=100).items
            ]
            return not any(
                one.state is DeliveryState.PENDING
                for name in names
                for one in store.page_of_deliveries(name, after=0, limit=100).items
            )

        until(done)

    def plain(self, text: str) -> str:
        """Return a text with what is random in it named by its first appearance."""

        def named(found: re.Match[str]) -> str:
            kind = found[0].split("_", maxsplit=1)[0]
            return self.seen.setdefault(found[0], f"<{kind} {len(self.seen)}>")

        text = _ID.sub(named, text)
        for pattern, put in _RANDOM:
            text = pattern.sub(put, text)
        return text

    def messages(self) -> list[str]:
        """Return what the receiver was sent: in order, one subscription after the other.

        Several are sent to at a time, so that between two of them there is no order.
        """
        told = [
            [{k: v for k, v in got.headers.items() if k not in _TOLD}, got.json]
            for got in self.receiver.got
        ]
        order = [self.names[name] for name in ("candidates", "listings", "returnee")]
        told.sort(key=lambda one: order.index(one[1]["data"]["subscription"]))
        return [self.plain(json.dumps(one)) for one in told]


@contextmanager
def world(settings: Settings, *, differs: bool, moment: datetime) -> Iterator[World]:
    """Open a world in an empty folder, with the organisations and their keys."""
    settings = settings.model_copy(update={"webhook_private": True, "rate_limit": 6000})
    with open_tools(settings) as opened:
        tools = replace(opened, clock=StandingStill(moment))
        ensure_first_key(tools, ADMIN)
        keys = {"first": ADMIN}
        for name in (PARTNER, OTHER, THIRD):
            tools.store.add_organisation(Organisation(name, name.title(), moment))
            # Which has every scope; another key of the partner is told a part of what this one is.
            _, keys[name] = new_key(tools, name, "all", frozenset({Scope.ADMIN}))
        with receiving() as receiver:
            for client in client_over(tools, settings):
                client.headers.clear()
                yield World(tools, client, receiver, keys, differs)


def play(here: World) -> None:
    """Let everything happen up to the moment when the partner looks around."""
    here.register(OTHER, "crm/shared", "I sew blouses and embroider saris by hand", SHARED)
    here.names["left"] = here.register(OTHER, "crm/left", f"{HERS} and Doha", SHARED)
    if here.differs:
        _early(here)
    _partner_begins(here)
    _both_report(here)
    if here.differs:
        # She is still there, and no longer agrees; in the other world she was erased.
        here.register(OTHER, "crm/left", f"{HERS} and Doha", AGREED)
        _late(here)
    else:
        here.send(OTHER, "DELETE", f"/v1/returnees/{here.names['left']}")
    here.settle()
    here.register(OTHER, "crm/second", "I embroider saris and sew beads on veils", SHARED)
    fit = here.send(PARTNER, "PUT", "/v1/listings/site/fit", json=FIT | {"positions": 2})
    assert fit.status_code == 200
    here.settle()


def _early(here: World) -> None:
    """Register who was never shared with the partner, before it does anything."""
    names = here.names
    names["guess"] = here.register(OTHER, "crm/closed", HERS, AGREED)
    here.register(OTHER, "crm/third", f"{HERS} and Salalah", AGREED | {"share_with": [THIRD]})
    here.register(OTHER, "crm/unasked", f"{HERS} and Sohar", {"share_with": [PARTNER]})
    here.register(OTHER, "site/case-1", f"{HERS} and Nizwa", AGREED, name="Moni Akter", phone=PHONE)


def _partner_begins(here: World) -> None:
    """Let the partner register people, post its listings and subscribe."""
    names = here.names
    names["mine"] = here.register(
        PARTNER, "site/case-1", "I cut and sew shirts", AGREED, name="Moni Akter", phone=PHONE
    )
    rows = [
        {
            "id": f"row-{number}",
            "text": f"I have sewn shirts in a factory for {number} years",
            "home_country": "BD",
            "phone": PHONE if number == 3 else f"+88018000000{number:02}",
            "consent": "yes",
        }
        for number in range(2, 14)
    ]
    rows.append({"id": "bad", "text": "I sew", "home_country": "Nowhereland"})
    names["import"] = here.imported(PARTNER, rows, "kind=returnees&source=site")
    for name, title in (("shirts", "Sewing machine operator"), ("cook", "Cook")):
        body: JSON = {"kind": "job", "title": title, "country": "BD", "skills": ["sew shirts"]}
        here.send(PARTNER, "PUT", f"/v1/listings/site/{name}", json=body)
    watched: tuple[tuple[str, JSON], ...] = (
        ("candidates", {}),
        ("listings", {"text": HERS, "home_country": "BD"}),
        ("returnee", {"returnee_id": names["mine"]}),
    )
    for kind, more in watched:
        body = {"kind": kind, "url": here.receiver.url} | more
        made = here.send(PARTNER, "POST", "/v1/subscriptions", json=body)
        assert made.status_code == 201, made.text
        names[kind] = made.json()["id"]
    made = here.send(PARTNER, "PUT", "/v1/listings/site/fit", json=FIT)
    names["fit"] = made.json()["id"]
    here.settle()


def _both_report(here: World) -> None:
    """Let the partner say what came of its own and of the one who was shared."""
    for who, name in ((here.names["mine"], "mine"), (here.names["left"], "left")):
        body = {"returnee": who, "listing": here.names["fit"], "outcome": "shortlisted"}
        sent = {"Idempotency-Key": f"outcome of {name}"}
        made = here.send(PARTNER, "POST", "/v1/outcomes", json=body, headers=sent)
        assert made.status_code == 201, made.text
        here.names[f"outcome of {name}"] = made.json()["id"]


def _late(here: World) -> None:
    """Register others while the partner watches, and do with them whatever one can do."""
    names, tools = here.names, here.tools
    for days in (1, 400):
        until_day = tools.clock.today() - timedelta(days=days)
        profile = Profile(
            text=f"{HERS}, and in Riyadh {days}",
            home_country="BD",
            consent=Consent(matching=True, share_with=(PARTNER,), until=until_day),
        )
        put = Put(organisation_id=OTHER, content=profile, source="crm", external_id=f"e{days}")
        register_person(tools, put, Contact(phone=PHONE))
    posted = here.send(
        OTHER,
        "POST",
        "/v1/returnees",
        json={"text": f"{HERS} and Manama", "home_country": "BD", "consent": AGREED},
        headers={"Idempotency-Key": "once"},
    )
    assert posted.status_code == 201
    rows = [
        {"id": f"row-{n}", "text": f"{HERS} {n}", "home_country": "BD", "phone": PHONE}
        for n in range(2, 6)
    ]
    names["their import"] = here.imported(OTHER, rows, "kind=returnees&source=site")
    body = {"returnee": names["guess"], "listing": names["fit"], "outcome": "referred"}
    names["their outcome"] = here.send(OTHER, "POST", "/v1/outcomes", json=body).json()["id"]
    watch: JSON = {"kind": "returnee", "url": "http://127.0.0.1:9/x", "returnee_id": names["guess"]}
    paused = here.send(OTHER, "POST", "/v1/subscriptions", json=watch | {"active": False})
    names["their subscription"] = paused.json()["id"]
    for url in (
        f"/v1/returnees/{names['guess']}/matches",
        f"/v1/returnees/{names['guess']}/pathways",
        f"/v1/listings/{names['fit']}/candidates",
        "/v1/insights/skill-gaps",
        "/v1/returnees?limit=2",
    ):
        assert here.send(OTHER, "GET", url).status_code == 200
    gone = here.register(OTHER, "crm/gone", f"{HERS} and Ibri", AGREED)
    here.send(OTHER, "DELETE", f"/v1/returnees/{gone}")


def work_of_candidates(here: World) -> Mapping[str, int]:
    """Return what finding candidates costs the partner's question, counted, not timed."""
    counts = {"opened": 0, "encoded": 0, "rows": 0, "statements": 0}
    me = threading.get_ident()
    opened, encoded = SubjectVault.open, OnnxEncoder.encode
    database = here.tools.store._database  # type: ignore[attr-defined]

    def count_open(self: SubjectVault, *sent: Any) -> bytes:  # noqa: ANN401
        counts["opened"] += threading.get_ident() == me
        return opened(self, *sent)

    def count_encode(self: OnnxEncoder, texts: Any) -> Any:  # noqa: ANN401
        counts["encoded"] += len(texts) if threading.get_ident() == me else 0
        return encoded(self, texts)

    def count_statement(*_: object) -> None:
        counts["statements"] += threading.get_ident() == me

    SubjectVault.open, OnnxEncoder.encode = count_open, count_encode  # type: ignore[method-assign,assignment]
    sa.event.listen(database._reader, "before_cursor_execute", count_statement)
    try:
        found = find_candidates(here.tools, here.names["fit"], PARTNER, 100)
    finally:
        sa.event.remove(database._reader, "before_cursor_execute", count_statement)
        SubjectVault.open, OnnxEncoder.encode = opened, encoded  # type: ignore[method-assign]
    counts["rows"] = len(found.items)
    return counts


def now() -> datetime:
    """Return the moment at which both worlds stand still: late in the day nothing ends."""
    return datetime.now(UTC).replace(microsecond=123456)
