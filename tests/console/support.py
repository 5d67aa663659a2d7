"""What console tests share: an office to sign in to, forms filled as a browser fills them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser

from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.domain.officer import Role
from service.ports import Tools
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.manage_officers import add_officer

PASSWORD = "three green boats"  # noqa: S105 - of accounts that exist in tests only
ORIGIN = "http://testserver"


@dataclass(frozen=True)
class Office:
    """An application over tools, and who works there."""

    app: FastAPI
    tools: Tools

    def hire(self, username: str, role: Role = Role.OFFICER, name: str = "Shirin Akter") -> str:
        """Make an account unless it is there; return its username."""
        if self.tools.store.officer_by_username(username) is None:
            add_officer(
                self.tools,
                username=username,
                name=name,
                password=PASSWORD,
                role=role,
                organisation_id=FIRST_ORGANISATION,
            )
        return username

    @contextmanager
    def visitor(self, language: str = "en") -> Iterator[TestClient]:
        """Yield a client with cookies of its own that nobody has signed in with."""
        headers = {"Accept-Language": language, "Origin": ORIGIN}
        # Not entered, so that no second lifespan begins.
        client = TestClient(self.app, base_url=ORIGIN, headers=headers, follow_redirects=True)
        try:
            yield client
        finally:
            client.close()


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((said.get("action", ""), {}))
        elif tag == "input" and self.forms and said.get("type") == "hidden":
            self.forms[-1][1][said["name"]] = said.get("value", "")


class _Fields(HTMLParser):
    """Collects (name, value, whether it is hidden) of every field, form by form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[tuple[str, str, bool]]]] = []
        self._select = self._area = ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((said.get("action", ""), []))
        elif not self.forms:
            return
        elif tag == "input" and said.get("type") not in {"checkbox", "radio", "file"}:
            self._add(said["name"], said.get("value", ""), said.get("type") == "hidden")
        elif tag == "input" and "checked" in said:
            self._add(said["name"], said.get("value", ""))
        elif tag == "select":
            self._select, self._options = said["name"], []
        elif tag == "option" and self._select:
            self._options.append((said.get("value", ""), "selected" in said))
        elif tag == "textarea":
            self._area = said["name"]
            self._add(self._area, "")

    def _add(self, name: str, value: str, hidden: bool = False) -> None:  # noqa: FBT001, FBT002 - a field of a tuple
        self.forms[-1][1].append((name, value, hidden))

    def handle_data(self, data: str) -> None:
        if self._area:
            name, value, _ = self.forms[-1][1].pop()
            self._add(name, value + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            chosen = [value for value, on in self._options if on]
            first = [value for value, _ in self._options[:1]]
            for value in chosen or first:
                self._add(self._select, value)
            self._select = ""
        elif tag == "textarea":
            self._area = ""


def hidden(html: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the form of a page that is sent to `action`."""
    return hidden_forms(html, action)[0]


def hidden_forms(html: str, action: str) -> list[dict[str, str]]:
    """Return the hidden fields of every form of a page that is sent to `action`."""
    reader = _Inputs()
    reader.feed(html)
    found = [fields for to, fields in reader.forms if to == action]
    assert found, f"no form is sent to {action}"
    return found


def hidden_all(html: str, action: str) -> dict[str, list[str]]:
    """Return the hidden fields of a form, those of one name together."""
    return _values(html, action, shown=False)


def form_of(html: str, action: str) -> dict[str, list[str]]:
    """Return all that a form would send as it stands."""
    return _values(html, action, shown=True)


def _values(html: str, action: str, *, shown: bool) -> dict[str, list[str]]:
    reader = _Fields()
    reader.feed(html)
    sent = next(fields for to, fields in reader.forms if to == action)
    found: dict[str, list[str]] = {}
    for name, value, hidden_ in sent:
        if shown or hidden_:
            found.setdefault(name, []).append(value)
    return found


def sign_in(client: TestClient, username: str, password: str = PASSWORD) -> str:
    """Sign in as a browser does; return the page that comes."""
    fields = hidden(client.get("/console/sign-in").text, "/console/sign-in")
    sent = fields | {"username": username, "password": password}
    return client.post("/console/sign-in", data=sent).text


def heading(html: str) -> str:
    """Return the text of a page's title of the first level, without tags."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    assert found, html
    return re.sub(r"<[^>]+>", "", found[1]).strip()
