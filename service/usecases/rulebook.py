"""Gather what the hard rules for one person rest on: the day, corridors, rates, vetoes read."""

from service.domain.person import Profile
from service.ports import Tools
from service.rules.calendar import today_in
from service.rules.eligible import Rulebook


def rulebook(tools: Tools, profile: Profile) -> Rulebook:
    """Return the rules' ground for a person, as of now."""
    origin = profile.home_country
    today = today_in(origin, tools.clock.now())
    stored = tools.store.corridors_from(origin) if origin else []
    return Rulebook(
        profile=profile,
        today=today,
        rates=tools.rates,
        places=tools.places,
        corridors=tuple(one.content for one in stored if one.content.holds_on(today)),
        refusals={
            veto: tools.refusals.refusal(veto) for veto in dict.fromkeys(profile.preferences.vetoes)
        },
        home=tools.places.of_person(profile),
    )
