"""A match question as a form holds it: whose, in which words, narrowed and corrected how."""

import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from service.console.choices import CURRENCIES
from service.console.forms import Form, number
from service.domain.listing import LanguageSkill, WagePeriod
from service.domain.match import Tier
from service.domain.person import (
    Experience,
    Market,
    MinWage,
    Preferences,
    Profile,
    Route,
    StoredPerson,
    Veto,
)
from service.domain.request import Filters, MatchRequest
from service.usecases.correct_match import Correction

LANGUAGES: Final = ("en", "ar", "hi", "bn", "ur", "ne", "ms", "ko", "ja", "it", "de", "zh")
"""What people who worked abroad most often speak a little of."""
LEVELS: Final = ("A1", "A2", "B1", "C1")
MOST_PICKED: Final = 3
SHOWN: Final = 5
FOUND: Final = 20
"""Options of a route that are looked at for an answer, and counted for the filters."""
_DEEP: Final = 60
_LONGEST: Final = 20_000
_NUMBERS: Final = {"years": 80.0, "wage": 1e12, "distance": 20_040.0, "born": 2100.0}
_EARLIEST: Final = 1900
_VETOES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the officer wants to see of the answer; every field a set of what is ticked."""

    routes: frozenset[Route] = frozenset()
    countries: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    tiers: frozenset[Tier] = frozenset()
    only: frozenset[str] = frozenset()
    """Some of "licensed", "no_fee", "pay"."""

    @property
    def any(self) -> bool:
        """Whether anything is hidden."""
        return bool(self.routes or self.countries or self.sectors or self.tiers or self.only)

    @property
    def after(self) -> bool:
        """Whether some of it is known only once a listing has been held against the person."""
        return bool(self.tiers or self.only & {"no_fee", "pay"})

    def filters(self) -> Filters:
        """Return what narrows the search itself."""
        return Filters(
            countries=tuple(sorted(self.countries)),
            sectors=tuple(sorted(self.sectors)),
            licensed_recruiter_only="licensed" in self.only,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that an answer rests on. person: None for words that are stored nowhere.

    viewer: the organisation that looks; None sees only what is public.
    """

    profile: Profile
    chosen: Chosen
    corrections: tuple[Correction, ...]
    picks: tuple[str, ...]
    person: StoredPerson | None = None
    viewer: str | None = None
    compare: bool = False
    all_shown: bool = False

    def request(self, chosen: Chosen | None = None) -> MatchRequest:
        """Return it as a match request. chosen: in place of its own."""
        by = self.chosen if chosen is None else chosen
        routes = tuple(one for one in Route if one in by.routes)
        limit = _DEEP if by.after else FOUND
        return MatchRequest(
            profile=self.profile,
            routes=routes,
            filters=by.filters(),
            limit=limit,
            viewer=self.viewer,
        )


def clean(text: str) -> str:
    """Return what was typed without signs that are no letters and turn lines round."""
    return "".join(
        one
        for one in text
        if one in "\n\t"
        or (unicodedata.category(one) not in {"Cc", "Cs"} and one not in "\u202d\u202e")
    ).strip()


def question_of(form: Form, viewer: str | None, person: StoredPerson | None = None) -> Question:
    """Read a form; `form.errors` names the fields that cannot be read: "long", "number", "many"."""
    profile = person.profile if person is not None else _profile(form)
    return Question(
        profile=profile,
        person=person,
        viewer=viewer,
        chosen=_chosen(form),
        corrections=tuple(
            Correction(phrase, clean(instead))
            for phrase, instead in zip(form.all("fixed"), form.all("fixed_as"), strict=False)
            if phrase
        ),
        picks=tuple(dict.fromkeys(one for one in form.all("pick") if one)),
        compare=form.value("view") == "compare",
        all_shown=form.value("more") == "yes",
    )


def _profile(form: Form) -> Profile:
    text = clean(form.text("text"))
    if len(text) > _LONGEST:
        form.refuse("text", "long")
    numbers = {name: _number(form, name, most) for name, most in _NUMBERS.items()}
    born, years = numbers["born"], numbers["years"]
    if born is not None and (born < _EARLIEST or born != int(born)):
        form.refuse("born", "number")
        born = None
    wage, currency = numbers["wage"], form.value("currency")
    floor = None
    if wage is not None and currency in CURRENCIES:
        floor = MinWage(wage, currency, WagePeriod.MONTH)
    return Profile(
        text=text,
        home_country=form.value("home") or None,
        region=clean(form.text("region")) or None,
        experiences=(Experience(years=years),) if years is not None else (),
        languages=tuple(
            LanguageSkill(code, level)
            for code in LANGUAGES
            if (level := form.value(f"speaks-{code}")) in LEVELS
        ),
        birth_year=None if born is None else int(born),
        preferences=Preferences(
            max_distance_km=numbers["distance"] or None,
            min_wage=floor,
            vetoes=_vetoes(form),
        ),
    )


def _number(form: Form, name: str, most: float) -> float | None:
    try:
        found = number(form.text(name))
    except ValueError:
        found = -1.0
    if found is not None and not 0 <= found <= most:
        form.refuse(name, "number")
        return None
    return found


def _vetoes(form: Form) -> tuple[Veto, ...]:
    lines = [clean(one) for one in form.text("refuses").splitlines()]
    stated = [one[:300] for one in lines if any(letter.isalnum() for letter in one)]
    if len(stated) > _VETOES:
        form.refuse("refuses", "many")
    return tuple(Veto(text=one, market=Market.ALL) for one in stated[:_VETOES])


def _chosen(form: Form) -> Chosen:
    return Chosen(
        routes=frozenset(one for one in Route if one.value in form.all("route")),
        countries=frozenset(one for one in form.all("country") if len(one) == 2 and one.isalpha()),  # noqa: PLR2004 - letters of a code
        sectors=frozenset(one for one in form.all("sector") if one),
        tiers=frozenset(one for one in Tier if one.value in form.all("tier")),
        only=frozenset({"licensed", "no_fee", "pay"} & set(form.all("only"))),
    )


def acted(form: Form, action: str) -> None:
    """Change a form as a button of it asks: mend or drop a phrase, take a choice back."""
    what, _, which = action.partition(":")
    if what in {"drop", "fix", "pick"}:
        _fix(form, what, which)
    elif what == "undo" and which.isdigit():
        for name in ("fixed", "fixed_as"):
            form.values[name] = [one for at, one in enumerate(form.all(name)) if at != int(which)]
    elif what == "compare":
        form.values["view"] = ["compare"]
    elif what == "back":
        form.values.pop("view", None)
    elif what == "more":
        form.values["more"] = ["yes"]
    elif what == "clear":
        for name in ("route", "country", "sector", "tier", "only"):
            form.values.pop(name, None)
    for name in [one for one in form.values if one.startswith(("as-", "near-", "phrase-"))]:
        form.values.pop(name)


def _fix(form: Form, what: str, which: str) -> None:
    phrase = form.value(f"phrase-{which}")
    instead = clean(form.text(f"as-{which}" if what == "fix" else f"near-{which}"))[:300]
    if not phrase or (what != "drop" and not instead):
        return
    fixed, put = list(form.all("fixed")), list(form.all("fixed_as"))
    instead = "" if what == "drop" else instead
    if phrase in put:
        # What had been put in place of a phrase is put right itself.
        put[put.index(phrase)] = instead
    else:
        fixed.append(phrase)
        put.append(instead)
    form.values["fixed"], form.values["fixed_as"] = fixed, put


def without_group(chosen: Chosen, group: str) -> Chosen:
    """Return what is chosen but for one group of filters."""
    return replace(chosen, **{group: frozenset()})
