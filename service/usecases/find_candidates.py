"""Rank those who agreed to it for one listing: the forward match, asked from the other side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from service.domain.candidate import Candidate, Candidates, Contactable, PeopleQuery, Seeking
from service.domain.eligibility import Eligibility
from service.domain.errors import ConsentMissingError, InvalidInputError
from service.domain.listing import Kind, StoredListing
from service.domain.match import Match, Notice
from service.domain.person import Route, StoredPerson
from service.domain.pool import Ask, Pool, PoolQuery
from service.domain.records import SavedUnderstanding
from service.domain.request import Filters
from service.matching.features import crowd_features
from service.matching.recognition import weighed
from service.matching.score import Floats, best_rows
from service.ports import Tools
from service.rules.candidacy import route_for, seeking
from service.rules.consent import require_matching
from service.rules.eligible import RouteRules, Rulebook, reasons_against, rules_for
from service.usecases.explain_answer import Chosen, reader_of
from service.usecases.rulebook import Recorded, rulebook
from service.usecases.score_pools import crowd_measured, yardsticks_of

_POOL: Final = 120
_ENOUGH: Final = 0.75
"""Share of a pool from which what the rules took out of it is not made up for."""
_ASSESSMENTS: Final = 60
_RANKED: Final = frozenset({Kind.JOB, Kind.TRAINING, Kind.ENTERPRISE})

_CLOSED: Final = Notice(
    "listing_closed", "Its last day has passed: nobody is shown it any more, and nobody for it."
)
_NOT_SEARCHED: Final = Notice(
    "listing_not_searched", "It has not been read by this model yet; try again in a moment."
)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The listing, at its row in a pool that holds with a training the assessments near it."""

    stored: StoredListing
    pool: Pool
    row: int

    @property
    def requirements(self) -> Floats:
        """Its own, (k, d), the title first."""
        return self.pool.requirements[self.pool.starts[self.row] : self.pool.starts[self.row + 1]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Somebody who may be shown the listing, and what that rests on."""

    person: StoredPerson
    read: SavedUnderstanding
    book: Rulebook
    route: Route
    rules: RouteRules


def find_candidates(
    tools: Tools, listing_id: str, organisation_id: str, limit: int = 10
) -> Candidates:
    """Return the best people for a listing among those whom this organisation may see.

    Theirs are all who agreed to matching; of other organisations those who agreed to be shared
    with this one. Raises NotFoundError, and InvalidInputError for a kind that is not ranked.
    """
    stored = tools.store.listing(listing_id)
    if stored.content.kind not in _RANKED:
        message = f"People are not ranked for a listing of the kind {stored.content.kind.value}."
        raise InvalidInputError(message, code="kind_not_ranked")
    tools.people.follow()
    wanted = _wanted(tools, stored)
    if wanted is None:
        return Candidates(stored, (), tools.encoder.model, (_NOT_SEARCHED,))
    people = _may_be_asked(tools, wanted, organisation_id, max(_POOL, 2 * limit))
    scores = _scores(tools, wanted, people)
    best = [(people[row], float(scores[row])) for row in best_rows(scores, limit)]
    items = [_candidate(tools, one, wanted, score, organisation_id) for one, score in best]
    kept = [one for one in items if one is not None]
    return Candidates(
        listing=stored,
        items=tuple(
            replace(one, match=replace(one.match, rank=rank))
            for rank, one in enumerate(kept, start=1)
        ),
        model=tools.encoder.model,
        notices=(_CLOSED,) if _has_closed(tools, stored) else (),
    )


def _wanted(tools: Tools, stored: StoredListing) -> _Wanted | None:
    pool = tools.index.pool_of([stored.id]).pool
    if not pool.ids:
        return None
    if stored.content.kind is Kind.JOB or pool.assesses[0]:
        return _Wanted(stored, pool, 0)
    query = PoolQuery(
        vectors=np.vstack([pool.whole, pool.requirements]),
        words="",
        asks=(Ask(Eligibility(kinds=frozenset({Kind.TRAINING})), _ASSESSMENTS),),
    )
    near = tools.index.pools(query)[0]
    names = [near.ids[row] for row in np.flatnonzero(near.assesses)]
    around = tools.index.pool_of([stored.id, *names]).pool
    return _Wanted(stored, around, around.ids.index(stored.id))


def _may_be_asked(tools: Tools, wanted: _Wanted, organisation_id: str, wide: int) -> list[_Asked]:
    """Return a wide choice of those who come near and whom every rule lets through."""
    stored = wanted.stored
    sought = _seeking(tools, stored, organisation_id)
    whole = wanted.pool.whole[wanted.row]
    vectors = np.vstack([whole, wanted.requirements]).astype(np.float32)
    recorded: Recorded = {}
    kept: list[_Asked] = []
    seen: set[str] = set()
    while True:
        query = PeopleQuery(vectors, sought, wide, frozenset(seen))
        found = tools.people.found(query)
        people = tools.store.people(found.ids)
        reads = tools.store.readings(found.ids, tools.reading)
        kept += [
            asked
            for name, person in people.items()
            if name in reads
            and (asked := _asked(tools, stored, (person, reads[name]), recorded)) is not None
        ]
        seen.update(found.ids)
        if not found.ids or not found.more or len(kept) >= _ENOUGH * wide:
            return kept
        # The rules took many out: whoever comes next near is asked instead.
        wide *= 2


def _seeking(tools: Tools, stored: StoredListing, organisation_id: str) -> Seeking:
    corridors = [one.content for one in tools.store.corridors_to(stored.content.country)]
    tables = (tools.places, tools.rates)
    return seeking(stored.content, organisation_id, corridors, tools.clock.today(), tables)


def _asked(
    tools: Tools,
    stored: StoredListing,
    known: tuple[StoredPerson, SavedUnderstanding],
    recorded: Recorded,
) -> _Asked | None:
    """Hold what is stored of a person against every rule; None where one keeps them out."""
    person, read = known
    if len(read.vectors) <= 1:
        return None
    book = rulebook(tools, person.profile, recorded)
    try:
        require_matching(person.profile.consent, book.today)
    except ConsentMissingError:
        return None
    route = route_for(stored.content, person.profile)
    wished = person.profile.preferences.routes
    rules = rules_for(route, book, Filters())
    if (wished and route not in wished) or reasons_against(stored, rules.allowed, book):
        return None
    return _Asked(person, read, book, route, rules)


def _scores(tools: Tools, wanted: _Wanted, people: Sequence[_Asked]) -> Floats:
    """Return what each person's own answer would score the listing with, (m,)."""
    if not people:
        return np.zeros(0, dtype=np.float32)
    pool = wanted.pool
    measured = crowd_measured(tools, [one.read for one in people])
    grams = [one.read.grams or tools.index.grams(one.read.work_text) for one in people]
    likeness = tools.index.pool_of(pool.ids, grams).likeness
    similarity = np.concatenate([one.phrases for one in measured]) @ pool.requirements.T
    affinity = tools.taxonomy.affinity(pool.whole)
    features = crowd_features(pool, measured, similarity, likeness, affinity, yardsticks_of(tools))
    m, n, width = features.shape
    scores = tools.scorer.score(features.reshape(m * n, width)).reshape(m, n)
    if n > 1:
        scores = np.stack(
            [
                weighed(pool, line, said.phrases, said.years)
                for line, said in zip(scores, measured, strict=True)
            ]
        )
    found: Floats = scores[:, wanted.row]
    return found


def _candidate(
    tools: Tools, one: _Asked, wanted: _Wanted, score: float, asking: str
) -> Candidate | None:
    """Explain one person as their own answer would explain the listing."""
    stored = wanted.stored
    chosen = Chosen(stored.id, score, wanted.requirements)
    reader = reader_of(tools, one.book, one.read)
    judged = reader.judged([chosen], {stored.id: stored}, one.rules.allowed)
    if not judged:
        return None
    directly = one.person.organisation_id == asking
    match = judged[0].match
    if not directly:
        match = _in_clean_words(match, dict(zip(_said(one.read), one.read.texts, strict=True)))
    way = Contactable.DIRECTLY if directly else Contactable.THROUGH_ORGANISATION
    return Candidate(one.person, match, one.route, way)


def _said(read: SavedUnderstanding) -> list[str]:
    return [phrase.text for phrase in read.understanding.phrases if phrase.work]


def _in_clean_words(match: Match, clean: Mapping[str, str]) -> Match:
    """Show another organisation the words without the names and the like that stand in them."""
    evidence = tuple(
        replace(one, skill=clean.get(one.skill) or one.means or one.requirement)
        for one in match.evidence
    )
    return replace(match, evidence=evidence)


def _has_closed(tools: Tools, stored: StoredListing) -> bool:
    ends = stored.content.valid_through
    return ends is not None and ends < tools.clock.today()
