"""Gather what the hard rules for one person rest on: the day, corridors, rates, vetoes read."""

from collections.abc import Mapping, Sequence

from service.domain.corridor import StoredCorridor
from service.domain.person import Profile
from service.ports import Tools
from service.rules.calendar import today_in
from service.rules.eligible import Rulebook

Recorded = Mapping[str, Sequence[StoredCorridor]]
"""The corridors that matter to an answer about many people, by origin, read once."""


def rulebook(
    tools: Tools,
    profile: Profile,
    recorded: Recorded | None = None,
    *,
    viewer: str | None,
) -> Rulebook:
    """Return the rules' ground for a person, as of now.

    recorded: used in place of the store. viewer: the organisation that looks; None sees only what
    is public.
    """
    origin = profile.home_country
    today = today_in(origin, tools.clock.now())
    stored: Sequence[StoredCorridor] = ()
    if origin is not None:
        read = tools.store.corridors_from
        stored = read(origin) if recorded is None else recorded.get(origin, ())
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
        viewer=viewer,
    )
