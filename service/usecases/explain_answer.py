"""Explain the listings of one answer: evidence, gaps, tier, flags and distance of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.eligibility import Circle, Eligibility
from service.domain.listing import Listing, StoredListing
from service.domain.match import Match, Tier, Understanding
from service.domain.pool import Pool
from service.domain.records import SavedUnderstanding
from service.matching.evidence import Asked, PersonWords
from service.matching.score import Floats
from service.ports import Tools
from service.rules.eligible import Rulebook, distance_km, reasons_against
from service.rules.flags import Setting, flags_for
from service.rules.markets import newer_markets
from service.rules.pay import usual_pay
from service.skills.responsibility import asked as asked_level
from service.skills.responsibility import shown
from service.usecases.clean_text import cleaned_listing
from service.usecases.explain_match import Compared, Judged, explain, stated_of


@dataclass(frozen=True, slots=True)
class Chosen:
    """A listing of a pool that made it into the answer."""

    listing_id: str
    score: float
    requirements: Floats
    """(k, d) of what the listing asks for, title first."""

    @classmethod
    def of(cls, pool: Pool, score: Floats, row: int | np.int64) -> "Chosen":
        """Take one row of a scored pool."""
        return cls(
            listing_id=pool.ids[row],
            score=float(score[row]),
            requirements=pool.requirements[pool.starts[row] : pool.starts[row + 1]],
        )


@dataclass(frozen=True, slots=True)
class Worded:
    """What a listing asks for, as it says so and as it is compared, title first."""

    stored: StoredListing
    stated: Sequence[str]
    asked: Asked

    @classmethod
    def of(cls, tools: Tools, stored: StoredListing, requirements: Floats) -> "Worded":
        """Put into words what has vectors, (k, d)."""
        stated = stated_of(stored.content, requirements)
        texts = tuple(cleaned_listing(tools, one)[0].english for one in stated)
        return cls(stored, stated, Asked(requirements, texts))


@dataclass(frozen=True, slots=True)
class Reader:
    """All that matches of one answer are explained with."""

    tools: Tools
    book: Rulebook
    heard: PersonWords
    understood: Understanding
    setting: Setting
    years: float

    def judged(
        self, some: Iterable[tuple[Chosen, Eligibility]], listings: Mapping[str, StoredListing]
    ) -> list[Judged]:
        """Explain each chosen listing that exists and that its rules let through."""
        # A listing deleted since the search is simply no longer there. Listings may have changed
        # since the index saw them; the rules hold on what is stored.
        return self.explained(
            [
                (Worded.of(self.tools, stored, one.requirements), one.score)
                for one, allowed in some
                if (stored := listings.get(one.listing_id)) is not None
                and not reasons_against(stored, allowed, self.book)
            ]
        )

    def explained(self, some: Sequence[tuple[Worded, float]]) -> list[Judged]:
        """Explain listings, with their scores, that the rules are known to let through."""
        scorer = self.tools.evidence
        answered = scorer.answered(self.heard, [one.asked for one, _ in some])
        return [
            explain(
                self._match(one.stored, rank, score),
                self.book.profile,
                self.understood,
                Compared(one.stated, one.asked.requirements, by_phrases, scorer.met, self.years),
            )
            for rank, ((one, score), by_phrases) in enumerate(
                zip(some, answered, strict=True), start=1
            )
        ]

    def _match(self, stored: StoredListing, rank: int, score: float) -> Match:
        away = self.setting.away_km(stored.content)
        return Match(
            listing=stored,
            rank=rank,
            score=round(score, 4),
            tier=tier_of(self.tools, score, self.understood),
            evidence=(),
            missing=(),
            flags=flags_for(stored.content, self.setting),
            distance_km=None if away is None else round(away, 1),
        )


def reader_of(tools: Tools, book: Rulebook, read: SavedUnderstanding) -> Reader:
    """Return what explains a person's matches."""
    said = [phrase.text for phrase in read.understanding.phrases if phrase.work]
    stock = tools.index.stock(book.today, book.viewer)
    responsibility = shown(said, read.texts)
    setting = Setting(
        book=book,
        pay=usual_pay(stock, book.rates),
        newer=newer_markets(stock, book.profile.home_country),
        shown_level=responsibility.level,
        shown_words=responsibility.words,
        asked_level=asked_level,
        away_km=lambda listing: away_km(book, listing),
    )
    years = read.said.years if read.said is not None else 0.0
    return Reader(tools, book, heard_of(read), read.understanding, setting, years)


def away_km(book: Rulebook, listing: Listing) -> float | None:
    """Return how far a listing in the person's own country is, None elsewhere or unknown."""
    if listing.country != book.profile.home_country or book.home is None:
        return None
    place = book.places.of_listing(listing)
    if place is None:
        return None
    return distance_km(place, Circle(book.home.lat, book.home.lon, 0))


def heard_of(read: SavedUnderstanding) -> PersonWords:
    """Return a person's work words, as the encoder got them, to be held against requirements."""
    return PersonWords.of(read.vectors[0], read.vectors[1:], read.texts)


def tier_of(tools: Tools, score: float, understood: Understanding) -> Tier:
    """Never call an answer good when the words were hardly read."""
    return Tier.STRETCH if understood.notices else tools.scorer.tier(score)
