"""The form of a person: filled from a record, and read into one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from service.console import people_words as w
from service.console.choices import CURRENCIES
from service.console.desk import Desk
from service.console.forms import Form, number
from service.console.languages import N_
from service.domain.access import Organisation, Scope
from service.domain.listing import LanguageSkill, WagePeriod
from service.domain.person import (
    Consent,
    Contact,
    Market,
    MinWage,
    Preferences,
    Profile,
    ReturnCategory,
    Route,
    Skill,
    SkillStatus,
    StoredPerson,
    Veto,
)
from service.intake.cells import plain_digits
from service.ports import Tools

LEAST_ROWS: Final = 2
_NAME: Final = 300
_EARLIEST: Final = 1900
_LONGEST: Final = 20_000
_FURTHEST: Final = 20_040
_MOST_PAY: Final = 1e12
_LINE: Final = 500
_LONGEST_TAG: Final = 11
_DIGITS: Final = (5, 20)
_TELEPHONE: Final = frozenset("+()-./ ")


@dataclass(frozen=True, slots=True)
class Entered:
    """What a form says of a person."""

    profile: Profile
    contact: Contact


def organisations(desk: Desk) -> list[Organisation]:
    """Return with whom a person may be shared: all but the officer's own."""
    own = desk.me.organisation_id
    return [one for one in desk.tools.store.organisations() if one.id != own]


def may_see_category(desk: Desk) -> bool:
    """Whether the officer may know why somebody came back."""
    return desk.may(Scope.RESTRICTED)


def filled(desk: Desk, person: StoredPerson) -> dict[str, list[str]]:
    """Return a record as the form's fields."""
    profile, contact = person.profile, person.contact
    wishes, wage = profile.preferences, profile.preferences.min_wage
    values = {
        "matching": ["yes"] if profile.consent.matching else [],
        "share": list(profile.consent.share_with),
        "until": [_iso(profile.consent.until)],
        "veto": [veto_words(desk.tools, one) for one in wishes.vetoes],
        "veto_market": [one.market.value for one in wishes.vetoes],
        "veto_code": [one.isco08 or "" for one in wishes.vetoes],
        "text": [profile.text],
        "home": [profile.home_country or ""],
        "region": [profile.region or ""],
        "language": [one.code for one in profile.languages],
        "level": [one.level or "" for one in profile.languages],
        "document": [one.text for one in profile.skills],
        "document_status": [one.status.value for one in profile.skills],
        "certificate": [one.certificate or "" for one in profile.skills],
        "route": [one.value for one in wishes.routes],
        "country": list(wishes.countries),
        "not_country": list(wishes.exclude_countries),
        "pay": [_plain(wage.amount) if wage else ""],
        "currency": [wage.currency if wage else ""],
        "period": [(wage.period if wage else WagePeriod.MONTH).value],
        "known_only": ["yes"] if wage and wage.known_only else [],
        "distance": [_plain(wishes.max_distance_km)],
        "remigration": [{None: "", True: "yes", False: "no"}[profile.remigration]],
        "visa": [_iso(profile.visa_expires)],
        "name": [contact.name or ""],
        "phone": [contact.phone or ""],
        "born": [_plain(profile.birth_year)],
        "gender": [profile.gender or ""],
        "version": [str(person.version)],
    }
    if may_see_category(desk):
        values["category"] = [profile.return_category.value if profile.return_category else ""]
    return values


def veto_words(tools: Tools, veto: Veto) -> str:
    """Return a veto in words: the person's own, or the title of the occupation."""
    return veto.text or tools.taxonomy.title(veto.isco08 or "") or ""


def entered(desk: Desk, form: Form, before: StoredPerson | None = None) -> Entered:
    """Return what the form says; what is wrong stands on it. before: the record it changes."""
    old = Profile() if before is None else before.profile
    text = _line(desk, form, "text", _LONGEST)
    skills = _skills(form)
    if not (text or skills or old.experiences):
        form.refuse("text", desk.text(N_("Write what the person can do, in any language.")))
    profile = replace(
        old,
        text=text,
        home_country=form.text("home") or None,
        region=_line(desk, form, "region") or None,
        skills=skills,
        languages=_languages(form),
        birth_year=_year(desk, form),
        gender=_line(desk, form, "gender") or None,
        preferences=_preferences(desk, form),
        remigration={"yes": True, "no": False}.get(form.text("remigration")),
        visa_expires=_day(desk, form, "visa"),
        consent=_consent(desk, form, old),
    )
    if may_see_category(desk):
        named = form.text("category")
        known = named in set(ReturnCategory)
        profile = replace(profile, return_category=ReturnCategory(named) if known else None)
    return Entered(profile, _contact(desk, form))


def _consent(desk: Desk, form: Form, old: Profile) -> Consent:
    until = _day(desk, form, "until")
    if until is not None and until < desk.tools.clock.today() and until != old.consent.until:
        form.refuse("until", desk.text(N_("This day has passed. Choose a later one.")))
    known = {one.id for one in organisations(desk)}
    matching = form.value("matching") == "yes"
    # Whoever was named before stays named, should that organisation have left meanwhile.
    shared = [x for x in form.all("share") if x in known or x in old.consent.share_with]
    if shared and not matching:
        words = N_("To be shared with others, the person has to agree to the search as well.")
        form.refuse("share", desk.text(words))
    return Consent(matching, tuple(dict.fromkeys(shared)), until)


def _preferences(desk: Desk, form: Form) -> Preferences:
    tools = desk.tools
    vetoes = []
    markets, codes = form.all("veto_market"), form.all("veto_code")
    for at, said in enumerate(form.all("veto")):
        words, code = said.strip()[:_LINE], _at(codes, at)
        if not words:
            continue
        named = _at(markets, at)
        market = Market(named) if named in set(Market) else Market.ALL
        title = tools.taxonomy.title(code) if code else None
        kept = title is not None and title == words
        vetoes.append(Veto(code, None, market) if kept else Veto(None, words, market))
    routes = form.all("route")
    return Preferences(
        routes=tuple(one for one in Route if one.value in routes),
        countries=_countries(form, "country"),
        exclude_countries=_countries(form, "not_country"),
        max_distance_km=_number(desk, form, "distance", _FURTHEST),
        min_wage=_wage(desk, form),
        vetoes=tuple(vetoes),
    )


def _wage(desk: Desk, form: Form) -> MinWage | None:
    amount = _number(desk, form, "pay", _MOST_PAY)
    if amount is None:
        return None
    home = w.CURRENCY_OF.get(form.text("home"), "")
    named = form.text("currency") or home
    if named not in CURRENCIES:
        form.refuse("currency", desk.text(N_("Choose the currency of the pay.")))
        return None
    period = form.text("period")
    paid = WagePeriod(period) if period in set(WagePeriod) else WagePeriod.MONTH
    return MinWage(amount, named, paid, form.value("known_only") == "yes")


def _skills(form: Form) -> tuple[Skill, ...]:
    states, papers = form.all("document_status"), form.all("certificate")
    found = []
    for at, said in enumerate(form.all("document")):
        named = _at(states, at)
        status = SkillStatus(named) if named in set(SkillStatus) else SkillStatus.CLAIMED
        if said.strip():
            found.append(
                Skill(said.strip()[:_LINE], status, _at(papers, at).strip()[:_LINE] or None)
            )
    return tuple(found)


def _languages(form: Form) -> tuple[LanguageSkill, ...]:
    levels = form.all("level")
    found = {
        code: LanguageSkill(code, level if (level := _at(levels, at)) in w.LEVELS else None)
        for at, code in enumerate(form.all("language"))
        if code and len(code) <= _LONGEST_TAG and code.replace("-", "").isalnum()
    }
    return tuple(found.values())


def _contact(desk: Desk, form: Form) -> Contact:
    phone = _line(desk, form, "phone", 50)
    digits = sum(one.isdigit() for one in phone)
    strange = any(not one.isdigit() and one not in _TELEPHONE for one in phone)
    if phone and (strange or not _DIGITS[0] <= digits <= _DIGITS[1]):
        form.refuse("phone", desk.text(N_("Write the number with digits, such as 01712 345678.")))
    return Contact(_line(desk, form, "name", _NAME) or None, phone or None)


def _line(desk: Desk, form: Form, name: str, most: int = _LINE) -> str:
    text = form.text(name)
    if len(text) > most:
        form.refuse(name, desk.text(N_("This is too long. Shorten it.")))
    return text[:most]


def _day(desk: Desk, form: Form, name: str) -> date | None:
    text = plain_digits(form.text(name))
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        form.refuse(name, desk.text(N_("Write the day as year, month and day: 2027-01-31.")))
        return None


def _year(desk: Desk, form: Form) -> int | None:
    text, now = plain_digits(form.text("born")), desk.tools.clock.today().year
    if not text:
        return None
    if not text.isdecimal() or not _EARLIEST <= int(text) <= now:
        form.refuse("born", desk.text(N_("Write the year with four digits, such as 1987.")))
        return None
    return int(text)


def _number(desk: Desk, form: Form, name: str, most: float) -> float | None:
    try:
        found = number(form.text(name))
    except ValueError:
        found = 0
    if found is not None and not 0 < found <= most:
        form.refuse(name, desk.text(N_("Write a number above nought, such as 15000.")))
        return None
    return found


def _countries(form: Form, name: str) -> tuple[str, ...]:
    found = (one for one in form.all(name) if len(one) == 2 and one.isascii() and one.isupper())  # noqa: PLR2004 - ISO 3166-1 alpha-2
    return tuple(dict.fromkeys(found))


def _at(values: Sequence[str], at: int) -> str:
    return values[at] if at < len(values) else ""


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"
