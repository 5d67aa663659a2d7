"""A person's record in words: what stands in it, what they agreed to, who looked at it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup

from service.console import people_words as w
from service.console.desk import Desk
from service.console.languages import N_
from service.console.people_form import may_see_category, veto_words
from service.domain.person import Contact, Profile, StoredPerson
from service.ports import Tools
from service.rules.calendar import today_in
from service.usecases.read_log import last_who_looked

_LOOKED: Final = 100
_LINES: Final = 15
_CUT: Final = 140
_SOON_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a record. value: HTML, with everything that is data escaped and isolated."""

    key: str
    label: str
    value: Markup


@dataclass(frozen=True, slots=True)
class ConsentState:
    """What somebody agreed to today. state: none, ended, open or until; days: that are left."""

    state: str
    days: int = 0

    @property
    def soon(self) -> bool:
        """Whether it ends within a month."""
        return self.state == "until" and self.days <= _SOON_DAYS


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person in a list."""

    person: StoredPerson
    words: str
    consent: ConsentState


@dataclass(frozen=True, slots=True)
class Looked:
    """Who did what with a record, and when. refused: whether it was not let."""

    who: str | None
    did: str
    at: datetime
    refused: bool

    def repeats(self, later: "Looked") -> bool:
        """Whether it says no more than a later line: the same of the same day."""
        said = (self.who, self.did, self.refused, self.at.date())
        return said == (later.who, later.did, later.refused, later.at.date())


def consent_of(tools: Tools, person: StoredPerson) -> ConsentState:
    """Return how a person's agreement stands where they live."""
    consent = person.profile.consent
    if not consent.matching:
        return ConsentState("none")
    if consent.until is None:
        return ConsentState("open")
    left = (consent.until - today_in(person.profile.home_country, tools.clock.now())).days
    return ConsentState("ended") if left < 0 else ConsentState("until", left)


def people_lines(desk: Desk, people: Iterable[StoredPerson]) -> list[PersonLine]:
    """Return people as a list shows them: as little as tells them apart."""
    return [PersonLine(x, _short(x.profile), consent_of(desk.tools, x)) for x in people]


def _short(profile: Profile) -> str:
    text = profile.text or ", ".join(x.text for x in profile.skills)
    text = text or ", ".join(x.title or "" for x in profile.experiences)
    return text if len(text) <= _CUT else f"{text[:_CUT].rsplit(' ', 1)[0]} …"


def facts(desk: Desk, profile: Profile, contact: Contact) -> list[Fact]:
    """Return what stands in a record, in the order of the form, without what is empty."""
    say, fmt, wishes = desk.text, desk.formats, profile.preferences
    wage, nowhere = wishes.min_wage, Markup()
    pay = nowhere
    if wage:
        amount = fmt.money(wage.amount, wage.currency)
        pay = Markup("{} {}").format(amount, say(w.PERIODS[wage.period]))
    found = [
        Fact("name", say(N_("Name")), fmt.foreign(contact.name)),
        Fact("phone", say(N_("Telephone")), _ltr(contact.phone)),
        Fact("home", say(N_("Home country")), fmt.country(profile.home_country)),
        Fact("region", say(N_("District, town or village")), fmt.foreign(profile.region)),
        Fact("text", say(N_("What they can do")), fmt.lines(profile.text)),
        Fact("experience", say(N_("Where they have worked")), _experiences(desk, profile)),
        Fact("documents", say(N_("Skills and papers")), _skills(desk, profile)),
        Fact("languages", say(N_("Languages")), _languages(desk, profile)),
        Fact("vetoes", say(N_("Work they will not do")), _vetoes(desk, profile)),
        Fact(
            "routes", say(N_("What they look for")), _list(say(w.ROUTES[x]) for x in wishes.routes)
        ),
        Fact(
            "countries", say(N_("Countries they would go to")), _countries(desk, wishes.countries)
        ),
        Fact(
            "not",
            say(N_("Countries they will not go to")),
            _countries(desk, wishes.exclude_countries),
        ),
        Fact("pay", say(N_("The least pay they would work for")), pay),
        Fact(
            "distance",
            say(N_("How far from home, in kilometres")),
            _number(desk, wishes.max_distance_km),
        ),
        Fact(
            "remigration", say(N_("Wants to go abroad again")), _yes_no(desk, profile.remigration)
        ),
        Fact("visa", say(N_("Visa they hold ends on")), fmt.date(profile.visa_expires)),
        Fact("education", say(N_("Education")), fmt.foreign(profile.education)),
        Fact("born", say(N_("Year of birth")), _plain(desk, profile.birth_year)),
        Fact("gender", say(N_("Gender, in their own words")), fmt.foreign(profile.gender)),
    ]
    if may_see_category(desk) and profile.return_category:
        words = Markup("{}").format(say(w.CATEGORIES[profile.return_category]))
        found.append(Fact("category", say(N_("How they came back")), words))
    return [one for one in found if one.value]


def _ltr(text: str | None) -> Markup:
    return Markup('<bdi dir="ltr">{}</bdi>').format(text) if text else Markup()


def _list(words: Iterable[str | Markup]) -> Markup:
    items = [Markup("<li>{}</li>").format(one) for one in words]
    return Markup('<ul class="bare">{}</ul>').format(Markup().join(items)) if items else Markup()


def _countries(desk: Desk, codes: tuple[str, ...]) -> Markup:
    return _list(desk.formats.country(one) for one in codes)


def _number(desk: Desk, value: float | None) -> Markup:
    return Markup() if value is None else Markup("{}").format(desk.formats.number(value))


def _plain(desk: Desk, value: int | None) -> Markup:
    return Markup() if value is None else Markup("{}").format(desk.formats.plain(value))


def _yes_no(desk: Desk, value: bool | None) -> Markup:  # noqa: FBT001 - what the record holds
    if value is None:
        return Markup()
    return Markup("{}").format(desk.text(N_("Yes") if value else N_("No")))


def _vetoes(desk: Desk, profile: Profile) -> Markup:
    return _list(
        Markup("{} · {}").format(
            desk.formats.foreign(veto_words(desk.tools, one), None if one.text else "en"),
            desk.text(w.MARKETS[one.market]),
        )
        for one in profile.preferences.vetoes
    )


def _skills(desk: Desk, profile: Profile) -> Markup:
    return _list(
        Markup("{} · {}{}").format(
            desk.formats.foreign(one.text),
            desk.text(w.STATUSES[one.status]),
            Markup(" · {}").format(desk.formats.foreign(one.certificate))
            if one.certificate
            else "",
        )
        for one in profile.skills
    )


def _languages(desk: Desk, profile: Profile) -> Markup:
    return _list(
        Markup("{} · {}").format(
            desk.formats.language_name(one.code), desk.text(w.LEVELS[one.level])
        )
        if one.level is not None and one.level in w.LEVELS
        else desk.formats.language_name(one.code)
        for one in profile.languages
    )


def _experiences(desk: Desk, profile: Profile) -> Markup:
    lines = []
    for one in profile.experiences:
        parts = [desk.formats.foreign(x) for x in (one.title, one.description) if x]
        if one.country:
            parts.append(desk.formats.country(one.country))
        if one.years is not None:
            years = desk.text(N_("%(count)s years")) % {"count": desk.formats.number(one.years)}
            parts.append(Markup("{}").format(years))
        lines.append(Markup(" · ").join(parts))
    return _list(lines)


def who_looked(desk: Desk, person_id: str) -> list[Looked]:
    """Return the last lines of the access log about somebody, in words."""
    tools, mine = desk.tools, desk.me.organisation_id
    lines = last_who_looked(tools, mine, person_id, _LOOKED)
    names = {one.id: one.name for one in tools.store.officers(mine)}
    names |= {one.id: one.name for one in tools.store.keys(mine)}
    houses = {one.id: one.name for one in tools.store.organisations()}
    found: list[Looked] = []
    for line in lines:
        access = line.access
        own = access.organisation_id == mine
        who = names.get(access.key_id) if own else houses.get(access.organisation_id)
        did = w.ACTIONS.get(access.action, w.ANOTHER_ACTION)
        one = Looked(who, did, access.at, access.refused is not None)
        if not (found and one.repeats(found[-1])):
            found.append(one)
    return found[:_LINES]
