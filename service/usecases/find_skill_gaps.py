"""Planning figures: which missing skills keep most people from most jobs, and what would help.

Each person's nearest jobs are looked at once and remembered until the person, the listings or
the day change. What is shown never stands for fewer than ten people.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from service.domain.errors import ConsentMissingError
from service.domain.listing import StoredListing
from service.domain.match import MissingKind
from service.domain.person import Profile, Route, StoredPerson
from service.domain.pool import Ask, PoolQuery
from service.domain.request import Filters
from service.matching.score import best_rows
from service.ports import ListingIndex, Tools
from service.rules.calendar import today_in
from service.rules.eligible import rules_for
from service.rules.suppress import LEAST, shown_parts, shown_share
from service.skills.gaps import languages_in, teaches_languages
from service.usecases.explain_answer import Chosen, reader_of
from service.usecases.find_matches import reading_of
from service.usecases.reach import JOBS, job_rules
from service.usecases.rulebook import rulebook
from service.usecases.score_pools import measured_by, scored
from service.usecases.see_person import require_consent

_PAGE: Final = 200
_NEAREST: Final = 8
_SAME: Final = 0.75
_TAUGHT_FROM: Final = 0.5
_COURSES: Final = 5
_COURSE_POOL: Final = 10
UNKNOWN_AREA: Final = "unknown"
_NOBODY: Final = Profile()
"""Whose rules only leave out what has closed."""


@dataclass(frozen=True, slots=True)
class _Lack:
    """One thing one person lacks for some of their nearest jobs. markets: local, overseas."""

    requirement: str
    kind: MissingKind
    jobs: frozenset[str]
    markets: frozenset[Route]


@dataclass(frozen=True, slots=True)
class CourseHelp:
    """A training and how many of the people counted it would help."""

    listing: StoredListing
    people: int


@dataclass(frozen=True, slots=True)
class SkillGap:
    """One missing requirement. people: who lack it. jobs: that it keeps them from.

    areas, markets: people by area and by route, as far as they may be shown.
    """

    requirement: str
    kind: MissingKind
    people: int
    jobs: int
    areas: dict[str, int]
    markets: dict[Route, int]
    courses: tuple[CourseHelp, ...]


@dataclass(frozen=True, slots=True)
class SkillGaps:
    """The figures of one organisation. people: counted, None where they are under ten."""

    as_of: date
    people: int | None
    gaps: tuple[SkillGap, ...]
    courses: tuple[CourseHelp, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What one person lacks, and all it rests on: it is worked out again where that changes."""

    rests_on: tuple[object, ...]
    lacks: tuple[_Lack, ...]


# By organisation and person; who is no longer there is forgotten at the next look.
_KNOWN: WeakKeyDictionary[ListingIndex, dict[str, dict[str, _Known]]] = WeakKeyDictionary()


def find_skill_gaps(tools: Tools, organisation_id: str) -> SkillGaps:
    """Return the figures over everybody of an organisation whose consent holds today."""
    before = _KNOWN.setdefault(tools.index, {}).get(organisation_id, {})
    people = {person.id: person for person in _people(tools, organisation_id)}
    now = {
        name: known
        for name, person in people.items()
        if (known := _lacks_of(tools, person, before.get(name))) is not None
    }
    _KNOWN[tools.index][organisation_id] = now
    lacks = {name: (_area(people[name]), known.lacks) for name, known in now.items()}
    today = today_in(None, tools.clock.now())
    if len(lacks) < LEAST:
        return SkillGaps(today, None, (), ())
    groups = _grouped(tools, [lack for _, some in lacks.values() for lack in some])
    members: dict[str, dict[str, list[_Lack]]] = defaultdict(lambda: defaultdict(list))
    for name, (_, some) in lacks.items():
        for lack in some:
            members[groups[lack.requirement]][name].append(lack)
    areas = {name: area for name, (area, _) in lacks.items()}
    wide = [label for label, some in members.items() if shown_share(len(lacks), len(some))]
    courses = _courses(tools, wide, organisation_id)
    helped: dict[str, set[str]] = defaultdict(set)
    for label in wide:
        for stored in courses[label]:
            helped[stored.id] |= members[label].keys()
    gaps = [_gap(label, members[label], areas, courses[label]) for label in wide]
    records = {stored.id: stored for some in courses.values() for stored in some}
    best = [
        CourseHelp(records[name], count)
        for name, some in helped.items()
        if (count := shown_share(len(lacks), len(some))) is not None
    ]
    return SkillGaps(
        as_of=today,
        people=len(lacks),
        gaps=tuple(sorted(gaps, key=lambda gap: (-gap.people, -gap.jobs, gap.requirement))),
        courses=tuple(sorted(best, key=lambda one: (-one.people, one.listing.id))),
    )


def _people(tools: Tools, organisation_id: str) -> list[StoredPerson]:
    found: list[StoredPerson] = []
    after: int | None = 0
    while after is not None:
        page = tools.store.page_of_people(organisation_id, after=after, limit=_PAGE, where={})
        found += page.items
        after = page.next_after
    return found


def _area(person: StoredPerson) -> str:
    profile = person.profile
    if profile.home_country is None:
        return UNKNOWN_AREA
    return f"{profile.home_country} {profile.region or UNKNOWN_AREA}"


def _lacks_of(tools: Tools, person: StoredPerson, known: _Known | None) -> _Known | None:
    """Return what a person lacks; None without consent or without words about work."""
    try:
        require_consent(tools, person)
    except ConsentMissingError:
        return None
    book = rulebook(tools, person.profile, viewer=person.organisation_id)
    generation = tools.index.state.generation
    rests_on = (person.version, generation, tools.reading.revision, book.today, book.corridors)
    if known is not None and known.rests_on == rests_on:
        return known
    read = reading_of(tools, person)
    if len(read.vectors) <= 1:
        return None
    rules = job_rules(book)
    query = PoolQuery(
        read.vectors, read.work_text, tuple(Ask(rule, JOBS) for rule in rules.values())
    )
    measured = measured_by(tools, read)
    reader = reader_of(tools, book, read)
    found: dict[str, list[tuple[MissingKind, str, Route]]] = defaultdict(list)
    for (route, rule), pool in zip(rules.items(), tools.index.pools(query), strict=True):
        score, _ = scored(tools, pool, measured)
        chosen = [Chosen.of(pool, score, row) for row in best_rows(score, _NEAREST)]
        listings = tools.store.listings([one.listing_id for one in chosen])
        for one in reader.judged([(one, rule) for one in chosen], listings):
            for gap in one.match.missing:
                if gap.kind is not MissingKind.EXPERIENCE:
                    name = gap.requirement.split(" (", maxsplit=1)[0]
                    found[name].append((gap.kind, one.match.listing.id, route))
    lacks = tuple(
        _Lack(
            requirement=name,
            kind=some[0][0],
            jobs=frozenset(job for _, job, _ in some),
            markets=frozenset(route for _, _, route in some),
        )
        for name, some in found.items()
    )
    return _Known(rests_on, lacks)


def _grouped(tools: Tools, lacks: Sequence[_Lack]) -> dict[str, str]:
    """Return requirement → the commonest wording of the same thing."""
    counts = Counter(lack.requirement for lack in lacks)
    texts = [text for text, _ in counts.most_common()]
    vectors = tools.listing_encoder.encode(texts)
    kinds = {lack.requirement: lack.kind for lack in lacks}
    labels: list[int] = []
    found: dict[str, str] = {}
    for row, text in enumerate(texts):
        near = vectors[labels] @ vectors[row] if labels else np.zeros(0)
        same = [
            at
            for at in np.argsort(-near).tolist()
            if near[at] >= _SAME and kinds[texts[labels[at]]] is kinds[text]
        ]
        if same:
            found[text] = texts[labels[same[0]]]
        else:
            labels.append(row)
            found[text] = text
    return found


def _courses(
    tools: Tools, labels: Sequence[str], organisation_id: str
) -> dict[str, list[StoredListing]]:
    """Return the trainings that lead to each requirement, the nearest first."""
    if not labels:
        return {}
    wanted = tools.listing_encoder.encode(labels)
    nobody = rulebook(tools, _NOBODY, viewer=organisation_id)
    allowed = rules_for(Route.TRAINING, nobody, Filters()).allowed
    query = PoolQuery(np.vstack([wanted[:1], wanted]), "", (Ask(allowed, _COURSE_POOL),))
    pool = tools.index.pools(query)[0]
    if not pool.ids:
        return {label: [] for label in labels}
    near = np.maximum.reduceat(wanted @ pool.requirements.T, pool.starts[:-1], axis=1)
    records = tools.store.listings(pool.ids)
    return {
        label: [
            records[pool.ids[row]]
            for row in best_rows(line, _COURSES)
            if line[row] >= _TAUGHT_FROM
            and pool.ids[row] in records
            and records[pool.ids[row]].is_visible_to(organisation_id)
            and _teaches(label, records[pool.ids[row]])
        ]
        for label, line in zip(labels, near, strict=True)
    }


def _teaches(label: str, training: StoredListing) -> bool:
    """Tell whether a training near to a requirement is in the language it asks for, if any."""
    languages = languages_in(label)
    return not languages or bool(languages & teaches_languages(training.content))


def _gap(
    label: str,
    members: dict[str, list[_Lack]],
    areas: dict[str, str],
    courses: Sequence[StoredListing],
) -> SkillGap:
    people = len(members)
    by_market = Counter(
        route
        for some in members.values()
        for route in frozenset[Route]().union(*(lack.markets for lack in some))
    )
    return SkillGap(
        requirement=label,
        kind=next(iter(members.values()))[0].kind,
        people=people,
        jobs=len({job for some in members.values() for lack in some for job in lack.jobs}),
        areas=shown_parts(people, Counter(areas[name] for name in members)),
        markets={
            route: count
            for route in (Route.LOCAL, Route.OVERSEAS)
            if (count := shown_share(people, by_market[route])) is not None
        },
        courses=tuple(CourseHelp(stored, people) for stored in courses),
    )
