"""How the match page feels at the end of a slow line: what comes, and when it is on the screen.

    python -m tests.console.slow_line [--kbit 400] [--delay 300] [--turns 9]

serves the sample, slows one browser's line down, and prints medians: the first page of a visit
and one after it, and, of the first answer, the seconds from its first byte to options on the
screen. It is measured, not tested: how fast a machine is says nothing about the pages.
"""

import argparse
import statistics
from dataclasses import dataclass, field

from playwright.sync_api import Browser, sync_playwright

from service.usecases.manage_officers import officer_named
from tests.console.browsing import Served, chromium, signed_in_state, traffic_of
from tests.console.look import served_sample

_WORDS = "I laid bricks and blocks in Kuwait for six years, plaster and tiles too"
_FIRST_ON_SCREEN = """() => new Promise((done) => {
  const look = () => document.querySelector('.option')
    ? requestAnimationFrame(() => done(performance.now()))
    : requestAnimationFrame(look);
  look();
})"""
_ANSWERED = """() => {
  const asked = performance.getEntriesByType('resource')
    .filter((one) => one.initiatorType === 'xmlhttprequest' && one.name.endsWith('/match'));
  return asked.length ? asked[asked.length - 1].responseStart : 0;
}"""


@dataclass
class _Measured:
    """Seconds and bytes, one for each turn."""

    cold_s: list[float] = field(default_factory=list)
    cold_bytes: list[float] = field(default_factory=list)
    warm_s: list[float] = field(default_factory=list)
    warm_bytes: list[float] = field(default_factory=list)
    shown_s: list[float] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--kbit", type=int, default=400)
    reader.add_argument("--delay", type=int, default=300)
    reader.add_argument("--turns", type=int, default=9)
    asked = reader.parse_args()
    found = _Measured()
    with served_sample() as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        state = signed_in_state(browser, served, "shirin")
        for _ in range(asked.turns):
            _turn(browser, served, state, found, (asked.kbit, asked.delay))
        browser.close()
    print(f"{asked.kbit} kbit/s, {asked.delay} ms, medians of {asked.turns}")  # noqa: T201
    for name, values in vars(found).items():
        print(f"{name:12} {statistics.median(values):10,.2f}")  # noqa: T201


def _turn(
    browser: Browser,
    served: Served,
    state: dict[str, object],
    found: _Measured,
    line: tuple[int, int],
) -> None:
    tools = served.office.tools
    # What the turn before has typed would be there already.
    tools.store.forget_drafts(officer_named(tools, "shirin").id, ["match"])
    context = browser.new_context(base_url=served.url, storage_state=state, locale="en")  # type: ignore[arg-type]
    page = context.new_page()
    kbit, delay = line
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    speed = {"downloadThroughput": kbit * 125, "uploadThroughput": kbit * 125, "latency": delay}
    session.send("Network.emulateNetworkConditions", {"offline": False, **speed})
    seen = traffic_of(page)
    loaded = "() => performance.getEntriesByType('navigation')[0].loadEventEnd / 1000"
    page.goto("/console/", wait_until="networkidle")
    found.cold_s.append(page.evaluate(loaded))
    found.cold_bytes.append(seen.bytes)
    page.goto("/console/match", wait_until="networkidle")
    found.warm_s.append(page.evaluate(loaded))
    found.warm_bytes.append(seen.bytes - found.cold_bytes[-1])
    page.select_option("#f-home", "BD")
    page.wait_for_load_state("networkidle")
    page.fill("#f-text", _WORDS)
    shown = page.evaluate(_FIRST_ON_SCREEN)
    found.shown_s.append((shown - page.evaluate(_ANSWERED)) / 1000)
    context.close()


if __name__ == "__main__":
    main()
