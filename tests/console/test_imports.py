"""A file is brought in: held, its columns named, tried, taken; in words, and without a script."""

import ast
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from service.domain.addresses import TAKEN, why_taken
from service.domain.imported import ImportKind
from service.domain.listing import Kind, Listing, Visibility
from service.domain.officer import Role
from service.domain.records import Put
from service.domain.retention import Kept
from service.intake.missing import lacking
from service.intake.reasons import problem_told
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.put_listings import put_listing
from tests.console.browsing import assert_accessible, assert_fits
from tests.console.support import Office, heading, hidden, sign_in

_TABLE = (
    "Postn,Employer,Country,Salary,Last date\n"
    "Welder,Karim Steel,Bangladesh,BDT 25000-30000,2031-01-31\n"
    "Cook,Meghna House,Bangladesh,BDT 18000,soon\n"
    "Tailor,Padma Wear,Atlantis,BDT 15000,2031-02-30\n"
)
_ROOT = Path(__file__).parents[2]


@pytest.fixture
def manager(office: Office) -> Iterator[TestClient]:
    """A client that a manager has signed in with."""
    office.hire("mita", Role.MANAGER, "Mita Rani")
    with office.visitor() as client:
        sign_in(client, "mita")
        yield client


def sent(client: TestClient, text: str = _TABLE, **fields: str) -> str:
    """Send a file; return the path of the page that comes."""
    form = hidden(client.get("/console/import").text, "/console/import")
    said = {"kind": "listings", "listing_kind": "job", "source": "board"} | fields
    files = {"file": ("jobs.csv", text.encode(), "text/csv")}
    answer = client.post("/console/import", data=form | said, files=files)
    assert answer.status_code == 200, answer.text
    return answer.url.path


def posted(client: TestClient, page: str, action: str, **fields: str) -> str:
    """Send the form of a page; return the path of the page that comes."""
    form = hidden(client.get(page).text, action)
    answer = client.post(action, data=form | fields)
    assert answer.status_code == 200, answer.text
    return answer.url.path


def ended(client: TestClient, path: str) -> str:
    """Wait for an import; return its page."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        html = client.get(path).text
        if 'id="how-far"' not in html:
            return html
        time.sleep(0.1)
    raise AssertionError(path)


def test_a_file_is_tried_and_then_taken(manager: TestClient, office: Office) -> None:
    """The mislabelled column is named, mistakes come by kind with row and cell, then it is real."""
    columns = sent(manager)
    html = manager.get(columns).text
    assert "Postn" in html
    chosen = {"column-0": "", "column-1": "employer", "column-2": "country"} | {
        "column-3": "wage",
        "column-4": "valid_through",
    }
    refused = manager.post(columns, data=hidden(html, columns) | chosen)
    assert refused.status_code == 422
    assert 'href="#f-column-0"' in refused.text
    tried = posted(manager, columns, columns, **(chosen | {"column-0": "title"}))
    html = ended(manager, tried)
    assert heading(html) == "This is what would happen"
    assert "Take in one row" in html
    assert "This is no date" in html
    assert "The country is not known" in html
    before = office.tools.store.count_listings()
    of_country = manager.get(f"{tried}?problem=country").text
    assert "Atlantis" in of_country
    done = posted(manager, tried, f"{tried}/run")
    html = ended(manager, done)
    assert heading(html) == "This has happened"
    assert office.tools.store.count_listings() == before + 1
    assert "soon" in manager.get(f"{done}/refused.csv").text
    # What was held is gone, and the columns are remembered.
    assert manager.get(columns).status_code == 404
    assert "As you chose for this source last time." in manager.get(sent(manager)).text


def test_what_is_private_stays_so(manager: TestClient, office: Office) -> None:
    """In a file that does not say who may know of it."""
    known = Listing(kind=Kind.JOB, title="Tiler", country="BD", visibility=Visibility.PRIVATE)
    put_listing(
        office.tools,
        Put(organisation_id=FIRST_ORGANISATION, source="orders", external_id="7", content=known),
    )
    columns = sent(manager, "Ref,Title,Country,Employer\n7,Tiler,BD,River\n", source="orders")
    chosen = {"column-0": "external_id", "column-1": "title", "column-2": "country"}
    tried = posted(manager, columns, columns, **chosen, **{"column-3": "employer"})
    ended(manager, tried)
    ended(manager, posted(manager, tried, f"{tried}/run"))
    stored = office.tools.store.listing_by_source(FIRST_ORGANISATION, "orders", "7").content
    assert (stored.employer, stored.visibility) == ("River", Visibility.PRIVATE)


def test_a_file_may_be_for_ones_own_organisation_alone(manager: TestClient, office: Office) -> None:
    """The choice counts for every row that does not say; of people there is none."""
    columns = sent(
        manager,
        "Ref,Title,Country,Visibility\n1,Glazier,BD,\n2,Roofer,BD,public\n",
        source="own",
        visibility="private",
    )
    chosen = {"column-0": "external_id", "column-1": "title", "column-2": "country"}
    tried = posted(manager, columns, columns, **chosen, **{"column-3": "visibility"})
    ended(manager, tried)
    ended(manager, posted(manager, tried, f"{tried}/run"))
    found = [office.tools.store.listing_by_source(FIRST_ORGANISATION, "own", x) for x in "12"]
    assert [one.content.visibility for one in found] == [Visibility.PRIVATE, Visibility.PUBLIC]
    people = sent(manager, "Skills\nI weld\n", kind="returnees", visibility="private")
    assert people.endswith("/columns")


def test_damaged_files_are_refused_in_words(manager: TestClient) -> None:
    """Empty, no file, no table, no column for what every row needs."""
    columns = sent(manager, "Titel here,Firm\nWelder,Karim\n", source="bare")
    page = manager.get(columns).text
    chosen = {"column-0": "", "column-1": "employer"}
    said = manager.post(columns, data=hidden(page, columns) | chosen).text
    assert "2 things need your attention" in said
    assert "choose the country there for all rows" in said
    page = manager.get("/console/import").text
    form = hidden(page, "/console/import")
    for files, words in (
        ({}, "Choose a file."),
        ({"file": ("a.csv", b"", "text/csv")}, "The file is empty."),
        ({"file": ("a.csv", b"title,country\n", "text/csv")}, "There is no row in this file"),
    ):
        answer = manager.post("/console/import", data=form | {"kind": "listings"}, files=files)
        assert answer.status_code == 422
        assert words in answer.text


def test_an_officer_brings_in_no_file_and_others_see_none(
    officer: TestClient, manager: TestClient
) -> None:
    """It is a manager's work."""
    assert officer.get("/console/import").status_code == 403
    assert officer.get(sent(manager)).status_code == 403


def test_people_with_the_same_telephone_are_shown(manager: TestClient) -> None:
    """And why they came back cannot be brought in."""
    text = "Name,Mobile,Occupation\nRahima,+8801712000001,Cook\nRahima B,+8801712000001,Cook\n"
    columns = sent(manager, text, kind="returnees", source="camp")
    tried = posted(
        manager,
        columns,
        columns,
        **{"column-0": "name", "column-1": "phone"},
        **{"column-2": "experience"},
    )
    ended(manager, tried)
    html = ended(manager, posted(manager, tried, f"{tried}/run"))
    assert "May be here already" in html
    assert "/console/people/ret_" in html


def test_a_held_file_does_not_stay(manager: TestClient, office: Office) -> None:
    """Given up it is gone; forgotten it is swept."""
    first, second = sent(manager), sent(manager)
    drop = first.replace("/columns", "/drop")
    assert manager.post(drop, data=hidden(manager.get(first).text, first)).status_code == 200
    assert manager.get(first).status_code == 404
    later = office.tools.clock.now() + timedelta(seconds=1)
    assert office.tools.store.forget_old(Kept.HELD_FILES, later, 9) >= 1
    assert manager.get(second).status_code == 404


_SAYS: Final = {
    "CellError": 0,
    "RowProblem": 1,
    "FieldProblem": 1,
    "PydanticCustomError": 1,
    "_wrong": 0,
}
"""What says something of a cell or a field, and which of its arguments."""
_OF_NO_ROW: Final = ("Before the @", "This is no cursor", "Only * is understood")


def test_every_sentence_about_a_cell_has_its_words() -> None:
    """What intake, file readers and the contract say of a row is told in every language."""
    service = _ROOT / "service"
    api = ("checks", "common", "fields", "listing_models", "returnee_models")
    paths = [*service.glob("intake/*.py"), *service.glob("adapters/files/*.py")]
    paths += [service / "api" / f"{name}.py" for name in api]
    paths += [service / "usecases" / "import_records.py"]
    found = 0
    for path in paths:
        for said in _said_in(ast.parse(path.read_text(encoding="utf-8"))):
            found += 1
            assert problem_told(said).code != "other", (path.name, said)
    assert found > 55
    for kind, names in TAKEN.items():
        for name in names:
            assert problem_told(why_taken(kind, name) or "").code == "id"


def _said_in(tree: ast.Module) -> Iterator[str]:
    """Yield the sentences that stand in a module; those it only passes on stand elsewhere."""
    named = {
        target.id: one.value
        for one in ast.walk(tree)
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None
        for target in (one.targets if isinstance(one, ast.Assign) else [one.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            at = _SAYS.get(node.func.id)
            text = "" if at is None or at >= len(node.args) else _text_of(node.args[at], named)
            if " " in text and not text.startswith(_OF_NO_ROW):
                yield text


def _text_of(node: ast.AST, named: Mapping[str, ast.expr]) -> str:
    """Return a sentence as it is written, with 7 for what is filled in."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.Name):
        return _text_of(named[node.id], {}) if node.id in named else ""
    if isinstance(node, ast.FormattedValue):
        return _text_of(node.value, named) or "7"
    if isinstance(node, ast.JoinedStr):
        return "".join(_text_of(one, named) for one in node.values)
    return ""


def test_a_missing_column_finds_its_likeness() -> None:
    """By its name; what has a default is not missing."""
    found = lacking(ImportKind.LISTINGS, {"Job tittle here": None, "Nation": None}, ["kind"])
    assert [(one.field, one.column) for one in found] == [
        ("title", "Job tittle here"),
        ("country", "Nation"),
    ]
    assert lacking(ImportKind.RETURNEES, {"Work": "experience"}) == ()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_file_is_brought_in_by_hand(
    open_page: Callable[..., Page], office: Office, *, javascript: bool
) -> None:
    """In a browser, with and without a script, on a phone."""
    page = open_page(
        signed_in=False,
        locale="en",
        java_script_enabled=javascript,
        viewport={"width": 360, "height": 740},
    )
    page.goto("/console/sign-in?next=/console/import")
    page.fill("#f-username", office.hire("mita", Role.MANAGER, "Mita Rani"))
    page.fill("#f-password", "three green boats")
    page.click("button.primary")
    page.set_input_files(
        "#f-file", {"name": "jobs.csv", "mimeType": "text/csv", "buffer": _TABLE.encode()}
    )
    page.fill("#f-source", "by hand")
    if javascript:
        assert_fits(page)
        assert_accessible(page)
    page.click("#work button.primary")
    page.select_option("#f-column-0", "title")
    if javascript:
        assert_fits(page)
        assert_accessible(page)
    page.click("#work button.primary")
    page.wait_for_selector("#mistakes", timeout=60_000)
    if javascript:
        assert_fits(page)
        assert_accessible(page)
    page.click("#work button.primary")
    page.get_by_text("This has happened").wait_for(timeout=60_000)
