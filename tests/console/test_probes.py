"""What somebody stores to be run by another's browser comes out as text, wherever it is shown."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import ConsoleMessage, Dialog, Page

from service.domain.listing import Kind, LanguageSkill, Listing, WagePeriod
from service.domain.officer import OfficerChange, Role
from service.domain.outcome import Outcome, OutcomeKind
from service.domain.person import (
    Consent,
    Contact,
    Experience,
    Preferences,
    Profile,
    Skill,
    SkillStatus,
    Veto,
)
from service.domain.records import Put
from service.usecases.keep_drafts import save_draft
from service.usecases.manage_officers import officer_named
from service.usecases.put_listings import put_listing
from service.usecases.record_outcome import record_outcome
from service.usecases.register_person import register_person
from tests.console.support import Office

SCRIPTS = {
    "en": "welded pipes",
    "bn": "পাইপ ঝালাই",
    "hi": "पाइप वेल्डिंग",
    "ur": "پائپ ویلڈنگ",
}
_MARK = "probed-here"
_WAYS = (
    f"<img src={_MARK} onerror=alert(1)>",
    f"\"'><svg onload=alert(1) class={_MARK}></svg>",
    f"</textarea></script><script id={_MARK}>alert(1)</script>",
    f"{{{{7*7}}}}<a href=javascript:alert(1) class={_MARK}>x</a>\u202e",
)
_FOUND = f"""() => document.querySelectorAll(
  '[src*="{_MARK}"], .{_MARK}, #{_MARK}, [href^="javascript:"]').length"""


class _Probes:
    """Texts for fields: what a script says, then one way after the other to break out."""

    def __init__(self, words: str) -> None:
        """Begin with the first way."""
        self._words, self._at = words, 0

    def __call__(self) -> str:
        """Return the next text."""
        self._at += 1
        return f"{self._words} {_WAYS[self._at % len(_WAYS)]}"


@pytest.fixture(scope="module")
def username() -> str:
    """The administrator: every page is open to her."""
    return "boss"


@pytest.fixture(scope="module", params=sorted(SCRIPTS))
def probed(request: pytest.FixtureRequest, office: Office) -> Iterator[tuple[str, list[str]]]:
    """A language, and the pages of a person and a listing whose every text is a probe."""
    text, tools = _Probes(SCRIPTS[request.param]), office.tools
    office.hire(f"prober-{request.param}", Role.OFFICER, text())
    boss = officer_named(tools, "boss")
    tools.store.change_officer(boss.id, OfficerChange(office=(text(), text())))
    organisation = boss.organisation_id
    profile = Profile(
        text=text(),
        home_country="BD",
        region=text(),
        experiences=(Experience(title=text(), description=text(), country="KW", years=3),),
        skills=(Skill(text(), SkillStatus.CERTIFIED, text()), Skill(text())),
        languages=(LanguageSkill("ar"),),
        education=text(),
        preferences=Preferences(vetoes=(Veto(text=text()),)),
        consent=Consent(matching=True),
    )
    contact = Contact(text()[:100], "+880 1712 555444")
    person = register_person(tools, Put(organisation_id=organisation, content=profile), contact)
    job = Listing(
        kind=Kind.JOB,
        title=text(),
        description=text(),
        employer=text(),
        country="BD",
        region=text(),
        skills=(text(), text()),
        certificates=(text(),),
        sectors=(text(),),
        visa_class=text(),
        wage_min=20_000,
        wage_currency="BDT",
        wage_period=WagePeriod.MONTH,
    )
    course = replace(
        job, kind=Kind.TRAINING, outcomes=(text(),), provider=text(), certification=text()
    )
    records = [
        put_listing(
            tools,
            Put(organisation_id=organisation, source=text(), external_id=text(), content=content),
        ).record
        for content in (job, course)
    ]
    reason = Outcome(
        returnee_id=person.record.id,
        listing_id=records[0].id,
        kind=OutcomeKind.REFERRED,
        note=text(),
    )
    record_outcome(tools, organisation, reason)
    typed = {"text": [text()], "home": ["BD"]}
    for form, fields in (("match", typed), ("person-new", {"text": [text()], "name": [text()]})):
        save_draft(tools, boss, form, fields)
    own, listings = f"/console/people/{person.record.id}", "/console/listings"
    pages = ["/console/", "/console/match", "/console/account", "/console/officers", listings]
    pages += ["/console/people", "/console/people/new", "/console/people?q=" + SCRIPTS["bn"]]
    pages += [own, f"{own}/change", f"{own}/erase", f"{own}/match"]
    pages += [f"{listings}/{one.id}{way}" for one in records for way in ("", "/edit", "/people")]
    yield request.param, pages
    tools.store.delete_person(person.record, if_version=None)


def test_no_probe_becomes_a_part_of_a_page(
    open_page: Callable[..., Page], probed: tuple[str, list[str]]
) -> None:
    """Not one element, no dialog, no script that the policy had to stop."""
    language, pages = probed
    page = open_page(locale=language)
    said: list[str] = []

    def asked(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    def logged(line: ConsoleMessage) -> None:
        if line.type == "error":
            said.append(line.text)

    page.on("dialog", asked)
    page.on("console", logged)
    shown = 0
    for path in pages:
        page.goto(path, wait_until="load")
        if path.endswith("/match"):
            page.wait_for_selector(".way, .ask-back, .summary, .notice, .hint")
        assert page.evaluate(_FOUND) == 0, path
        assert not said, (path, said)
        shown += _MARK in (page.locator("body").inner_text() + page.content())
    # Nearly everywhere something of it is to be read: these pages do show what is stored.
    assert shown >= len(pages) - 4
