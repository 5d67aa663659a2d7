"""Gather what the hard rules for one person rest on: the day, corridors, rates, vetoes read."""

from service.domain.corridor import StoredCorridor
from service.domain.person import Profile
from service.ports import Tools
from service.rules.calendar import today_in
from service.rules.eligible import Rulebook

Recorded = dict[str, list[StoredCorridor]]
"""Corridors by origin, as they were read within one answer about many people."""


def rulebook(tools: Tools, profile: Profile, recorded: Recorded | None = None) -> Rulebook:
    """Return the rules' ground for a person, as of now. recorded: is filled and used again."""
    origin = profile.home_country
    today = today_in(origin, tools.clock.now())
    known = {} if recorded is None else recorded
    if origin is not None and origin not in known:
        known[origin] = tools.store.corridors_from(origin)
    stored = known[origin] if origin is not None else []
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
