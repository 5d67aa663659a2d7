"""Listings to measure with: any number, from O*NET's titles and tasks.

Load, not language. The first fifty thousand are distinct: each alternate title once, with two to
five tasks of its occupation. Beyond them the titles come again as other employers' vacancies in
other countries at other wages. Titles and tasks are encoded as every listing's are; the vector of
a whole text is made of theirs, because to encode a million texts takes hours. Where a title comes
again it is moved a little by chance (cosine 0.98), or a million would lie on fifty thousand points.

They are written to the database and to the index at once, not one by one: it is reading that is
measured on them.
"""

import csv
import gzip
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import numpy as np
import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.codec import listing_to_json, vectors_to_bytes
from service.adapters.store.database import SqliteDatabase
from service.adapters.store.sql import DATABASE_NAME
from service.domain.embedding import ModelIdentity, Vectors
from service.domain.listing import Kind, Listing, WagePeriod
from service.domain.pool import ListingVectors
from service.ports import ProgressBar, Tools
from service.settings import Settings
from service.skills.requirements import requirement_texts
from service.usecases.clean_text import encoded_listings
from service.usecases.manage_keys import FIRST_ORGANISATION

SOURCE: Final = "onet"
_COUNTRIES: Final = ("BD", "IN", "NP", "PK", "LK", "PH", "SA", "AE", "QA", "MY", "JP", "RO")
_FEWEST_TASKS, _MOST_TASKS = 2, 5
_MOVED: Final = 0.2
_AT_ONCE: Final = 512
_SEED: Final = 20261123


def onet_rows(folder: Path) -> list[tuple[str, str]]:
    """Return (occupation code, alternate title) from O*NET's table, in its order."""
    return _columns(folder / "Alternate_Titles.txt.gz", "Alternate Title")


def _columns(path: Path, name: str) -> list[tuple[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [(row["O*NET-SOC Code"], row[name]) for row in rows]


def distinct_jobs(folder: Path) -> list[Listing]:
    """Return a job for each alternate title, in an order drawn once."""
    draw = random.Random(_SEED)  # noqa: S311 - nothing secret
    tasks: dict[str, list[str]] = defaultdict(list)
    for code, task in _columns(folder / "Task_Statements.txt.gz", "Task"):
        tasks[code].append(task)
    jobs = []
    for at, (code, title) in enumerate(onet_rows(folder)):
        known = tasks.get(code, [])
        wanted = min(draw.randint(_FEWEST_TASKS, _MOST_TASKS), len(known))
        jobs.append(_advertised(title, tuple(draw.sample(known, wanted)), at))
    draw.shuffle(jobs)
    return jobs


def _advertised(title: str, skills: tuple[str, ...], at: int) -> Listing:
    """Return a vacancy; what it pays and where goes round with `at`."""
    return Listing(
        kind=Kind.JOB,
        title=title,
        country=_COUNTRIES[at % len(_COUNTRIES)],
        employer=f"Employer {at}",
        skills=skills,
        wage_min=300 + at % 701,
        wage_currency="USD",
        wage_period=WagePeriod.MONTH,
    )


@dataclass(frozen=True, slots=True)
class Jobs:
    """Distinct jobs with vectors: texts (t, d), each once, and per job the rows of its own.

    The title's row comes first.
    """

    listings: Sequence[Listing]
    texts: Vectors
    rows: Sequence[Sequence[int]]

    @classmethod
    def of(cls, tools: Tools, listings: Sequence[Listing], bar: ProgressBar) -> Self:
        """Encode what the listings say, each text once."""
        asked = [requirement_texts(one) for one in listings]
        row_of = {text: 0 for some in asked for text in some}
        texts = list(row_of)
        row_of = {text: row for row, text in enumerate(texts)}
        bar.start(f"Encoding {len(texts):,} texts", len(texts))
        made = []
        for start in range(0, len(texts), _AT_ONCE):
            made.append(encoded_listings(tools, texts[start : start + _AT_ONCE]))
            bar.advance(len(made[-1]))
        rows = [[row_of[text] for text in some] for some in asked]
        return cls(listings, np.concatenate(made), rows)

    def vectors(self, at: int) -> ListingVectors:
        """Return the vectors of the listing with this number, of any number of listings."""
        asked = self.texts[self.rows[at % len(self.rows)]]
        whole = _unit(asked.sum(axis=0))
        if at >= len(self.rows):
            draw = np.random.default_rng((_SEED, at))
            whole = _unit(whole + _MOVED * _unit(draw.standard_normal(len(whole), np.float32)))
        return ListingVectors(whole, asked)

    def listing(self, at: int) -> Listing:
        """Return the listing with this number."""
        known = self.listings[at % len(self.rows)]
        return known if at < len(self.rows) else _advertised(known.title, known.skills, at)


def _unit(vector: Vectors) -> Vectors:
    found: Vectors = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return found


def write(
    settings: Settings, model: ModelIdentity, jobs: Jobs, size: int, bar: ProgressBar
) -> None:
    """Add `size` jobs to the records of a service that does not run."""
    bar.start(f"Writing {size:,} listings", size)
    database = SqliteDatabase(settings.data_dir / DATABASE_NAME)
    try:
        for start in range(0, size, _AT_ONCE):
            batch = range(start, min(start + _AT_ONCE, size))
            with database.write() as connection:
                _write_some(connection, model, jobs, batch)
            bar.advance(len(batch))
    finally:
        database.close()


def _write_some(
    connection: sa.Connection, model: ModelIdentity, jobs: Jobs, batch: Sequence[int]
) -> None:
    now, ids = datetime.now(UTC), [f"lst_onet{at:024x}" for at in batch]
    listings, vectors = [], []
    for name, at in zip(ids, batch, strict=True):
        content = jobs.listing(at)
        body, content_hash = listing_to_json(content)
        listings.append(
            {
                "id": name,
                "organisation_id": FIRST_ORGANISATION,
                "source": SOURCE,
                "external_id": str(at),
                "version": 1,
                "kind": content.kind.value,
                "country": content.country,
                "private": False,
                "body": body,
                "content_hash": content_hash,
                "created_at": now,
                "updated_at": now,
            }
        )
        vectors.append(
            {
                "listing_id": name,
                "model_revision": model.revision,
                "model_id": model.id,
                "vectors": vectors_to_bytes(jobs.vectors(at)),
            }
        )
    connection.execute(sa.insert(t.listings), listings)
    connection.execute(sa.insert(t.listing_vectors), vectors)
    connection.execute(
        sa.insert(t.listing_changes), [{"listing_id": name, "present": True} for name in ids]
    )
