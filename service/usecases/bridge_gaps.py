"""Name what would close each gap: a course, an assessment of prior learning, a language course."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np

from service.domain.embedding import Vectors
from service.domain.listing import Kind, StoredListing
from service.domain.match import Bridge, Match, Missing, MissingKind
from service.domain.person import Route
from service.domain.pool import Ask, Pool, PoolQuery
from service.domain.request import Filters
from service.ports import Tools
from service.rules.eligible import Rulebook, reasons_against, rules_for
from service.skills.gaps import languages_in, recognises, teaches_languages
from service.usecases.explain_match import Judged

_COURSE_FROM: Final = 0.5
_ASSESSMENT_FROM: Final = 0.45
_BRIDGES: Final = 3
_POOL: Final = 20
_NEAREST: Final = 10
_BRIDGED: Final = frozenset({MissingKind.SKILL, MissingKind.LANGUAGE, MissingKind.CERTIFICATE})


@dataclass(frozen=True, slots=True)
class _Gap:
    """One gap of one kind of work. text: what is looked for."""

    missing: Missing
    text: str
    worked: bool
    title: str


K = TypeVar("K")


def add_bridges(
    tools: Tools, book: Rulebook, judged: Mapping[K, Sequence[Judged]]
) -> dict[K, tuple[Match, ...]]:
    """Return the matches with the trainings that would close each gap.

    What was done but never certified is assessed, not taught again; a language is learnt in a
    language course; trainings at home come before those abroad.
    """
    vectors: dict[str, Vectors] = {}
    gaps: dict[tuple[str, bool, str], _Gap] = {}
    for one in (one for some in judged.values() for one in some):
        title = one.match.listing.content.title
        vectors.setdefault(title, one.title)
        for at, missing in enumerate(one.match.missing):
            if missing.kind in _BRIDGED:
                gap = _Gap(missing, missing.requirement, one.worked, title)
                gaps.setdefault(_key(gap), gap)
                if at in one.vectors:
                    vectors.setdefault(missing.requirement, one.vectors[at])
    found = _bridges(tools, book, list(gaps.values()), vectors)
    return {
        name: tuple(
            replace(
                one.match,
                missing=tuple(
                    _bridged(gap, found, one.worked, one.match.listing.content.title)
                    for gap in one.match.missing
                ),
            )
            for one in some
        )
        for name, some in judged.items()
    }


def _key(gap: _Gap) -> tuple[str, bool, str]:
    """Return what decides how a gap is bridged; only certificates depend on the work."""
    certificate = gap.missing.kind is MissingKind.CERTIFICATE
    return gap.text, gap.worked and certificate, gap.title if certificate else ""


_Found = Mapping[tuple[str, bool, str], tuple[Bridge, tuple[str, ...]]]


def _bridged(missing: Missing, found: _Found, worked: bool, title: str) -> Missing:  # noqa: FBT001 - a fact
    known = found.get(_key(_Gap(missing, missing.requirement, worked, title)))
    if known is None or not known[1] or missing.kind not in _BRIDGED:
        return missing
    return replace(missing, bridge=known[0], bridges=known[1])


def _bridges(
    tools: Tools, book: Rulebook, gaps: Sequence[_Gap], vectors: dict[str, Vectors]
) -> _Found:
    if not gaps:
        return {}
    unknown = list(dict.fromkeys(gap.text for gap in gaps if gap.text not in vectors))
    vectors |= dict(zip(unknown, tools.listing_encoder.encode(unknown), strict=True))
    titles = [gap.title for gap in gaps if gap.missing.kind is MissingKind.CERTIFICATE]
    texts = list(dict.fromkeys([*(gap.text for gap in gaps), *titles]))
    wanted = np.stack([vectors[text] for text in texts]).astype(np.float32)
    allowed = rules_for(Route.TRAINING, book, Filters(kinds=(Kind.TRAINING,))).allowed
    # Only what a training leads to counts, so the lexical channel has nothing to add.
    query = PoolQuery(
        vectors=np.vstack([wanted[:1], wanted]), words="", asks=(Ask(allowed, _POOL),)
    )
    pool = tools.index.pools(query)[0]
    if not pool.ids:
        return {}
    nearness = np.maximum.reduceat(wanted @ pool.requirements.T, pool.starts[:-1], axis=1)
    rows_of = {
        text: _home_first(pool, line, book.profile.home_country)
        for text, line in zip(texts, nearness, strict=True)
    }
    near = dict(zip(texts, nearness, strict=True))
    ids = {pool.ids[row] for rows in rows_of.values() for row in rows}
    listings = {
        name: stored
        for name, stored in tools.store.listings(sorted(ids)).items()
        # Listings may have changed since the index saw them; the rules hold on what is stored.
        if not reasons_against(stored, allowed, book)
    }
    return {_key(gap): _way(gap, pool, rows_of, near, listings) for gap in gaps}


def _home_first(pool: Pool, line: Vectors, home: str | None) -> list[int]:
    best = np.argsort(-line, kind="stable")[:_NEAREST].tolist()
    return sorted(best, key=lambda row: (pool.countries[row] != home, -line[row]))


def _way(
    gap: _Gap,
    pool: Pool,
    rows_of: Mapping[str, list[int]],
    near: Mapping[str, Vectors],
    listings: Mapping[str, StoredListing],
) -> tuple[Bridge, tuple[str, ...]]:
    """Return how one gap is closed, and by which trainings, the best first."""

    def chosen(text: str, least: float, *, recognised: bool | None) -> list[str]:
        return [
            pool.ids[row]
            for row in rows_of[text]
            if near[text][row] >= least
            and (stored := listings.get(pool.ids[row])) is not None
            and (recognised is None or recognises(stored.content) is recognised)
        ]

    if gap.missing.kind is MissingKind.LANGUAGE:
        wanted = languages_in(gap.text)
        taught = [
            pool.ids[row]
            for row in rows_of[gap.text]
            if (stored := listings.get(pool.ids[row])) is not None
            and wanted & teaches_languages(stored.content)
        ]
        return Bridge.LANGUAGE_COURSE, tuple(taught[:_BRIDGES])
    if gap.missing.kind is MissingKind.CERTIFICATE and gap.worked:
        assessed = chosen(gap.title, _ASSESSMENT_FROM, recognised=True)
        assessed += chosen(gap.text, _COURSE_FROM, recognised=True)
        if assessed:
            return Bridge.ASSESSMENT, tuple(dict.fromkeys(assessed))[:_BRIDGES]
    return Bridge.COURSE, tuple(chosen(gap.text, _COURSE_FROM, recognised=None)[:_BRIDGES])
