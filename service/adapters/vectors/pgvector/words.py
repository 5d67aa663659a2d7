"""The lexical channel in a database: postings of n-grams in segments, counts with each listing.

What came last stands in no segment yet: a process remembers the n-grams of those few, at most
`_MOST_LOOSE`. How much an n-gram weighs depends on the public listings alone: nothing tells of
private ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import sqlalchemy as sa

from service.adapters.vectors.lexical import FEATURES, Lexicon, Scores, count, idf_of
from service.adapters.vectors.pgvector.tables import State, Tables

Rows = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float32]

CLOSE_FROM: Final = 4_096
"""So many listings that stand in no segment are put into one."""
_WIDEST: Final = 16_384
_SMALL_AT_MOST: Final = 8
"""So many small segments in a row become one."""
_MOST_LOOSE: Final = 8_192
_POSTINGS: Final = 400_000
"""About so many postings are read for one question, the rarest n-grams first: of the 120 listings
that come nearest in all of them, 0.98 are then among the first 960 (100,000 listings)."""
_LEAST_FEATURES: Final = 8
_COMMON: Final = 0.1
"""N-grams in more than this share of a segment's listings stand in no posting."""
_COMMON_FROM: Final = 2_000
_MOST_OFTEN: Final = 255


def packed_counts(counts: sp.csr_matrix) -> list[bytes]:
    """Return each row's features and how often it has them, 5 bytes each."""
    often = np.minimum(counts.data, _MOST_OFTEN).astype("u1")
    which, ends = counts.indices.astype("<i4"), counts.indptr.tolist()
    return [
        which[start:end].tobytes() + often[start:end].tobytes() for start, end in pairwise(ends)
    ]


def unpacked_counts(packed: Sequence[bytes]) -> sp.csr_matrix:
    """Undo `packed_counts`, shape (n, features)."""
    sizes = [len(one) // 5 for one in packed]
    which = b"".join(one[: 4 * size] for one, size in zip(packed, sizes, strict=True))
    often = b"".join(one[4 * size :] for one, size in zip(packed, sizes, strict=True))
    return sp.csr_matrix(
        (
            np.frombuffer(often, "u1").astype(np.float32),
            np.frombuffer(which, "<i4"),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        ),
        shape=(len(packed), FEATURES),
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What a process remembers of the words of all listings; no more of a million than of few.

    seen: the last numbers of public and private listings that were looked at. loose: (k,) rows that
    stand in no segment, counts: (k, features) of theirs. idf: (features,)
    for public listings and, where it also weighs what no public listing says, for private ones.
    """

    closings: int
    seen: tuple[int, int]
    held: npt.NDArray[np.int64]
    weighed: int
    loose: Rows
    counts: sp.csr_matrix
    idf: Numbers
    private_idf: Numbers

    @classmethod
    def of(cls, state: State, held: bytes, loose: Rows, counts: sp.csr_matrix) -> "Known":
        """Weigh what is counted in segments together with what is loose."""
        counted = np.frombuffer(held, np.int32).astype(np.int64)
        public = counts[np.flatnonzero(loose > 0)]
        total = counted + np.bincount(public.indices, minlength=FEATURES)
        number = state.weighed + public.shape[0]
        idf = idf_of(number, total)
        private = idf.copy()
        private[total == 0] = _unheard(number)
        seen = (state.last_public, state.last_private)
        return cls(state.closings, seen, total, number, loose, counts, idf, private)

    def cosines(self, words: str, rows: Rows, counts: sp.csr_matrix) -> Scores:
        """Return the cosine of folded words with listings, by their rows and counts, (n,)."""
        found = np.zeros(len(rows), dtype=np.float32)
        for idf, some in ((self.idf, rows > 0), (self.private_idf, rows < 0)):
            if some.any():
                found[some] = _cosines(words, counts[np.flatnonzero(some)], idf)
        return found

    def lexicon(self, *, private: bool) -> Lexicon:
        """Return what weighs one shelf, without any listings."""
        return Lexicon(sp.csc_matrix((0, FEATURES)), self.private_idf if private else self.idf)


def _unheard(number: int) -> float:
    """Return what an n-gram weighs that none of so many listings holds."""
    return float(np.log(1 + number)) + 1


def _weights(words: str, idf: Numbers) -> tuple[npt.NDArray[np.int32], Numbers]:
    query = count([words])
    weights = (1 + np.log(query.data)) * idf[query.indices]
    length = float(np.sqrt((weights**2).sum()))
    return query.indices, (weights / length if length else weights).astype(np.float32)


def _cosines(words: str, counts: sp.csr_matrix, idf: Numbers) -> Scores:
    features, asked = _weights(words, idf)
    dense = np.zeros(FEATURES, dtype=np.float32)
    dense[features] = asked
    weights = (1 + np.log(counts.data)) * idf[counts.indices]
    owner = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    shared = np.bincount(owner, weights * dense[counts.indices], counts.shape[0])
    lengths = np.sqrt(np.bincount(owner, weights**2, counts.shape[0]))
    found: Scores = (shared / np.maximum(lengths, 1e-6)).astype(np.float32)
    return found


class Words:
    """The n-grams of one index."""

    def __init__(self, tables: Tables) -> None:
        """Read and write these tables."""
        self._t = tables
        self._known: Known | None = None

    def known(self, connection: sa.Connection, state: State) -> Known:
        """Return what is known of all words at the moment of this transaction."""
        known, c = self._known, self._t.listings.c
        if known is not None and known.closings != state.closings:
            known = None
        loose, counts = (known.loose, known.counts) if known else (_NO_ROWS, unpacked_counts([]))
        public, private = known.seen if known else (state.closed_public, state.closed_private)
        if known is not None and public >= state.last_public and private >= state.last_private:
            return known
        new = (
            sa.select(c.row, c.counts)
            .where(sa.or_(c.row > public, c.row < -private))
            .order_by(sa.func.abs(c.row).desc())
            .limit(_MOST_LOOSE)
        )
        found = connection.execute(new).all()
        rows = np.concatenate([loose, np.array([row.row for row in found], np.int64)])
        matrix = sp.csr_matrix(sp.vstack([counts, unpacked_counts([row.counts for row in found])]))
        # Beyond this many, what is older waits until it stands in a segment.
        held = connection.execute(sa.select(self._t.state.c.held)).scalar_one()
        known = Known.of(state, held, rows[-_MOST_LOOSE:], matrix[-_MOST_LOOSE:])
        self._known = known
        return known

    def near(self, connection: sa.Connection, known: Known, words: str) -> tuple[Rows, Scores]:
        """Return listings that share n-grams with folded words, best first, and about how near."""
        features, _ = _weights(words, known.idf)
        order = features[np.argsort(known.held[features], kind="stable")]
        order = order[known.private_idf[order] > 0]
        most = max(_POSTINGS, known.weighed)
        enough = int(np.searchsorted(np.cumsum(known.held[order]), most))
        wanted = order[: max(enough, _LEAST_FEATURES)].tolist()
        p, s = self._t.postings.c, self._t.segments.c
        read = (
            sa.select(s.id, s.private, s.low, s.high, p.feature, p.packed)
            .join_from(self._t.postings, self._t.segments, p.segment == s.id)
            .where(p.feature == sa.any_(sa.literal(wanted, sa.ARRAY(sa.Integer))))
        )
        weights = {
            private: dict(zip(*(x.tolist() for x in _weights(words, idf)), strict=True))
            for private, idf in ((False, known.idf), (True, known.private_idf))
        }
        sums: dict[int, tuple[bool, int, Numbers]] = {}
        for number, private, low, high, feature, packed in connection.execute(read):
            if number not in sums:
                sums[number] = (private, low, np.zeros(high - low, dtype=np.float32))
            size = len(packed) // 6
            # A listing stands in a posting once, so that adding by place loses nothing.
            sums[number][2][np.frombuffer(packed, "<u4", size)] += np.float32(
                weights[private][feature]
            ) * np.frombuffer(packed, "<f2", offset=4 * size).astype(np.float32)
        parts = [(known.loose, known.cosines(words, known.loose, known.counts))]
        for private, low, line in sums.values():
            at = np.flatnonzero(line)
            parts.append(((-(low + at) if private else low + at), line[at]))
        rows = np.concatenate([rows for rows, _ in parts])
        scores = np.concatenate([scores for _, scores in parts])
        best = np.argsort(-scores)
        best = best[scores[best] > 0]
        return rows[best], scores[best]

    def due(self, loose: int) -> bool:
        """Tell whether so many numbers that stand in no segment are enough for one."""
        return loose >= CLOSE_FROM

    def close(self, connection: sa.Connection, state: State) -> bool:
        """Put what is loose into a segment, or small ones into a larger; False if none is due."""
        s = self._t.state
        held = np.frombuffer(connection.execute(sa.select(s.c.held)).scalar_one(), np.int32)
        for private, last, closed in (
            (False, state.last_public, state.closed_public),
            (True, state.last_private, state.closed_private),
        ):
            weighed, due = state.weighed, last - closed >= CLOSE_FROM
            span = self._small(connection, private=private)
            if due:
                span = (closed + 1, min(last, closed + _WIDEST) + 1)
            if span is None:
                continue
            rows, counts = self._read(connection, span, private=private)
            if due:
                values: dict[str, object] = {"closings": state.closings + 1}
                values["closed_private" if private else "closed_public"] = span[1] - 1
                if not private:
                    held = (held + np.bincount(counts.indices, minlength=FEATURES)).astype(np.int32)
                    weighed += counts.shape[0]
                    values |= {"held": held.tobytes(), "weighed": weighed}
                connection.execute(sa.update(s).values(values))
            idf = idf_of(weighed, held.astype(np.int64))
            if private:
                idf[held == 0] = _unheard(weighed)
            self._write(
                connection, span, (rows, _postings(counts, rows - span[0], idf)), private=private
            )
            return True
        return False

    def _read(
        self, connection: sa.Connection, span: tuple[int, int], *, private: bool
    ) -> tuple[Rows, sp.csr_matrix]:
        """Return the numbers and counts of the listings in a span of numbers."""
        c, (low, high) = self._t.listings.c, span
        within = c.row.between(1 - high, -low) if private else c.row.between(low, high - 1)
        number = sa.func.abs(c.row).label("number")
        found = connection.execute(sa.select(number, c.counts).where(within)).all()
        rows = np.array([row.number for row in found], np.int64)
        return rows, unpacked_counts([row.counts for row in found])

    def _small(self, connection: sa.Connection, *, private: bool) -> tuple[int, int] | None:
        """Return from where to where small segments in a row are too many, None if nowhere."""
        s = self._t.segments.c
        found = connection.execute(
            sa.select(s.low, s.high).where(s.private.is_(private)).order_by(s.low)
        ).all()
        low, high, together = 0, 0, 0
        for one in found:
            if high == one.low and one.high - low <= _WIDEST and together:
                high, together = one.high, together + 1
            else:
                low, high, together = one.low, one.high, 1
            if together >= _SMALL_AT_MOST:
                return low, high
        return None

    def _write(
        self,
        connection: sa.Connection,
        span: tuple[int, int],
        made: "tuple[Rows, Iterator[tuple[int, bytes]]]",
        *,
        private: bool,
    ) -> None:
        """Write a segment in place of those of its span; none where no listing is left."""
        s, p = self._t.segments, self._t.postings
        gone = sa.and_(s.c.private.is_(private), s.c.low >= span[0], s.c.high <= span[1])
        connection.execute(sa.delete(p).where(p.c.segment.in_(sa.select(s.c.id).where(gone))))
        connection.execute(sa.delete(s).where(gone))
        rows, lines = made
        if not len(rows):
            return
        new = sa.insert(s).values(private=private, low=span[0], high=span[1]).returning(s.c.id)
        number = connection.execute(new).scalar_one()
        into = f"{self._t.name}.postings (segment, feature, packed)"
        copy_in(connection, into, ((number, feature, packed) for feature, packed in lines))


_NO_ROWS: Final = np.zeros(0, dtype=np.int64)


def _postings(counts: sp.csr_matrix, places: Rows, idf: Numbers) -> Iterator[tuple[int, bytes]]:
    """Yield each feature with the places that hold it and what it weighs there, 6 bytes each."""
    columns = Lexicon.weighing(counts, idf).columns
    sizes, n = np.diff(columns.indptr), counts.shape[0]
    kept = (sizes > 0) & ((sizes <= _COMMON * n) | (n < _COMMON_FROM))
    where, weights = places[columns.indices].astype("<u4"), columns.data.astype("<f2")
    for feature in np.flatnonzero(kept).tolist():
        start, end = columns.indptr[feature], columns.indptr[feature + 1]
        yield feature, where[start:end].tobytes() + weights[start:end].tobytes()


def copy_in(connection: sa.Connection, into: str, rows: Iterator[tuple[object, ...]]) -> None:
    """Write many rows at once. into: table and columns."""
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
