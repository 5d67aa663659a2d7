"""Whoever sends is killed at any moment: everything arrives, and once for who tells repeats apart.

HOMEWARD_KILLS makes it longer.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from service.adapters.store.sql import SqlStore
from service.domain.access import ApiKey, Scope
from service.domain.alert import (
    AlertType,
    Delivery,
    DeliveryState,
    Digest,
    Hit,
    MailTo,
    Seen,
    StoredSubscription,
    Subscription,
    Told,
    Watch,
)
from service.domain.match import Tier
from tests.contracts.examples import HOME, job, write_listing
from tests.webhooks.mailboxes import post_office
from tests.webhooks.receivers import receiving, until

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("HOMEWARD_KILLS", "4"))
LISTINGS, HOOKS, MAILBOXES = 6, 16, 24
EVERYTHING = LISTINGS * HOOKS + MAILBOXES
CLAIM_MINUTES = 3
"""A claim of somebody killed has ended when the clock of the next is so much further on."""


@contextmanager
def _senders() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.durability.sender"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        process.communicate(timeout=60)


def _send(
    process: subprocess.Popen[str], line: str, strike: Callable[[], None] | None = None
) -> int:
    """Have one sender run, killed once `strike` returns, or not; return its exit status."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n")
    child = int(process.stdout.readline().split()[1])
    if strike is not None:
        strike()
        os.kill(child, signal.SIGKILL)
    return int(process.stdout.readline().split()[1])


def _subscriptions(store: SqlStore, url: str) -> list[StoredSubscription]:
    now = datetime.now(UTC)
    store.add_organisation(HOME)
    store.add_key(ApiKey("key_1", HOME.id, "alerts", frozenset({Scope.ADMIN}), now), b"hash")
    watched = Subscription(watch=Watch.LISTINGS, url=url, text="mason", home_country="BD")
    hooks = [replace(watched, url=f"{url}&{number}") for number in range(HOOKS)]
    boxes = [
        MailTo(address=f"box{number}@partner.example", digest=Digest.IMMEDIATE)
        for number in range(MAILBOXES)
    ]
    made = []
    for content in (*hooks, *(replace(watched, url=None, mail=box) for box in boxes)):
        stored = store.add_subscription(HOME.id, "key_1", content, "whsec_MfKQ9r8GKYqrTwjU", now)
        if content.mail is not None:
            stored = store.answer_mail(stored, now, agreed=True)
        made.append(stored)
    return made


def _tell(store: SqlStore, made: list[StoredSubscription]) -> None:
    names = [
        write_listing(store, f"{number}", job(f"Mason {number}")).record.id
        for number in range(LISTINGS)
    ]
    hits = tuple(Hit(name, None, Tier.GOOD) for name in names)
    now = datetime.now(UTC)
    store.tell([Told(one.id, AlertType.LISTING, hits, Seen(0, 0)) for one in made], now)


def _log(store: SqlStore, one: StoredSubscription) -> list[Delivery]:
    page = store.page_of_deliveries(one.id, after=0, limit=100)
    return [entry for entry in page.items if entry.type is AlertType.LISTING]


def test_nothing_told_is_lost_to_kills(tmp_path: Path) -> None:
    """Each message arrives at least once, repeats have the same id, and none waits at the end."""
    draw = random.Random(20261122)  # noqa: S311 - a test's dice
    with receiving() as receiver, post_office(slow=0.02) as office, _senders() as process:
        store = SqlStore.open(tmp_path / "data", tmp_path / "keys.json")
        made = _subscriptions(store, receiver.url)
        _tell(store, made)
        store.close()

        def arrived() -> int:
            return len(receiver.got) + len(office.got)

        def strike() -> None:
            # After some arrivals: opening takes as long as it takes.
            enough = arrived() + draw.randint(1, EVERYTHING // (KILLS + 2))
            until(lambda: arrived() >= enough)
            time.sleep(draw.uniform(0, 0.03))

        for number in range(KILLS):
            line = f"{tmp_path} {number * CLAIM_MINUTES} {office.port}"
            assert _send(process, line, strike) == -signal.SIGKILL
        assert arrived() < EVERYTHING
        assert _send(process, f"{tmp_path} {KILLS * CLAIM_MINUTES} {office.port}") == 0
    store = SqlStore.open(tmp_path / "data", tmp_path / "keys.json")
    logs = {one.id: _log(store, one) for one in made}
    store.close()
    everything = [entry for log in logs.values() for entry in log]
    assert len(everything) == LISTINGS * (HOOKS + MAILBOXES)
    assert {entry.state for entry in everything} == {DeliveryState.DELIVERED}
    bodies: dict[str, set[str]] = {}
    for got in receiver.got:
        bodies.setdefault(got.headers["webhook-id"], set()).add(json.dumps(got.json))
    hooked = {entry.id for one in made[:HOOKS] for entry in logs[one.id]}
    assert set(bodies) == hooked
    assert all(len(some) == 1 for some in bodies.values())
    mails: dict[str, set[str]] = {}
    for mail in office.got:
        (box,) = mail.to
        shown = {entry.listing_id for entry in everything if f"{entry.listing_id}" in mail.text}
        said = f"{box} {sorted(map(str, shown))}"
        mails.setdefault(str(mail.mail["Message-ID"]), set()).add(said)
    assert all(len(some) == 1 for some in mails.values())
    told = sorted(next(iter(some)) for some in mails.values())
    names = sorted({str(entry.listing_id) for entry in everything})
    assert told == sorted(f"box{number}@partner.example {names}" for number in range(MAILBOXES))
