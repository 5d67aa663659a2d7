"""homeward bench-alerts: what a subscription costs when many people change at once."""

import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from service.cli.terminal import log_to_stderr, out, progress_bar, put_between
from service.domain.access import Caller, Scope
from service.domain.alert import AlertType, Seen, StoredSubscription, Subscription, Told, Watch
from service.ports import Tools
from service.settings import Settings, bundled
from service.usecases.load_sample import load_sample
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_organisation, new_key
from service.usecases.manage_subscriptions import subscribe
from service.usecases.watch_changes import Watcher
from service.wiring import open_tools


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the result. Times in seconds or milliseconds as named.

    looked_s, processor_s: until every changed person was matched with the listings of each
    subscription and all messages were written, by the clock and of the processor.
    """

    subscriptions: int
    changed_people: int
    messages: int
    looked_s: float
    processor_s: float
    per_person_ms: float


def bench_alerts(
    readme: Annotated[Path | None, typer.Option(help="Put the table into this file.")] = None,
) -> None:
    """Measure how long subscriptions to candidates take over all sample people, changed at once."""
    log_to_stderr("ERROR")
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as place, progress_bar() as bar:
        settings = Settings(data_dir=Path(place) / "data", key_file=Path(place) / "keys.json")
        with open_tools(settings) as tools:
            ensure_first_organisation(tools)
            _, people = load_sample(tools, bundled("data"), FIRST_ORGANISATION, bar)
            # Reads the lexicon, as the service does before anyone waits for it.
            tools.refusals.terms()
            rows = [_measure(tools, count, people) for count in (1, 5)]
    table = Table(*asdict(rows[0]), title="Alerts")
    for row in rows:
        table.add_row(*_cells(row))
    out.print(table)
    if readme is not None:
        lines = [f"| {' | '.join(asdict(rows[0]))} |", "|" + "---:|" * len(asdict(rows[0]))]
        lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
        put_between(readme, "bench-alerts", "\n".join(lines))


def _cells(row: Measured) -> list[str]:
    return [
        f"{value:,.2f}" if isinstance(value, float) else f"{value}"
        for value in asdict(row).values()
    ]


def _measure(tools: Tools, subscriptions: int, people: int) -> Measured:
    key, _ = new_key(tools, FIRST_ORGANISATION, "bench", frozenset({Scope.ADMIN}))
    caller = Caller(key.id, FIRST_ORGANISATION, key.scopes)
    content = Subscription(watch=Watch.CANDIDATES, url="https://partner.example/bench")
    made = [subscribe(tools, caller, content)[0] for _ in range(subscriptions)]
    _put_back(tools, made)
    watcher, messages = Watcher(tools), 0
    started, used = time.perf_counter(), time.process_time()
    while tools.store.subscriptions_behind(1):
        messages += watcher.look()
    looked, worked = time.perf_counter() - started, time.process_time() - used
    for one in made:
        tools.store.remove_subscription(one, None)
    each = 1000 * looked / (people * subscriptions)
    return Measured(subscriptions, people, messages, looked, worked, each)


def _put_back(tools: Tools, made: list[StoredSubscription]) -> None:
    """Put subscriptions back to the start of the feed of people."""
    seen = Seen(tools.store.listing_changes(0, 1_000_000)[-1][0], 0)
    tools.store.tell(
        [Told(one.id, AlertType.CANDIDATE, (), seen) for one in made], tools.clock.now()
    )
