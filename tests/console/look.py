"""Pictures of pages, for people to look at.

    python -m tests.console.look FOLDER /console/ /console/about

starts a service with the sample in a temporary folder, signs in, and writes a picture of each
page in English, Bangla and Urdu (or `--languages bn,ne`), on a wide and a narrow window, light
and dark.
"""

import argparse
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi.testclient import TestClient
from playwright.sync_api import sync_playwright

from service.app import create_app, given
from service.settings import bundled
from service.usecases.load_sample import load_sample
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key
from service.wiring import open_tools
from tests.conftest import ADMIN, settings_in
from tests.console.browsing import Served, chromium, serving, signed_in_state
from tests.console.support import Office
from tests.waiting import until_ready

_WINDOWS = {"wide": {"width": 1366, "height": 768}, "narrow": {"width": 360, "height": 740}}


@contextmanager
def served_sample() -> Iterator[Served]:
    """Serve the sample on a port, with an officer."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        with open_tools(settings) as tools:
            ensure_first_key(tools, ADMIN)
            load_sample(tools, bundled("data"), FIRST_ORGANISATION)
            app = create_app(settings, lambda: given(tools))
            with TestClient(app) as client:
                until_ready(client)
                with serving(app) as url:
                    office = Office(app, tools)
                    office.hire("shirin")
                    yield Served(url, office)


def main() -> None:
    """Take the pictures."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folder", type=Path)
    reader.add_argument("paths", nargs="*", default=["/console/"])
    reader.add_argument("--languages", default="en,bn,ur")
    reader.add_argument("--signed-out", action="store_true")
    asked = reader.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with served_sample() as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        state = None if asked.signed_out else signed_in_state(browser, served, "shirin")
        for language in asked.languages.split(","):
            for window, size in _WINDOWS.items():
                for scheme in ("light", "dark"):
                    context = browser.new_context(
                        base_url=served.url,
                        viewport=size,  # type: ignore[arg-type]
                        color_scheme=scheme,
                        storage_state=state,  # type: ignore[arg-type]
                        extra_http_headers={"Accept-Language": language},
                    )
                    page = context.new_page()
                    for path in asked.paths:
                        page.goto(path)
                        name = re.sub(r"\W+", "-", path).strip("-")
                        target = asked.folder / f"{name}-{language}-{window}-{scheme}.png"
                        page.screenshot(path=target, full_page=True)
                    context.close()
        browser.close()


if __name__ == "__main__":
    main()
