"""Registering a person, changing a record, and settling whether two are one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from markupsafe import Markup

from service.console import people_words as w
from service.console.choices import SENDING, countries, country_name, currencies
from service.console.desk import Desk
from service.console.drafts import keep
from service.console.forms import Form
from service.console.languages import N_
from service.console.people import Changing, Reading, Writer, own_person
from service.console.people_facts import Fact, facts
from service.console.people_form import (
    LEAST_ROWS,
    Entered,
    entered,
    filled,
    may_see_category,
    organisations,
)
from service.domain.audit import Action
from service.domain.errors import InvalidInputError, PreconditionFailedError
from service.domain.match import Phrase
from service.domain.person import Contact, Profile, StoredPerson
from service.domain.records import Put
from service.usecases.find_people import possibly_the_same
from service.usecases.keep_drafts import save_draft
from service.usecases.register_person import register_person
from service.usecases.understand import understand
from service.web.audit import Accessing, Shown

router = APIRouter(prefix="/console", include_in_schema=False)

_NEW: Final = "/console/people/new"
_INVALID: Final = 422
_CHANGED: Final = 412
_COUNTRIES: Final = ("country", "not_country")
_LEAST_COUNTRIES: Final = 3
_ANOTHER: Final = "new"
_GROUPS: Final = (
    ("veto", "veto_market", "veto_code"),
    ("language", "level"),
    ("document", "document_status", "certificate"),
)
_ALWAYS_SENT: Final = frozenset({"veto_market", "document_status"})
"""What says something in an empty row too."""
_ADDED_TO: Final = ("route", *_COUNTRIES)
"""Lists without rows of their own."""
_NEWEST: Final = ("matching", "share", "until")
"""What holds as it was said last, empty or not."""
_SAVED: Final = N_("The record is saved.")

Creating = Annotated[Shown, Depends(Accessing(Action.RETURNEE_CREATE, at_once=True))]


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of two records side by side."""

    label: str
    stored: Markup
    typed: Markup
    differs: bool


@router.get("/people/new")
def begin(desk: Writer) -> Response:
    """Show the form of somebody new, or what was typed into it."""
    return _page(desk, desk.form("person-new"), None)


def _page(desk: Desk, form: Form, person: StoredPerson | None, status: int = 200) -> Response:
    rows = {
        group[0]: max(
            LEAST_ROWS,
            *(_filled(form.all(name)) + 1 for name in group if name not in _ALWAYS_SENT),
        )
        for group in _GROUPS
    }
    rows |= {name: max(_LEAST_COUNTRIES, _filled(form.all(name)) + 1) for name in _COUNTRIES}
    return desk.page(
        "people/form.html",
        status,
        form=form,
        person=person,
        rows=rows,
        options=_options(desk, form),
        organisations=organisations(desk),
        countries=_choices(desk, form),
        with_category=may_see_category(desk),
        phrases=_phrases(desk, form) if "understood" in desk.request.query_params else None,
    )


def _filled(values: Sequence[str]) -> int:
    """Return how many rows are drawn for what is there: one chosen last may stand behind gaps."""
    return max((at + 1 for at, one in enumerate(values) if one), default=0)


def _options(desk: Desk, form: Form) -> dict[str, object]:
    """Return what can be chosen, in words."""
    mappings: dict[str, Mapping[Any, str]] = {
        "markets": w.MARKETS,
        "statuses": w.STATUSES,
        "levels": w.LEVELS,
        "routes": w.ROUTES,
        "periods": w.PERIODS,
        "categories": w.CATEGORIES,
    }
    found: dict[str, object] = {
        name: [(str(value), desk.text(words)) for value, words in one.items()]
        for name, one in mappings.items()
    }
    stored = {*form.all("language")} - {"", *w.LANGUAGES}
    tongues = (*w.LANGUAGES, *sorted(stored))
    found["languages"] = [(code, desk.formats.language_name(code)) for code in tongues]
    found["currencies"] = currencies(desk.language)
    return found


def _choices(desk: Desk, form: Form) -> dict[str, Sequence[tuple[str, str]]]:
    stored = {*form.all("country"), *form.all("not_country")} - {"", *w.DESTINATIONS}
    return {
        "home": countries(desk.language, SENDING),
        "abroad": [(x, country_name(desk.language, x)) for x in (*w.DESTINATIONS, *sorted(stored))],
    }


def _phrases(desk: Desk, form: Form) -> list[Phrase]:
    profile = Profile(text=form.text("text"), home_country=form.text("home") or None)
    if not profile.text:
        return []
    try:
        return list(understand(desk.tools, profile).understanding.phrases)
    except InvalidInputError:
        return []


@router.post("/people/understood")
def preview(desk: Writer) -> Response:
    """Show what the words typed so far are taken to mean; nothing is stored but the draft."""
    form = desk.form("")
    if "hx-request" in desk.request.headers:
        return desk.page("people/understood.html", phrases=_phrases(desk, form))
    keep(desk)
    return desk.redirect(f"{desk.field('_page')}?understood=1#understood")


@router.post("/people/new")
def take_new(desk: Writer, shown: Creating) -> Response:
    """Register somebody; who seems to be known already is shown first, and the officer decides."""
    form = desk.form("person-new")
    said = entered(desk, form)
    if not form.ok:
        keep(desk)
        return _page(desk, form, None, _INVALID)
    mine, decision = desk.me.organisation_id, form.value("decision")
    alike = possibly_the_same(desk.tools, mine, said.contact.phone)
    known = next((one for one in alike if one.id == decision), None)
    if alike and known is None and decision != _ANOTHER:
        _showing(alike, shown)
        return _compare(desk, form, said, alike, None)
    if known is not None:
        return _same(desk, form, known, shown)
    return desk.once(form, lambda: _saved(desk, said, None, shown), N_("The person is registered."))


def _same(desk: Desk, form: Form, known: StoredPerson, shown: Shown) -> Response:
    """Bring a record up to date with what was typed; what is too much together is shown first."""
    page = f"/console/people/{known.id}/change"
    merged = Form(f"person:{known.id}", page, about=known.id)
    merged.values = merged_values(filled(desk, known), form.values)
    said = entered(desk, merged, known)
    if merged.ok:
        shown.action = Action.RETURNEE_CHANGE
        return desk.once(form, lambda: _saved(desk, said, known, shown), _SAVED)
    # Nothing is written yet: the record is open, with all that is to stand in it.
    shown.action = Action.RETURNEE_READ
    shown.of(known.id)
    save_draft(desk.tools, desk.me, merged.name, merged.values, known.id)
    desk.tools.store.forget_drafts(desk.me.id, [form.name])
    return _page(desk, merged, known, _INVALID)


def _saved(desk: Desk, said: Entered, known: StoredPerson | None, shown: Shown) -> str:
    put = Put(
        organisation_id=desk.me.organisation_id,
        record_id=None if known is None else known.id,
        content=said.profile,
        if_version=None if known is None else known.version,
    )
    record = register_person(desk.tools, put, said.contact).record
    shown.of(record.id)
    return f"/console/people/{record.id}"


def _showing(alike: Sequence[StoredPerson], shown: Shown) -> None:
    shown.action = Action.RETURNEE_LIST
    shown.of(*(one.id for one in alike))


def _compare(
    desk: Desk,
    form: Form,
    said: Entered,
    alike: tuple[StoredPerson, ...],
    person: StoredPerson | None,
) -> Response:
    """Show who is reached by the same telephone. person: whose record it is that is changed."""
    # Nothing is stored yet but what was typed.
    keep(desk)
    compared = [(one, _differences(desk, one, said)) for one in alike]
    return desk.page("people/alike.html", form=form, compared=compared, person=person)


def _differences(desk: Desk, person: StoredPerson, said: Entered) -> list[Difference]:
    stored = {one.key: one for one in _with_consent(desk, person.profile, person.contact)}
    typed = {one.key: one for one in _with_consent(desk, said.profile, said.contact)}
    lines = []
    for key in dict.fromkeys([*stored, *typed]):
        before, now = stored.get(key), typed.get(key)
        # They are here because it is the same telephone, however it is written.
        differs = now is not None and key != "phone" and (before is None or before != now)
        label = (before or typed[key]).label
        stands = Markup() if before is None else before.value
        said_now = Markup() if now is None else now.value
        lines.append(Difference(label, stands, said_now, differs))
    return lines


def _with_consent(desk: Desk, profile: Profile, contact: Contact) -> list[Fact]:
    agreed = Markup("{}").format(desk.text(N_("Yes") if profile.consent.matching else N_("No")))
    if profile.consent.until is not None:
        agreed += Markup(" · {}").format(desk.formats.date(profile.consent.until))
    return [Fact("consent", desk.text(N_("Agreement")), agreed), *facts(desk, profile, contact)]


def merged_values(
    stored: dict[str, list[str]], typed: dict[str, list[str]]
) -> dict[str, list[str]]:
    """Return a record's fields with what was typed: said anew, added to lists, never emptied.

    What the person agreed to holds as it was said last.
    """
    merged = dict(stored)
    rows = {name for group in _GROUPS for name in group}
    merged |= {
        name: values
        for name, values in typed.items()
        if name not in rows and any(one.strip() for one in values)
    }
    for name in _ADDED_TO:
        both = [*stored.get(name, []), *typed.get(name, [])]
        merged[name] = list(dict.fromkeys(one for one in both if one))
    merged |= {name: typed.get(name, []) for name in _NEWEST}
    before, now = (stored.get("text") or [""])[0].strip(), (typed.get("text") or [""])[0].strip()
    merged["text"] = [before if now in before else now if before in now else f"{before}\n{now}"]
    for group in _GROUPS:
        known = {one.strip().casefold() for one in stored.get(group[0], [])}
        for at, words in enumerate(typed.get(group[0], [])):
            if words.strip() and words.strip().casefold() not in known:
                for name in group:
                    column = typed.get(name, [])
                    merged[name] = [*merged.get(name, []), column[at] if at < len(column) else ""]
    return merged


@router.get("/people/{person_id}/change")
def open_record(person_id: str, desk: Writer, shown: Reading) -> Response:
    """Show a record in the form, or what was typed into it."""
    person = own_person(desk, person_id)
    shown.of(person.id)
    form = desk.form(f"person:{person.id}", about=person.id)
    if form.draft is None:
        form.values = filled(desk, person)
    return _page(desk, form, person)


@router.post("/people/{person_id}/change")
def take_change(person_id: str, desk: Writer, shown: Changing) -> Response:
    """Change a record, unless somebody else has changed it since it was opened."""
    person = own_person(desk, person_id)
    shown.of(person.id)
    form = desk.form(f"person:{person.id}", about=person.id)
    said = entered(desk, form, person)
    if not form.ok:
        keep(desk)
        return _page(desk, form, person, _INVALID)
    phone = said.contact.phone
    alike = possibly_the_same(desk.tools, person.organisation_id, phone, but=person.id)
    if alike and phone != person.contact.phone and form.value("decision") != _ANOTHER:
        _showing(alike, shown)
        return _compare(desk, form, said, alike, person)
    version = form.text("version")

    def act() -> str:
        put = Put(
            organisation_id=person.organisation_id,
            record_id=person.id,
            content=said.profile,
            if_version=int(version) if version.isdecimal() else person.version,
        )
        register_person(desk.tools, put, said.contact)
        return f"/console/people/{person.id}"

    try:
        return desk.once(form, act, _SAVED)
    except PreconditionFailedError:
        words = N_(
            "Somebody changed this record while you typed. Compare it with yours below; "
            "saving again writes yours."
        )
        form.refuse("", desk.text(words))
        form.values["version"] = [str(person.version)]
        return _page(desk, form, person, _CHANGED)
