"""The match page: words in, options out, corrected, narrowed, compared, printed."""

import re
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from service.domain.person import Consent, Profile
from service.domain.records import Put
from service.ports import Tools
from service.settings import bundled
from service.usecases.load_sample import sample_listings
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.put_listings import put_listings
from service.usecases.register_person import register_person
from tests.console.support import Office, hidden, sign_in

MATCH = "/console/match"
BRICKS = "I laid bricks and blocks in Kuwait for six years, plaster, asdf qwer"
WANTED = re.compile(r"mason|bricklay|weld|plaster|tile|free visa", re.IGNORECASE)


@pytest.fixture(scope="module")
def listed(console_tools: Tools) -> Tools:
    """The console's tools with the sample's building work."""
    today = console_tools.clock.today()
    puts = [
        Put(
            organisation_id=FIRST_ORGANISATION, source="match", external_id=name, content=content
        )
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


def ask(client: TestClient, do: str = "find", live: bool = True, **fields: object) -> str:  # noqa: FBT001, FBT002
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
    again = asker.post("/console/language", data=hidden(html, MATCH) | {
        "text": BRICKS, "home": "BD", "_language": "bn"})
    assert str(again.url).endswith(MATCH)
    assert 'class="option"' in again.text
    asker.post("/console/language", data=hidden(again.text, MATCH) | {"_language": "en"})


def test_a_phrase_is_left_out_put_right_and_taken_back(asker: TestClient) -> None:
    """Filters and words stay as they are."""
    phrase = {"phrase-3": "asdf qwer", "country": "BD"}
    html = ask(asker, "drop:3", **phrase)
    assert "Left out by you" in html
    assert re.search(r'name="country" value="BD" checked', html)
    html = ask(asker, "fix:3", **phrase, **{"as-3": "welder"})
    assert "Put right by you" in html
    kept = {"fixed": "asdf qwer", "fixed_as": "welder"}
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


def test_a_stored_person_needs_to_have_agreed(asker: TestClient, listed: Tools) -> None:
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
    assert asker.get(f"/console/people/{made[1]}/match").status_code == 403
    assert asker.get(f"/console/people/ret_{'0' * 32}/match").status_code == 404


def test_dbg(open_page: Callable[..., Page], listed: Tools) -> None:
    page = open_page(locale="en", viewport={"width": 1366, "height": 768})
    page.on("response", lambda r: print(r.request.method, r.url, r.status, len(r.body()) if r.status < 300 else ""))
    page.on("request", lambda r: print("->", r.method, r.url, (r.post_data or "")[-300:]))
    page.goto(MATCH)
    page.fill("#f-text", BRICKS)
    page.wait_for_selector(".option")
    for i in range(2):
        page.locator(".option .tick input").nth(i * 5).check()
    page.locator("button[value=compare]").click()
    page.wait_for_timeout(2500)
    print(page.url, page.locator(".compare").count())
    assert 0
