"""A rulebook for tests: simple refusals, two currencies, no places."""

from datetime import date

from service.domain.corridor import Corridor
from service.domain.person import Profile, Veto
from service.domain.refusal import Refusal
from service.domain.text import skeleton
from service.rules.eligible import Rulebook
from service.rules.places import Places
from service.rules.rates import Rates

TODAY = date(2026, 6, 1)
RATES = Rates({"USD": 1.0, "BDT": 120.0, "SAR": 3.75, "EUR": 0.9}, date(2026, 1, 1), "a test")
NOWHERE = Places({})


def refusal(veto: Veto) -> Refusal:
    """Return a veto as its own words and code, without a lexicon."""
    return Refusal(
        stated=veto.text or veto.isco08 or "",
        isco08=frozenset({veto.isco08} if veto.isco08 else ()),
        words=frozenset({skeleton(veto.text)} - {""} if veto.text else ()),
    )


def book_of(profile: Profile, *corridors: Corridor) -> Rulebook:
    """Return a rulebook of 1 June 2026."""
    return Rulebook(
        profile=profile,
        today=TODAY,
        rates=RATES,
        places=NOWHERE,
        corridors=corridors,
        refusals={veto: refusal(veto) for veto in profile.preferences.vetoes},
        home=NOWHERE.of_person(profile),
    )
