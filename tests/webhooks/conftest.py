"""Tools whose webhooks may go to this machine, with a clock that can be put forward."""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from service.domain.access import Caller, Organisation, Scope
from service.domain.alert import Delivery, StoredSubscription, Subscription
from service.ports import Tools
from service.usecases.deliver_alerts import claim_due, deliver
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_organisation, new_key
from service.usecases.manage_subscriptions import subscribe
from service.usecases.watch_changes import Watcher
from service.wiring import open_tools
from tests.conftest import settings_in

OTHER = "other-ngo"


@dataclass
class PutForward:
    """Implements `service.ports.Clock`: the present, and so much later."""

    by: timedelta = timedelta()

    def now(self) -> datetime:
        """See the port."""
        return datetime.now(UTC) + self.by

    def today(self) -> date:
        """See the port."""
        return self.now().date()


@dataclass
class Office:
    """One organisation's key, and what it does with alerts."""

    tools: Tools
    clock: PutForward
    caller: Caller

    def watch(self, content: Subscription) -> tuple[StoredSubscription, str]:
        """Subscribe; return the subscription and its secret."""
        return subscribe(self.tools, self.caller, content)

    def look(self) -> int:
        """Look through all that has changed; return how many messages that brought."""
        watcher, count = Watcher(self.tools), 0
        while self.tools.store.subscriptions_behind(1):
            count += watcher.look()
        return count

    def send(self) -> None:
        """Send all that is due."""
        while claimed := claim_due(self.tools, 8):
            for due in claimed:
                deliver(self.tools, due)

    def log(self, stored: StoredSubscription) -> tuple[Delivery, ...]:
        """Return a subscription's messages."""
        return self.tools.store.page_of_deliveries(stored.id, after=0, limit=100).items


@pytest.fixture(scope="session", autouse=True)
def quiet() -> Iterator[None]:
    """Write no log lines: an expected error's traceback takes longer than its test."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def private_tools(
    tmp_path_factory: pytest.TempPathFactory, encoded_taxonomy: Path
) -> Iterator[Tools]:
    """Tools over a store that these tests share; each cleans up after itself."""
    settings = settings_in(tmp_path_factory.mktemp("alerts"))
    settings = settings.model_copy(update={"webhook_private": True})
    shutil.copytree(encoded_taxonomy, settings.data_dir / "index")
    with open_tools(settings) as opened:
        ensure_first_organisation(opened)
        opened.store.add_organisation(Organisation(OTHER, "Other", datetime.now(UTC)))
        yield opened


@pytest.fixture
def office(private_tools: Tools) -> Iterator[Office]:
    """The first organisation, with nothing subscribed, listed or registered."""
    clock = PutForward()
    tools = replace(private_tools, clock=clock)
    key, _ = new_key(tools, FIRST_ORGANISATION, "alerts", frozenset({Scope.ADMIN}))
    yield Office(tools, clock, Caller(key.id, FIRST_ORGANISATION, key.scopes))
    store = tools.store
    for one in store.page_of_subscriptions(FIRST_ORGANISATION, after=0, limit=100).items:
        store.remove_subscription(one, None)
    for organisation in (FIRST_ORGANISATION, OTHER):
        for person in store.page_of_people(organisation, after=0, limit=100, where={}).items:
            store.delete_person(person, if_version=None)
    for listing in store.page_of_listings(after=0, limit=100, where={}).items:
        store.delete_listing(listing, if_version=None)
