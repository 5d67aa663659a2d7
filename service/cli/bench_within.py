"""What is measured without HTTP: the floor, what others search with, and the ranking alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from itertools import cycle
from typing import Any, Final

import numpy as np
from sklearn.neighbors import NearestNeighbors

from service.adapters.vectors.facets import Facets
from service.adapters.vectors.local import LocalListingIndex
from service.adapters.vectors.segment import Segment
from service.adapters.vectors.wordings import top
from service.cli.bench_server import Spread
from service.cli.bench_turns import Timed, in_turns
from service.cli.bench_txtai import BEST, published_weights
from service.domain.eligibility import Eligibility, Mask
from service.domain.embedding import Vectors
from service.domain.listing import Kind
from service.domain.person import Market, MinWage, Preferences, Profile, Veto
from service.domain.pool import Ask, PoolQuery
from service.domain.request import MatchRequest
from service.matching.score import best_rows
from service.ports import Encoder, Tools
from service.settings import bundled
from service.usecases.find_matches import match_profile
from service.usecases.load_sample import sample_people
from service.usecases.score_pools import WIDE, measured_by, scored
from service.usecases.understand import understand

Words = tuple[str, str]
"""What somebody says, and their home country."""

RECALLED: Final = 50
_EXACT_MOST: Final = 200_000
_AT_ONCE: Final = 50_000
_BULK_TURNS: Final = 5
_BULK_TEXTS: Final = 256
_WISHES: Final = Preferences(
    exclude_countries=("MY",),
    max_distance_km=200,
    min_wage=MinWage(10_000, "BDT"),
    vetoes=(Veto(text="domestic help", market=Market.LOCAL), Veto(isco08="0310")),
)


def people_words() -> list[Words]:
    """Return what the sample people say who write English, and where they live."""
    people = sample_people(bundled("data"), datetime.now(UTC).date())
    return [
        (profile.text, profile.home_country or "BD")
        for _, language, profile in people
        if language == "en"
    ]


def bulk_encoding(ours: Encoder, texts: Sequence[str]) -> tuple[Spread, Spread | None]:
    """Return texts encoded a second, and how many times as many as on torch, in turns.

    torch: sentence-transformers with the published weights in whole floats; None without it.
    """
    texts, torch = texts[:_BULK_TEXTS], _torch()
    ours.encode(texts[:64])
    mine, ratios = [], []
    for _ in range(_BULK_TURNS):
        took = _seconds(lambda: ours.encode(texts))
        mine.append(len(texts) / took)
        if torch is not None:
            ratios.append(_seconds(lambda: torch(texts)) / took)
    return Spread.of(mine), Spread.of(ratios) if ratios else None


def _torch() -> Callable[[Sequence[str]], Any] | None:
    try:
        # Here and not above: importing it takes seconds, and not everybody has it.
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415

        model = SentenceTransformer(str(published_weights()))
    except ImportError:
        return None
    return lambda texts: model.encode(list(texts), show_progress_bar=False)


def _seconds(call: Callable[[], Any]) -> float:
    one = Timed("", iter([call]))
    return one.run(1)[0] / 1000


@dataclass(frozen=True, slots=True)
class Ranked:
    """Milliseconds of the ranking alone and of the whole answer, in process, and their ratio."""

    ranking_p50_ms: float
    full_p50_ms: float
    ratio: Spread


def ranking_alone(tools: Tools, calls: int) -> Ranked:
    """Time reading, searching and scoring three routes against the whole answer with wishes.

    No age is given: what it adds from 45 on is a search of its own.
    """
    words = people_words()

    def alone() -> Iterator[Callable[[], Any]]:
        for text, home in cycle(words):
            profile = Profile(text=text, home_country=home)
            yield partial(_rank_only, tools, profile)

    def full() -> Iterator[Callable[[], Any]]:
        for text, home in cycle(words):
            region = "Dhaka" if home == "BD" else None
            profile = Profile(text=text, home_country=home, region=region, preferences=_WISHES)
            request = MatchRequest(profile=profile)
            yield partial(match_profile, tools, request)

    ranking, whole = Timed("ranking", alone()), Timed("full", full())
    in_turns([ranking, whole], calls)
    return Ranked(ranking.at(50), whole.at(50), whole.over_that(ranking))


def _rank_only(tools: Tools, profile: Profile) -> None:
    """Read the words, search and score three routes, and fetch the best: no rules, no reasons."""
    read = understand(tools, profile)
    asks = tuple(Ask(one, WIDE) for one in _routes(profile.home_country or ""))
    measured = measured_by(tools, read)
    best: list[str] = []
    for pool in tools.index.pools(PoolQuery(read.vectors, read.work_text, asks)):
        score, _ = scored(tools, pool, measured)
        best += [pool.ids[row] for row in best_rows(score, BEST)]
    tools.store.listings(best)


def _routes(home: str) -> tuple[Eligibility, ...]:
    jobs, here = Eligibility(kinds=frozenset({Kind.JOB})), frozenset({home})
    taught = Eligibility(kinds=frozenset({Kind.TRAINING, Kind.ENTERPRISE}))
    return replace(jobs, countries=here), replace(jobs, countries_not=here), taught


class Floor:
    """Bare searches over what an index holds, with what people say read beforehand."""

    def __init__(self, tools: Tools) -> None:
        """Read the sample people's words; take the index as it is now."""
        assert isinstance(tools.index, LocalListingIndex)  # noqa: S101 - the one there is
        state = tools.index.current
        self._tools = tools
        self._segments = list(zip(state.segments, state.alive, strict=True))
        self._read = [
            (understand(tools, Profile(text=text, home_country=home)), home)
            for text, home in people_words()
        ]
        # Of the largest: the sample's own segment is small.
        self._largest, self._alive = max(self._segments, key=lambda pair: len(pair[0]))

    def whole(self) -> Vectors:
        """Return the vectors of all listings' whole texts, (n, d)."""
        return np.concatenate([one.whole.astype(np.float32) for one, _ in self._segments])

    def asked(self) -> Vectors:
        """Return what each of the sample people says as one vector, (n, d)."""
        return np.stack([read.vectors[0] for read, _ in self._read if len(read.vectors)])

    @property
    def facets(self) -> Facets:
        """Columns of the largest part of the index."""
        return self._largest.facets

    def nearest_cosines(self, vector: Vectors, rule: Eligibility, many: int) -> Vectors:
        """Return the cosines of the nearest eligible listings, all looked at, best first."""
        parts = [
            _cosines(segment, vector[None])[alive & segment.facets.mask(rule), 0]
            for segment, alive in self._segments
        ]
        best: Vectors = np.sort(np.concatenate(parts))[::-1][:many]
        return best

    def encoder(self) -> Timed:
        """Encode what one person says as one text."""
        encode = self._tools.encoder.encode
        texts = cycle(text for text, _ in people_words())
        return Timed("encoder", (partial(encode, [text]) for text in texts))

    def search(self) -> Timed:
        """Search as a stored person's match does: their phrases in three routes, masks ready."""
        ready = [(read, [self._masks(one) for one in _routes(home)]) for read, home in self._read]

        def calls() -> Iterator[Callable[[], Any]]:
            for read, routes in cycle(ready):
                yield partial(self._nearest, read.vectors, routes)

        return Timed("search", calls())

    def _masks(self, eligible: Eligibility) -> list[Mask]:
        return [alive & segment.facets.mask(eligible) for segment, alive in self._segments]

    def _nearest(self, vectors: Vectors, routes: Sequence[Sequence[Mask]]) -> None:
        phrases = len(vectors) - 1
        wanted = [WIDE] + [max(BEST, WIDE // phrases)] * phrases if phrases else [WIDE]
        for masks in routes:
            for (segment, _), mask in zip(self._segments, masks, strict=True):
                segment.nearest(vectors, wanted, mask)

    def others(self) -> list[Timed]:
        """Find the ten nearest of one vector with scikit-learn and with faiss, all looked at.

        Of more than 200,000 they take seconds and several copies of all vectors: left out; faiss
        also where it is not installed, as no other command needs it.
        """
        if len(self._largest) > _EXACT_MOST:
            return []
        whole = np.ascontiguousarray(self._largest.whole, dtype=np.float32)
        brute = NearestNeighbors(
            n_neighbors=min(BEST, len(whole)), algorithm="brute", metric="cosine"
        )
        brute.fit(whole)
        asked = [read.vectors[:1] for read, _ in self._read if len(read.vectors)]
        found = [Timed("sklearn", (partial(brute.kneighbors, one) for one in cycle(asked)))]
        if find_spec("faiss") is not None:
            import faiss  # noqa: PLC0415

            flat: Any = faiss.IndexFlatIP(whole.shape[1])
            flat.add(whole)
            found.append(Timed("faiss", (partial(flat.search, one, BEST) for one in cycle(asked))))
        return found

    def recall(self) -> dict[str, float]:
        """Return the share of the 50 nearest that are found: of all, and under two filters.

        few: about one listing in a hundred, in one country and within one band of wages.
        """
        wage, country = self._largest.facets.wage, self._largest.facets.country
        home = country == np.bincount(country[country >= 0]).argmax()
        order = np.sort(wage[home & np.isfinite(wage)])
        few = np.zeros(len(country), dtype=np.bool_)
        if len(order):
            few = home & (wage <= order[min(len(order) - 1, len(country) // 100)])
        kept = {"all": self._alive, "country": self._alive & home, "few": self._alive & few}
        vectors = self.asked()
        cosines = _cosines(self._largest, vectors)
        return {
            name: round(
                float(
                    np.mean(
                        [
                            _found(self._largest, one, cosines[:, at], mask)
                            for at, one in enumerate(vectors)
                        ]
                    )
                ),
                4,
            )
            for name, mask in kept.items()
        }


def _cosines(segment: Segment, vectors: Vectors) -> Vectors:
    """Return the cosine of every listing with each vector, (n, q)."""
    parts = [
        segment.whole[start : start + _AT_ONCE].astype(np.float32) @ vectors.T
        for start in range(0, len(segment), _AT_ONCE)
    ]
    return np.concatenate(parts)


def _found(segment: Segment, vector: Vectors, cosines: Vectors, mask: Mask) -> float:
    """Return the share of the nearest that an approximate search finds."""
    known = cosines[mask]
    best = known[top(known, RECALLED)]
    if not len(best):
        return 1.0
    near = segment.nearest(vector[None], [RECALLED], mask)
    # By cosine, not by row: of two alike either will do. Half floats round the last digits.
    return float(np.mean(cosines[near] >= best.min() - 1e-3)) * len(near) / len(best)
