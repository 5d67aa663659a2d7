"""The match page: words in, options out, corrected, narrowed, compared, printed."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from service.console.forms import Form
from service.console.languages import PSEUDO
from service.console.question import acted
from service.domain.audit import AccessQuery, Action
from service.domain.officer import OfficerChange
from service.domain.person import Consent, Experience, Profile, Skill
from service.domain.records import Put
from service.ports import Tools
from service.settings import bundled
from service.usecases.correct_match import Correction, corrected
from service.usecases.load_sample import sample_listings
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.manage_officers import officer_named
from service.usecases.put_listings import put_listings
from service.usecases.register_person import register_person
from tests.console.browsing import assert_accessible, assert_fits, traffic_of
from tests.console.support import PASSWORD, Office, hidden, sign_in
from tests.console.test_pages import strays

MATCH = "/console/match"
BRICKS = "I laid bricks and blocks in Kuwait for six years, plaster, asdf qwer"
WANTED = re.compile(r"mason|bricklay|weld|plaster|tile|free visa", re.IGNORECASE)


@pytest.fixture(scope="module")
def listed(console_tools: Tools) -> Tools:
    """The console's tools with the sample's building work."""
    today = console_tools.clock.today()
    puts = [
        Put(organisation_id=FIRST_ORGANISATION, source="match", external_id=name, content=content)
        for name, content in sample_listings(bundled("data"), today)
        if WANTED.search(content.title)
    ]
    put_listings(console_tools, puts)
    return console_tools


@pytest.fixture
def asker(office: Office, listed: Tools) -> Iterator[TestClient]:
    """An officer with no draft."""
    office.hire("asker")
    with office.visitor() as client:
        sign_in(client, "asker")
        me = listed.store.officer_by_username("asker")
        assert me is not None
        listed.store.forget_drafts(me[0].id, ["match"])
        yield client


def ask(client: TestClient, do: str = "find", /, *, live: bool = True, **fields: Any) -> str:  # noqa: ANN401 - as httpx takes them
    """Send the form as htmx does, or as a browser without scripts."""
    sent = hidden(client.get(MATCH).text, MATCH) | {"text": BRICKS, "home": "BD", "do": do}
    headers = {"HX-Request": "true"} if live else {}
    answer = client.post(MATCH, data={**sent, **fields}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def picks(html: str) -> list[str]:
    """Return the ids of the options of a page, in order."""
    return re.findall(r'name="pick" value="(lst_\w+)"', html)


def test_words_become_options_on_every_way(asker: TestClient) -> None:
    """Each with its reasons; what was not understood is said so."""
    html = ask(asker)
    assert "<html" not in html
    for way in ("Jobs here", "Jobs abroad", "Training and own business"):
        assert way in html
    assert "Strong match" in html
    assert "Not understood" in html
    assert len(picks(html)) >= 3


def test_without_a_script_the_answer_can_be_opened_again(asker: TestClient) -> None:
    """The words are in no address; the page shows them again."""
    html = ask(asker, live=False)
    assert "<html" in html
    assert "asdf qwer" in html
    assert asker.get(MATCH).text.count('class="option"') == html.count('class="option"') > 0
    again = asker.post(
        "/console/language",
        data=hidden(html, MATCH) | {"text": BRICKS, "home": "BD", "_language": "bn"},
    )
    assert str(again.url).endswith(MATCH)
    assert 'class="option"' in again.text
    asker.post("/console/language", data=hidden(again.text, MATCH) | {"_language": "en"})


def test_a_phrase_is_left_out_put_right_and_taken_back(asker: TestClient) -> None:
    """Filters and words stay as they are."""
    phrase: dict[str, Any] = {"phrase-3": "asdf qwer", "country": "BD"}
    html = ask(asker, "drop:3", **phrase)
    assert "Left out by you" in html
    assert re.search(r'name="country" value="BD" checked', html)
    html = ask(asker, "fix:3", **phrase, **dict[str, Any]({"as-3": "welder"}))
    assert "Put right by you" in html
    kept: dict[str, Any] = {"fixed": "asdf qwer", "fixed_as": "welder"}
    assert "Put right by you" in ask(asker, "", **kept)
    assert "Put right by you" not in ask(asker, "undo:0", **kept)


def test_filters_narrow_the_search_and_count_what_they_leave(asker: TestClient) -> None:
    """A number beside a box is what ticking the box shows."""
    html = ask(asker)
    counts = re.findall(r'name="country" value="(\w\w)"><label[^>]*>.*?\((\d+)\)', html)
    assert counts
    for country, count in counts[:3]:
        narrowed = ask(asker, "", country=country, more="yes")
        assert narrowed.count('class="option"') >= int(count)
        assert 'name="country" value="BD"' in narrowed
    free = ask(asker, "", only="no_fee", more="yes")
    assert free.count('class="option"') > 0


def test_three_options_stand_side_by_side(asker: TestClient) -> None:
    """Differences are marked in words; a fourth is refused."""
    found = picks(ask(asker))
    html = ask(asker, "compare", pick=found[:2])
    assert "Side by side" in html
    assert "differs" in html
    four = ask(asker, "compare", pick=found[:4])
    assert "At most three options can be compared" in four


@pytest.mark.parametrize("text", ["I worked abroad", "hard work"])
def test_too_little_is_asked_back(asker: TestClient, text: str) -> None:
    """Nothing is called good on words that name no trade."""
    html = ask(asker, text=text)
    assert "Ask a little more first" in html
    assert "Strong match" not in html.replace("tier-strong", "")
    assert "tier-good" not in html


def test_nothing_to_go_on_and_numbers_that_are_none(asker: TestClient) -> None:
    """Each is said beside its field, without a script too."""
    sent = hidden(asker.get(MATCH).text, MATCH)
    answer = asker.post(MATCH, data=sent | {"text": "", "home": "BD", "do": "find"})
    assert answer.status_code == 422
    assert "Write down what the person can do" in answer.text
    answer = asker.post(MATCH, data=sent | {"text": BRICKS, "years": "many", "do": "find"})
    assert answer.status_code == 422
    assert 'href="#f-years"' in answer.text


def test_what_is_typed_is_never_run(asker: TestClient) -> None:
    """Quoted words are text."""
    html = ask(asker, text='welder <script>alert(1)</script> "><img src=x onerror=alert(1)>')
    assert "<script>alert" not in html
    assert "<img" not in html


def test_a_stored_person_needs_to_have_agreed(
    office: Office, asker: TestClient, listed: Tools
) -> None:
    """And whoever looks leaves a line."""
    made = []
    for agreed in (True, False):
        profile = Profile(text=BRICKS, home_country="BD", consent=Consent(matching=agreed))
        put = Put(
            organisation_id=FIRST_ORGANISATION, source=None, external_id=None, content=profile
        )
        made.append(register_person(listed, put, None).record.id)
    answer = asker.get(f"/console/people/{made[0]}/match")
    assert answer.status_code == 200, answer.text
    assert 'class="option"' in answer.text
    office.app.state.accesses.flush()
    (line,) = listed.store.last_accesses(AccessQuery(subject=made[0]), 5)
    assert line.access.action is Action.MATCH_STORED
    assert asker.get(f"/console/people/{made[1]}/match").status_code == 403
    assert asker.get(f"/console/people/ret_{'0' * 32}/match").status_code == 404


def test_what_a_button_asks_is_done_to_the_form() -> None:
    """Correcting a correction changes it in place; taking filters back leaves the words."""
    form = Form("", "", {"phrase-1": ["brick"], "as-1": ["block"], "text": ["x"], "tier": ["good"]})
    acted(form, "fix:1")
    assert (form.values["fixed"], form.values["fixed_as"]) == (["brick"], ["block"])
    form.values |= {"phrase-4": ["block"], "near-4": ["welder"]}
    acted(form, "pick:4")
    assert (form.values["fixed"], form.values["fixed_as"]) == (["brick"], ["welder"])
    acted(form, "clear")
    assert form.values.keys() == {"text", "fixed", "fixed_as"}
    for nonsense in ("undo:x", "fix:9", "drop:", "", "fly:1"):
        acted(form, nonsense)
    assert form.values["fixed"] == ["brick"]


def test_words_are_taken_out_of_every_field() -> None:
    """In any case of letters; what is put in stands as a skill of its own."""
    said = Profile(
        text="Laid BRICKS, welded",
        skills=(Skill("bricks"),),
        experiences=(Experience("mason", "bricks and tiles"),),
    )
    found = corrected(said, [Correction("bricks", "paving"), Correction("welded")])
    assert found.text == "Laid  ,"
    assert [one.text for one in found.skills] == ["paving"]
    assert found.experiences[0].description == "and tiles"


def sheet(client: TestClient, **fields: Any) -> str:  # noqa: ANN401 - as httpx takes them
    """Go on from the page of options to the sheet, as a browser without scripts."""
    sent = hidden(client.get(MATCH).text, MATCH) | {"text": BRICKS, "home": "BD"}
    return client.post("/console/referral", data=sent | {"begin": "words"} | fields).text


def test_what_is_ticked_becomes_a_sheet(asker: TestClient, listed: Tools) -> None:
    """In the language chosen, with the office remembered, as a page and as a file."""
    found = picks(ask(asker))
    html = sheet(asker, pick=found[:2])
    assert "A sheet to take home" in html
    assert "HW-" in html
    carried = re.findall(r'<input type="hidden" name="(\w[\w-]*)" value="([^"]*)"', html)
    assert ("text", BRICKS) in carried
    sent = hidden(html, "/console/referral/show") | {
        "pick": found[:2],
        "language": "bn",
        "office": "Office 12\n+8800000000",
    }
    answer = asker.post("/console/referral/pdf", data=sent)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    answer = asker.post("/console/referral/show", data=sent)
    assert 'class="sheet" lang="bn"' in answer.text
    assert "Office 12" in answer.text
    me = listed.store.officer_by_username("asker")
    assert me is not None
    assert me[0].office == ("Office 12", "+8800000000")
    assert (
        "At most four short lines"
        in asker.post("/console/referral/show", data=sent | {"office": "a\nb\nc\nd\ne"}).text
    )


def test_looking_at_a_sheet_writes_nothing(
    office: Office, asker: TestClient, listed: Tools
) -> None:
    """An office that a colleague wrote down is offered; it is one's own once it was sent."""
    colleague = officer_named(listed, office.hire("colleague"))
    listed.store.change_officer(colleague.id, OfficerChange(office=("Counter 3",)))
    asking = officer_named(listed, "asker")
    listed.store.change_officer(asking.id, OfficerChange(office=()))
    found = picks(ask(asker))
    html = sheet(asker, pick=found[:1])
    assert "Counter 3" in html
    assert officer_named(listed, "asker").office == ()
    sent = hidden(html, "/console/referral/show") | {"pick": found[:1], "office": "Counter 3"}
    asker.post("/console/referral/show", data=sent)
    assert officer_named(listed, "asker").office == ("Counter 3",)
    listed.store.change_officer(colleague.id, OfficerChange(office=()))


def test_a_sheet_needs_one_to_three_options(asker: TestClient) -> None:
    """Else the page of options comes back, with nothing lost."""
    html = sheet(asker)
    assert "Tick one to three options first." in html
    assert "asdf qwer" in html
    assert "is no longer open" in sheet(asker, pick=[f"lst_{'0' * 32}"])


@pytest.mark.parametrize(("locale", "words"), [("en", BRICKS), ("bn", "রাজমিস্ত্রির কাজ করেছি ৬ বছর")])
def test_twelve_strokes_lead_from_the_door_to_a_sheet(
    open_page: Callable[..., Page], office: Office, listed: Tools, locale: str, words: str
) -> None:
    """By keyboard alone; what is typed, and each thing gone to and pressed, counts as one."""
    assert listed
    page = open_page(signed_in=False, locale=locale, viewport={"width": 1366, "height": 768})
    done = []

    def reach(selector: str, *, key: str = "", text: str = "") -> None:
        page.wait_for_selector(selector)
        for _ in range(400):
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                break
            page.keyboard.press("Tab")
        assert page.evaluate("s => document.activeElement.matches(s)", selector), selector
        if text:
            page.keyboard.insert_text(text)
        if key:
            page.keyboard.press(key)
        done.append(selector)

    page.goto("/console/sign-in")
    reach("#f-username", text=office.hire(f"first-{locale}"))
    reach("#f-password", text=PASSWORD, key="Enter")
    reach('a[href="/console/match"]', key="Enter")
    reach("#f-text", text=words)
    if not page.input_value("#f-home"):
        reach("#f-home", text="", key="")
        page.keyboard.type("Bangla")
    page.wait_for_selector(".way:first-of-type .option")
    boxes = page.evaluate(
        "[...document.querySelectorAll('.way .option:first-of-type')]"
        ".map(one => one.getBoundingClientRect().bottom)"
    )
    assert len(boxes) == 3
    assert max(boxes) <= 768
    reach('.option input[name="pick"]', key="Space")
    reach('button[formaction="/console/referral"]', key="Enter")
    page.wait_for_url("**/console/referral")
    assert page.locator(".sheet-option").count() == 1
    with page.expect_download() as saved:
        reach('button[formaction="/console/referral/pdf"]', key="Enter")
    assert saved.value.suggested_filename.endswith(".pdf")
    assert len(done) <= 12
    assert_accessible(page)


def test_the_answer_is_accessible_fits_and_is_light(
    open_page: Callable[..., Page], listed: Tools
) -> None:
    """On a phone, with options, a comparison, and a phrase open."""
    assert listed
    page = open_page(locale="en", viewport={"width": 360, "height": 740})
    page.goto(MATCH)
    seen = traffic_of(page)
    page.select_option("#f-home", "BD")
    page.fill("#f-text", BRICKS)
    page.wait_for_selector(".option")
    assert seen.bytes <= 30_000
    page.locator("#chip-3 summary").click()
    page.locator('.option input[name="pick"]').nth(0).check()
    page.locator('.option input[name="pick"]').nth(2).check()
    page.locator('button[value="compare"]').click()
    page.wait_for_selector(".compare")
    assert page.locator("#chip-3").get_attribute("open") is not None
    assert_fits(page)
    assert_accessible(page)


def test_no_text_of_an_answer_stands_outside_the_catalogues(office: Office, listed: Tools) -> None:
    """With options, a comparison, corrections, what is kept out, and the sheet."""
    assert listed
    office.app.state.console.pseudo = True
    office.hire("brackets-match")
    with office.visitor() as client:
        client.cookies.set("homeward-language", PSEUDO)
        sign_in(client, "brackets-match")
        more: dict[str, Any] = {
            "refuses": "tiles\nqwxz",
            "born": "1970",
            "fixed": "asdf qwer",
            "fixed_as": "",
        }
        found = picks(ask(client, **more))
        html = ask(client, "compare", pick=found[:2], **more)
        printed = sheet(client, pick=found[:2])
    office.app.state.console.pseudo = False
    assert 'class="compare"' in html
    assert strays(html) == []
    assert strays(printed) == []
