"""Options that age adds beside an answer: retraining, or work that uses long experience."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from service.domain.eligibility import Eligibility
from service.domain.listing import Listing
from service.domain.match import AgeRule
from service.domain.person import Route
from service.domain.pool import Ask, PoolQuery
from service.domain.records import SavedUnderstanding
from service.matching.features import STANDINGS
from service.ports import Tools
from service.rules.age import age_rule
from service.rules.eligible import RouteRules, Rulebook
from service.skills.gaps import recognises
from service.skills.responsibility import uses_experience

MOST_OPTIONS: Final = 5
_POOL: Final = 30
_LEADING, _TEACHING = STANDINGS[0], STANDINGS[2]

TEXTS: Final = {
    AgeRule.RETRAINING: (
        "Below the age of {age} retraining is offered beside jobs: see the training route"
        "{beside}. Nothing was left out or moved because of age."
    ),
    AgeRule.EXPERIENCE: (
        "From the age of {age} on, options that use experience are added: leading, instructing, "
        "and having long practice assessed. Nothing was left out or moved because of age."
    ),
}


def rule_of(tools: Tools, book: Rulebook) -> AgeRule | None:
    """Return what age adds for this person."""
    return age_rule(book.profile.birth_year, book.today, tools.guidance)


def asks_for(
    rule: AgeRule | None, rules: Mapping[Route, RouteRules], training: Eligibility
) -> tuple[Ask, ...]:
    """Return the pools that the added options come from; none where nothing is added.

    training: the training route's rules, whether or not that route was asked for.
    """
    if rule is None:
        return ()
    if rule is AgeRule.RETRAINING:
        return () if Route.TRAINING in rules else (Ask(training, _POOL),)
    jobs = [one.allowed for route, one in rules.items() if route is not Route.TRAINING]
    return (*(Ask(allowed, _POOL) for allowed in jobs), Ask(training, _POOL))


def query_for(tools: Tools, read: SavedUnderstanding, asks: tuple[Ask, ...]) -> PoolQuery:
    """Return a search for the person's work one step up: leading it, teaching it."""
    steps = tools.listing_encoder.encode([_LEADING, _TEACHING])
    raised = read.vectors[0] + steps
    raised /= np.linalg.norm(raised, axis=1, keepdims=True)
    vectors = np.vstack([read.vectors[:1], raised]).astype(np.float32)
    return PoolQuery(vectors=vectors, words=read.work_text, asks=asks)


def fits(rule: AgeRule, listing: Listing) -> bool:
    """Tell whether an option is of the sort a rule adds."""
    if rule is AgeRule.RETRAINING:
        return True
    outcomes = " ".join((listing.title, *listing.outcomes))
    return recognises(listing) or uses_experience(outcomes)
