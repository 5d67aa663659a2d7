"""Rank trainings, and chains of two, by the good jobs they open for one person.

A training is tried on: what it teaches is added to what the person says, and every job within
reach is scored again. What was a stretch and is good afterwards has been opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import median
from typing import Final

import numpy as np

from service.domain.embedding import Vectors
from service.domain.listing import Kind, Listing, StoredListing
from service.domain.match import AgeRule, Missing, MissingKind, Tier
from service.domain.pathway import Opened, Pathway
from service.domain.person import Route, StoredPerson
from service.domain.pool import Ask, PoolQuery
from service.domain.records import SavedUnderstanding
from service.domain.request import Filters
from service.domain.wages import best_monthly_wage
from service.domain.work_said import Said, Shares
from service.matching.features import Yardsticks, nearest_shares, pair_features, similarities
from service.matching.score import Floats
from service.ports import Tools
from service.rules.costs import home_currency, total_cost
from service.rules.eligible import Rulebook, reasons_against, rules_for
from service.rules.flags import flags_for
from service.skills.gaps import languages_in, recognises, teaches_languages
from service.skills.requirements import stated_requirements
from service.usecases.explain_answer import Reader, reader_of
from service.usecases.explain_match import other_gaps
from service.usecases.find_matches import reading_of, require_work_words
from service.usecases.hint_by_age import rule_of
from service.usecases.reach import (
    JOBS,
    Jobs,
    Stand,
    certified,
    certifies,
    is_far_likelier,
    is_seasoned,
    job_rules,
    jobs_of,
    led_to,
    missing_vectors,
    nearness,
    rows_of,
    step_of,
    union,
    weeks_of,
    wishes_of,
    within_reach,
)
from service.usecases.rulebook import rulebook
from service.usecases.score_pools import measured_by, scored

_TRAININGS: Final = 40
_PAIRED: Final = 10
_TAUGHT_FROM: Final = 0.5
_UNSAFE: Final = frozenset({"recruiter_unlicensed", "visa_mismatch", "wage_far_below"})
_PAPERS_WORTH: Final = 0.3
"""What it is worth to open a job whose work is known already: its score hardly moves."""
_NO_WORSE: Final = 0.9
_AFAR: Final = 0.2
_LEAST_WORTH: Final = 0.01
_NEARER: Final = 3
_NEARER_WORTH: Final = 0.5
"""What bringing the nearest jobs closer is worth, beside opening one."""
_ABROAD_FROM: Final = 0.5
"""How near a training must be to the person to be worth going to another country for."""
_FITTING_WORTH: Final = 0.4
"""What it is worth that a training is near to the person, whatever jobs are open just now."""
_FRESH_YEARS: Final = 1.0
_MOST_OPENED: Final = 10


@dataclass(frozen=True, slots=True)
class _Tried:
    """What some trainings open: rows of the jobs, and the scores of all jobs after them."""

    steps: tuple[int, ...]
    rows: tuple[int, ...]
    after: Floats
    worth: float


def plan_pathways(tools: Tools, person: StoredPerson, limit: int) -> tuple[Pathway, ...]:
    """Return pathways for a stored person, the best first.

    Raises ConsentMissingError without a consent that holds today, InvalidInputError where their
    words hold nothing about work. What is private to other organisations leads nowhere.
    """
    book = rulebook(tools, person.profile, viewer=person.organisation_id)
    return pathways_for(tools, book, reading_of(tools, person), limit)


def pathways_for(
    tools: Tools, book: Rulebook, read: SavedUnderstanding, limit: int
) -> tuple[Pathway, ...]:
    """Return pathways for somebody whose words are read; asks for no consent."""
    require_work_words(read)
    return _Planner.of(tools, book, read).pathways(limit)


@dataclass(frozen=True, slots=True)
class _Planner:
    tools: Tools
    book: Rulebook
    reader: Reader
    measured: tuple[Said, Yardsticks]
    trainings: Sequence[StoredListing]
    taught: Sequence[Vectors]
    """Of each training: what it leads to, (k, d), its title first."""
    nearness: Sequence[float]
    """Of each training: how near it is to the person, 0..1."""
    certified_by: Vectors
    """(t, d) of what each training certifies."""
    jobs: Jobs

    @classmethod
    def of(cls, tools: Tools, book: Rulebook, read: SavedUnderstanding) -> "_Planner":
        """Gather trainings the person may take, and the jobs these and the person lead to."""
        measured = measured_by(tools, read)
        rules = job_rules(book)
        allowed = rules_for(Route.TRAINING, book, Filters(kinds=(Kind.TRAINING,))).allowed
        at_home = allowed
        if book.profile.home_country:
            at_home = replace(allowed, countries=frozenset({book.profile.home_country}))
        own, home, *pools = tools.index.pools(
            PoolQuery(
                vectors=read.vectors,
                words=read.work_text,
                asks=(
                    Ask(allowed, _TRAININGS),
                    Ask(at_home, _TRAININGS),
                    *(Ask(rule, JOBS) for rule in rules.values()),
                ),
            )
        )
        near_jobs = union(pools)
        wanted = missing_vectors(near_jobs, measured[0])
        bridging = tools.index.pools(
            PoolQuery(np.vstack([wanted[:1], wanted]), "", (Ask(at_home, _TRAININGS),))
        )[0]
        training_pool = union([home, bridging, own])
        records = tools.store.listings(training_pool.ids)
        score, _ = scored(tools, training_pool, measured)
        kept = [
            (records[name], rows_of(training_pool, at), float(score[at]))
            for at, name in enumerate(training_pool.ids)
            if name in records
            and not reasons_against(records[name], allowed, book)
            and within_reach(records[name].content, rows_of(training_pool, at), measured[0])
            and (
                training_pool.countries[at] == book.profile.home_country
                or score[at] >= _ABROAD_FROM * tools.scorer.good
            )
        ]
        stand = Stand(
            said=measured[0],
            wishes=wishes_of(tools, read),
            seasoned=is_seasoned(
                tools, measured[0], by_age=rule_of(tools, book) is AgeRule.EXPERIENCE
            ),
        )
        # What a training asks for stands behind what it leads to, and is not taught.
        taught = [
            rows[: 1 + (len(record.content.outcomes) or len(rows))] for record, rows, _ in kept
        ]
        reached = union([*pools, *led_to(tools, taught, list(rules.values()))])
        return cls(
            tools=tools,
            book=book,
            reader=reader_of(tools, book, read),
            measured=measured,
            trainings=[record for record, _, _ in kept],
            taught=taught,
            nearness=[
                nearness(record.content, rows, min(1.0, chance / tools.scorer.good), stand)
                for record, rows, chance in kept
            ],
            certified_by=certified(tools, [record for record, _, _ in kept]),
            jobs=jobs_of(tools, book, reached, measured, rules),
        )

    def pathways(self, limit: int) -> tuple[Pathway, ...]:
        """Return the best pathways, single trainings and chains of two among each other."""
        single = [self._tried((at,)) for at in range(len(self.trainings))]
        by_worth = sorted(single, key=self._order)
        promising = [one.steps[0] for one in by_worth[:_PAIRED]]
        languages = [at for at, one in enumerate(self.trainings) if teaches_languages(one.content)][
            :_PAIRED
        ]
        opened_by = {one.steps[0]: set(one.rows) for one in single}
        chains = []
        for pair in combinations(sorted({*promising, *languages}), 2):
            chain = self._tried(pair)
            # The two have to open, each with its part, what neither opens alone.
            more = {
                row
                for row in chain.rows
                if all(self._closes(row, at) for at in pair)
                and not any(
                    row in opened_by[at]
                    and self._open_gaps(row, (at,)) <= self._open_gaps(row, pair)
                    for at in pair
                )
            }
            if more:
                only = tuple(row for row in chain.rows if row in more)
                chains.append(replace(chain, rows=only, worth=self._worth(pair, only, chain.after)))
        ranked = sorted([*single, *chains], key=self._order)
        worth_it = [one for one in ranked if one.rows or one.worth >= _LEAST_WORTH]
        return tuple(self._pathway(one) for one in worth_it[:limit])

    def _tried(self, steps: tuple[int, ...]) -> _Tried:
        """Score all jobs as if the person had taken these trainings."""
        ordered = self._entered(steps)
        if not self.jobs.pool.ids or ordered is None:
            return _Tried(steps, (), self.jobs.before, 0.0)
        steps = ordered
        said, yardsticks = self.measured
        added = np.vstack([self.taught[at] for at in steps])
        whole = said.whole + added.mean(axis=0)
        whole = whole / np.linalg.norm(whole)
        affinity = self.tools.taxonomy.affinity(np.vstack([whole[None, :], added]))
        near = nearest_shares(affinity)
        learnt = replace(
            said,
            vectors=np.vstack([whole[None, :], said.phrases, added]).astype(np.float32),
            shares=Shares.stacked([near[:1], said.shares[1:], near[1:]]),
            sure=float(affinity[0].max()),
            present=np.concatenate([said.present, np.full(len(added), said.present.all())]),
        )
        jobs = self.jobs
        near_by = similarities(jobs.pool, learnt)
        features = pair_features(jobs.pool, learnt, near_by, jobs.affinity, yardsticks)
        after = self.tools.scorer.score(features)
        rows = tuple(row for row in range(len(after)) if self._opens(row, after[row], steps))
        return _Tried(steps, rows, after, self._worth(steps, rows, after))

    def _opens(self, row: int, after: float, steps: Sequence[int]) -> bool:
        """Tell whether a job that was a stretch, or shut by a gap, is good and open afterwards."""
        tier = self.tools.scorer.tier
        essential = [gap for gap in self.jobs.gaps[row] if gap.essential]
        before = tier(float(self.jobs.before[row]))
        was_open = before is not Tier.STRETCH
        likelier = is_far_likelier(before, after - self.jobs.before[row])
        as_before = was_open and before is tier(after) and not likelier and not essential
        if tier(after) is Tier.STRETCH or as_before:
            return False
        if not any(self._closes(row, at) for at in steps) or self._is_unsafe(row):
            return False
        job = self.jobs.records[row].content
        if (job.min_experience_years or 0) > _FRESH_YEARS and not self.jobs.done[row]:
            return False  # no course gives years
        closed = [gap for gap in essential if any(self._fills(gap, row, at) for at in steps)]
        languages = [gap for gap in essential if gap.kind is MissingKind.LANGUAGE]
        if was_open and before is tier(after):
            return len(closed) == len(essential) and after >= _NO_WORSE * self.jobs.before[row]
        return all(gap in closed for gap in languages)

    def _open_gaps(self, row: int, steps: Sequence[int]) -> int:
        """Return how many essential gaps of a job some trainings leave open."""
        return sum(
            gap.essential and not any(self._fills(gap, row, at) for at in steps)
            for gap in self.jobs.gaps[row]
        )

    def _is_unsafe(self, row: int) -> bool:
        """Tell whether a job carries a warning that nobody should be trained towards."""
        flags = flags_for(self.jobs.records[row].content, self.reader.setting)
        return any(flag.code in _UNSAFE for flag in flags)

    def _fills(self, gap: Missing, row: int, training: int) -> bool:
        """Tell whether a training closes a gap in language or papers."""
        content = self.trainings[training].content
        if gap.kind is MissingKind.LANGUAGE:
            return bool(languages_in(gap.requirement) & teaches_languages(content))
        if gap.kind is not MissingKind.CERTIFICATE:
            return False
        title = rows_of(self.jobs.pool, row)[0]
        near_title = float((self.taught[training] @ title).max())
        if recognises(content) and self.jobs.done[row] and near_title >= _TAUGHT_FROM:
            return True
        return self._certifies(gap.requirement, training)

    def _certifies(self, certificate: str, training: int) -> bool:
        content = self.trainings[training].content
        return certifies(self.tools, content, self.certified_by[training], certificate)

    def _entered(self, steps: Sequence[int]) -> tuple[int, ...] | None:
        """Return steps in the order they can be taken, None where one stays shut."""
        waits = {
            at: [
                gap.requirement
                for gap in other_gaps(self.trainings[at].content, self.book.profile, 0)
                if gap.kind is MissingKind.CERTIFICATE
            ]
            for at in steps
        }
        ordered = sorted(steps, key=lambda at: (len(waits[at]), weeks_of([self.trainings[at]])))
        for place, at in enumerate(ordered):
            given = ordered[:place]
            if not all(any(self._certifies(one, by) for by in given) for one in waits[at]):
                return None
        return tuple(ordered)

    def _closes(self, row: int, training: int) -> tuple[str, ...]:
        """Return what a job asks for that a training leads to."""
        job = self.jobs.records[row].content
        asked = rows_of(self.jobs.pool, row)
        near = (asked @ self.taught[training].T).max(axis=1)
        stated = stated_requirements(job)[: len(asked) - 1]
        taught = [
            text for text, cosine in zip(stated, near[1:], strict=False) if cosine >= _TAUGHT_FROM
        ]
        taught += [
            gap.requirement for gap in self.jobs.gaps[row] if self._fills(gap, row, training)
        ]
        if not taught and near[0] >= _TAUGHT_FROM:
            taught.append(job.title)
        return tuple(taught)

    def _worth(self, steps: Sequence[int], rows: Sequence[int], after: Floats) -> float:
        """Return what some trainings are worth: jobs opened, and the nearest brought closer.

        Likely jobs count more, and jobs and trainings near to what the person has done.
        """
        good, before = self.tools.scorer.good, self.jobs.before
        gains = after - before
        each = [
            max(_PAPERS_WORTH, float(gains[row]))
            * (0.5 + 0.5 * min(1.0, before[row] / good))
            / (1 + self._open_gaps(row, steps))
            for row in rows
        ]
        near = sum(self.nearness[at] for at in steps) / len(steps)
        opened = sum(sorted(each, reverse=True)[:_MOST_OPENED]) * (_AFAR + (1 - _AFAR) * near)
        rest = np.delete(gains, list(rows))
        closer = float(np.sort(np.maximum(rest, 0))[-_NEARER:].sum())
        return float(opened + _NEARER_WORTH * near * closer + _FITTING_WORTH * near)

    def _order(self, one: _Tried) -> tuple[bool, float, float, float, int]:
        steps = [self.trainings[at] for at in one.steps]
        away, cost = any(map(self._is_away, steps)), self._dollars([x.content for x in steps])
        return away, -round(one.worth, 1), weeks_of(steps), cost, len(steps)

    def _is_away(self, training: StoredListing) -> bool:
        home = self.book.profile.home_country
        return home is not None and training.content.country != home

    def _dollars(self, listings: Sequence[Listing]) -> float:
        convert = self.book.rates.converted
        each = (convert(one.cost or 0, one.cost_currency or "USD", "USD") for one in listings)
        return sum(one or 0 for one in each)

    def _pathway(self, one: _Tried) -> Pathway:
        rows = sorted(one.rows, key=lambda row: -float(one.after[row]))[:_MOST_OPENED]
        steps = tuple(step_of(self.trainings[at], self.reader.setting) for at in one.steps)
        opens = tuple(self._opened(row, one) for row in rows)
        listings = [step.listing.content for step in steps]
        weeks = [listing.duration_weeks for listing in listings]
        cost, currency = total_cost(listings, self.book.rates)
        paid = [opened.home_wage for opened in opens if opened.home_wage is not None]
        return Pathway(
            steps=steps,
            opens=opens,
            weeks=None if None in weeks else sum(week or 0 for week in weeks),
            cost=cost,
            cost_currency=currency,
            median_pay=round(median(paid)) if paid else None,
            home_currency=home_currency(self.book.profile.home_country),
        )

    def _opened(self, row: int, one: _Tried) -> Opened:
        stored = self.jobs.records[row]
        closes = [text for at in one.steps for text in self._closes(row, at)]
        wage, currency = best_monthly_wage(stored.content), stored.content.wage_currency
        home = home_currency(self.book.profile.home_country)
        in_home = (
            self.book.rates.converted(wage, currency, home) if wage and currency and home else None
        )
        return Opened(
            listing=stored,
            route=self.jobs.routes[row],
            before=round(float(self.jobs.before[row]), 4),
            after=round(float(one.after[row]), 4),
            tier=self.tools.scorer.tier(float(one.after[row])),
            closes=tuple(dict.fromkeys(closes)),
            still_missing=tuple(
                gap for gap in self.jobs.gaps[row] if gap.requirement not in closes
            ),
            monthly_wage=wage,
            home_wage=None if in_home is None else round(in_home),
            home_currency=home,
        )
