"""Records made up for tests, and an encoder that costs nothing."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from service.adapters.store.sql import SqlStore
from service.domain.access import Organisation
from service.domain.embedding import ModelIdentity, Vectors
from service.domain.listing import Kind, LanguageSkill, Listing, StoredListing, WagePeriod
from service.domain.match import Notice, Phrase, Understanding
from service.domain.person import (
    Consent,
    Contact,
    Experience,
    Market,
    MinWage,
    Preferences,
    Profile,
    ReturnCategory,
    Route,
    Skill,
    SkillStatus,
    StoredPerson,
    Veto,
)
from service.domain.pool import ListingVectors
from service.domain.records import Put, SavedUnderstanding, Written
from service.domain.work_said import Said, Shares
from service.ports import Store

MODEL = ModelIdentity("toy", "toy-1", 16)
NEXT_MODEL = ModelIdentity("toy", "toy-2", 16)
HOME = Organisation("home", "Home office", datetime(2026, 1, 1, tzinfo=UTC))
OTHER = Organisation("other", "Another office", datetime(2026, 1, 2, tzinfo=UTC))

FULL_LISTING = Listing(
    kind=Kind.TRAINING,
    title="Welding course: 3G & 6G — ওয়েল্ডিং কোর্স",
    country="BD",
    description="Line one\nline two\ttabbed \U0001f527",
    employer="Technical Training Centre “Mirpur”",
    region="Dhaka",
    url="https://example.org/courses?id=1&x=y",
    skills=("arc welding", "blueprint reading"),
    isco08="7212",
    min_experience_years=1.5,
    languages=(LanguageSkill("bn", "B1"), LanguageSkill("en")),
    certificates=("NTVQF level 2",),
    wage_min=100.5,
    wage_max=0.1 + 0.2,
    wage_currency="BDT",
    wage_period=WagePeriod.DAY,
    fee=0.0,
    fee_currency="BDT",
    visa_class="none",
    recruiter_licensed=False,
    positions=0,
    posted_at=datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC),
    valid_through=date(2026, 12, 31),
    outcomes=("weld pipes overhead",),
    duration_weeks=12.0,
    cost=0.0,
    cost_currency="BDT",
    provider="TTC",
    certification="NSDA",
    sectors=("construction", "manufacturing"),
    lat=23.8103,
    lon=90.4125,
)

FULL_PROFILE = Profile(
    text="I laid bricks in Dammam for eight years. আমি রাজমিস্ত্রি।",
    home_country="BD",
    region="Cumilla",
    lat=23.46,
    lon=91.18,
    experiences=(Experience("mason", "walls and plaster", "SA", 8.0), Experience(country="QA")),
    skills=(Skill("plastering", SkillStatus.CERTIFIED, "NTVQF"), Skill("tiling")),
    languages=(LanguageSkill("ar", "A2"),),
    education="class eight",
    birth_year=1985,
    gender="woman",
    preferences=Preferences(
        routes=(Route.LOCAL, Route.TRAINING),
        countries=("BD",),
        exclude_countries=("SA",),
        max_distance_km=25.0,
        min_wage=MinWage(900.0, "BDT", WagePeriod.DAY),
        vetoes=(Veto(isco08="5"), Veto(text="night guard", market=Market.LOCAL)),
    ),
    remigration=False,
    visa_expires=date(2026, 9, 9),
    return_category=ReturnCategory.VICTIM_OF_ABUSE,
    consent=Consent(matching=True, share_with=("other",), until=date(2027, 1, 1)),
)


class ToyEncoder:
    """Implements `service.ports.Encoder`: a text's vector is drawn by the text's own hash."""

    model = MODEL

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See the port."""
        if not texts:
            return np.zeros((0, self.model.dimensions), dtype=np.float32)
        return np.stack([_drawn(text) for text in texts])


def _drawn(text: str) -> Vectors:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
    row: Vectors = unit_rows(np.random.default_rng(seed), 1)[0]
    return row


def unit_rows(draw: np.random.Generator, count: int, dimensions: int = MODEL.dimensions) -> Vectors:
    """Return random unit vectors, shape (count, dimensions)."""
    rows = draw.standard_normal((count, dimensions))
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def vectors_for(text: str, requirements: int = 2) -> ListingVectors:
    """Return toy vectors of a listing whose text is `text`."""
    made = ToyEncoder().encode([text, *(f"{text} {n}" for n in range(requirements))])
    return ListingVectors(whole=made[0], requirements=made[1:])


def job(title: str, **changes: Any) -> Listing:  # noqa: ANN401 - fields of many types
    """Return a job that states no more than it must."""
    return replace(Listing(kind=Kind.JOB, title=title, country="BD"), **changes)


def listing_put(
    name: str,
    content: Listing | None = None,
    **changes: Any,  # noqa: ANN401 - fields of many types
) -> Put[Listing]:
    """Return a write of one listing, with the toy vectors of its title."""
    content = content or job(name)
    put = Put(
        organisation_id=HOME.id,
        source="board",
        external_id=name,
        content=content,
        vectors=vectors_for(content.title),
        model=MODEL,
    )
    return replace(put, **changes)


def write_listing(
    store: Store,
    name: str,
    content: Listing | None = None,
    **changes: Any,  # noqa: ANN401 - fields of many types
) -> Written[StoredListing]:
    """Write one listing."""
    return store.put_listings([listing_put(name, content, **changes)])[0]


def person_put(
    text: str,
    **changes: Any,  # noqa: ANN401 - fields of many types
) -> Put[Profile]:
    """Return a write of a person of the first organisation who says `text`."""
    content = changes.pop("content", None) or Profile(text=text, home_country="BD")
    return replace(Put(organisation_id=HOME.id, content=content), **changes)


def reading(text: str, model: ModelIdentity = MODEL) -> SavedUnderstanding:
    """Return a reading of `text` as one phrase."""
    phrase = Phrase(text, means="Bricklayers", isco08="7112", confidence=0.5)
    notice = Notice("language_not_read", "Only English was read.")
    return SavedUnderstanding(
        understanding=Understanding("en", (phrase,), (notice,)),
        work_text=text,
        vectors=ToyEncoder().encode([text, text]),
        model=model,
        said=said_of(text),
    )


def said_of(text: str) -> Said:
    """Return `text` as one phrase in numbers; of two unit groups it is near the first."""
    return Said(
        vectors=ToyEncoder().encode([text, text]),
        shares=Shares(
            np.array([[0, 1], [0, 1]], np.uint16),
            np.array([[0.75, 0.25], [0.5, 0.5]], np.float32),
        ),
        sure=0.5,
        years=0.0,
        present=np.array([False]),
    )


def write_person(
    store: Store,
    text: str,
    contact: Contact | None = None,
    **changes: Any,  # noqa: ANN401 - fields of many types
) -> Written[StoredPerson]:
    """Write one person."""
    return store.put_person(person_put(text, **changes), contact, reading(text))


@contextmanager
def sqlite_store(folder: Path) -> Iterator[SqlStore]:
    """Open the SQLite store that lives in `folder`, its key file beside it."""
    store = SqlStore.open(folder / "data", folder / "keys.json")
    try:
        yield store
    finally:
        store.close()
