"""An answer as an officer sees it: every option with its reasons in their language, and counts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from markupsafe import Markup

from service.console.chips import Chip, chips_of
from service.console.facets import Facet, facets_of, kept_by
from service.console.languages import PSEUDO
from service.console.question import SHOWN, Question
from service.domain.listing import Kind, Listing, StoredListing
from service.domain.match import Answer, Bridge, Flag, Match, Missing, Phrase, Severity, Tier
from service.domain.person import Route
from service.domain.said import Money, Worded
from service.ports import Tools
from service.rules.calendar import today_in
from service.rules.pay import UsualPay, usual_pay
from service.skills.phrasebook import ENGLISH, both
from service.usecases.correct_match import (
    match_corrected,
)
from service.usecases.word_referral import ASKED, flag_worded, gap_worded, lines_worded

_NEVER_SURE: Final = 0.45
"""Below it, words say too little of which work it was."""
_SPREAD_FROM: Final = 2


@dataclass(frozen=True, slots=True)
class Pay:
    """A job's pay beside what is usual. share: of the usual, 1.0 for as much. usual: in words."""

    share: float
    usual: Markup

    @property
    def bar(self) -> float:
        """How long its bar is, 0..1; the usual stands in the middle."""
        return min(self.share, 2.0) / 2

    @property
    def name(self) -> str:
        """One of more, about, less, far."""
        bounds = (("more", 1.15), ("about", 0.85), ("less", 0.6))
        return next((name for name, least in bounds if self.share >= least), "far")


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing in words, whether it may only be unsaid, and what closes it."""

    what: Markup
    to_ask: bool
    bridge: Bridge | None
    bridges: tuple[StoredListing, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One option. lines: pay, fee, cost, length, deadline in words, by name."""

    match: Match
    route: Route | None
    tier: Tier
    lines: Mapping[str, Markup]
    labels: Mapping[str, Markup]
    pay: Pay | None
    gaps: tuple[Gap, ...]
    warnings: tuple[Markup, ...]
    asks: tuple[Markup, ...]
    notes: tuple[Markup, ...]
    picked: bool

    @property
    def id(self) -> str:
        """The listing's id."""
        return self.match.listing.id

    @property
    def listing(self) -> Listing:
        """The listing's content."""
        return self.match.listing.content

    @property
    def met(self) -> int:
        """How many of the things asked for are met."""
        return len(self.match.evidence)

    @property
    def asked(self) -> int:
        """How many things are asked for."""
        return self.met + len(self.gaps)

    @property
    def far(self) -> bool:
        """Whether nothing that is asked for is known to be met, and the score is low besides."""
        return self.tier is Tier.STRETCH and not self.met

    @property
    def by(self) -> str | None:
        """Who offers it."""
        listing = self.listing
        return (
            listing.employer if listing.kind is Kind.JOB else listing.provider or listing.employer
        )


@dataclass(frozen=True, slots=True)
class Column:
    """One route's options: those shown, and how many there are."""

    route: Route
    cards: tuple[Card, ...]
    found: int


@dataclass(frozen=True, slots=True)
class View:
    """The answer page. gone: corrections that took a phrase out, (position, phrase)."""

    answer: Answer
    columns: tuple[Column, ...]
    chips: tuple[Chip, ...]
    gone: tuple[tuple[int, str], ...]
    facets: Mapping[str, tuple[Facet, ...]]
    compared: tuple[Card, ...]
    hidden_picks: tuple[str, ...]
    options: tuple[Card, ...]
    vague: bool
    unknown_vetoes: tuple[str, ...]
    notices: frozenset[str]
    spread: tuple[str, ...]
    age: int | None = None
    found: int = 0

    @property
    def more(self) -> bool:
        """Whether some options are not shown yet."""
        return any(len(one.cards) < one.found for one in self.columns)


def shown(said: Worded) -> Markup:
    """Return what is worded twice as the officer reads it, isolated."""
    return Markup("<bdi>{}</bdi>").format(said.own)


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes a page's options. language: a phrasebook's."""

    tools: Tools
    question: Question
    language: str
    pay: UsualPay
    bridges: Mapping[str, StoredListing] = field(default_factory=dict)
    vague: bool = False

    def card(self, match: Match, route: Route | None) -> Card:
        """Return one option."""
        listing, phrases = match.listing.content, self.tools.phrases
        lines = list(lines_worded(phrases, self.language, listing))

        def flags(wanted: Callable[[Flag], bool]) -> tuple[Markup, ...]:
            said = (one for one in match.flags if wanted(one) and one.code not in _SHOWN_ELSEWHERE)
            return tuple(shown(flag_worded(phrases, self.language, one)) for one in said)

        return Card(
            match=match,
            route=route,
            # Words that say nothing of a trade give nothing that is more than a guess.
            tier=Tier.STRETCH if self.vague else match.tier,
            lines={one.code: shown(one.value) for one in lines},
            labels={one.code: shown(one.label) for one in lines},
            pay=self._pay(listing),
            gaps=tuple(self._gap(one) for one in match.missing),
            warnings=flags(lambda one: one.severity is Severity.WARNING),
            asks=flags(lambda one: one.code in ASKED),
            notes=flags(lambda one: one.severity is Severity.INFO and one.code not in ASKED),
            picked=match.listing.id in self.question.picks,
        )

    def _pay(self, listing: Listing) -> Pay | None:
        compared = self.pay.share_of_usual(listing) if listing.kind is Kind.JOB else None
        if compared is None:
            return None
        share, usual = compared
        amount = Money(_rounded(usual.amount), usual.currency)
        said = self.tools.phrases.say(self.language, "month", amount=both(amount, self.language))
        return Pay(share, shown(said))

    def _gap(self, gap: Missing) -> Gap:
        facts = {name: fact for name, fact in gap.facts.items() if name != "asked"}
        said = gap_worded(self.tools.phrases, self.language, replace(gap, facts=facts))
        found = tuple(self.bridges[one] for one in gap.bridges if one in self.bridges)
        to_ask = bool(gap.facts.get("asked"))
        return Gap(shown(said), to_ask, gap.bridge if found else None, found[:2])


_SHOWN_ELSEWHERE: Final = frozenset({"far_away", "wage_far_below"})
"""Flags whose words stand beside the date, the distance and the pay already."""


def _rounded(amount: float) -> float:
    """Return an amount to two figures: what is usual is no exact number."""
    digits = len(str(int(amount)))
    return round(amount, 2 - digits) if amount >= 1 else amount


def view_of(tools: Tools, question: Question, code: str) -> View:
    """Ask and return the page's answer. code: the officer's language.

    Raises as `match_corrected` does.
    """
    language = ENGLISH if code == PSEUDO else code
    answer = match_corrected(tools, question.request(), question.corrections, question.person)
    vague = is_vague(answer)
    kept = {
        route: [one for one in some if kept_by(one, question.chosen)]
        for route, some in answer.routes.items()
    }
    matches = [one for some in kept.values() for one in some]
    ids = {
        name
        for one in [*matches, *answer.age_hint.options]
        for gap in one.missing
        for name in gap.bridges[:2]
    }
    today = today_in(question.profile.home_country, tools.clock.now())
    maker = Maker(
        tools,
        question,
        language,
        usual_pay(tools.index.stock(today, question.viewer), tools.rates),
        tools.store.listings(sorted(ids)),
        vague,
    )
    routed = [(route, one) for route, some in kept.items() for one in some]
    picked = {
        one.listing.id: maker.card(one, route)
        for route, one in routed
        if one.listing.id in question.picks
    }
    for one in answer.age_hint.options:
        if one.listing.id in question.picks:
            picked.setdefault(one.listing.id, maker.card(one, None))
    columns = tuple(
        Column(
            route,
            tuple(maker.card(one, route) for one in _first(some, everything=question.all_shown)),
            len(some),
        )
        for route, some in kept.items()
    )
    options = tuple(maker.card(one, None) for one in answer.age_hint.options[:3])
    on_page = {card.id for column in columns for card in column.cards} | {one.id for one in options}
    vetoes = question.profile.preferences.vetoes
    return View(
        answer=answer,
        columns=columns,
        chips=chips_of(tools, question, answer, language),
        gone=tuple(
            (at, one.phrase) for at, one in enumerate(question.corrections) if not one.instead
        ),
        facets=facets_of(tools, question, answer),
        compared=tuple(picked[one] for one in question.picks if one in picked)[:3],
        hidden_picks=tuple(one for one in question.picks if one not in on_page),
        options=options,
        vague=vague,
        unknown_vetoes=tuple(
            one.text or "" for one in vetoes if not tools.refusals.refusal(one).known
        ),
        notices=frozenset(one.code for one in (*answer.understood.notices, *answer.notices)),
        spread=_spread(answer),
        age=answer.age_hint.age_from,
        found=len(matches),
    )


def _first(matches: Sequence[Match], *, everything: bool) -> Sequence[Match]:
    """Return the options that a page begins with: the nearest, and others only with a reason."""
    if everything:
        return matches
    reasoned = [one for one in matches[1:] if one.evidence or one.tier is not Tier.STRETCH]
    return [*matches[:1], *reasoned[: SHOWN - 1]]


def is_vague(answer: Answer) -> bool:
    """Tell whether nothing that was said names a trade surely enough to stand on."""
    working = [one for one in answer.understood.phrases if one.work]
    return not any(
        one.means and one.confidence >= _NEVER_SURE and not _empty(one) for one in working
    )


def _empty(phrase: Phrase) -> bool:
    """Tell whether a phrase was read as odd jobs: "work", "anything", "helper"."""
    return phrase.isco08 == _ODD_JOBS and len(phrase.text.split()) <= _SPREAD_FROM


_ODD_JOBS: Final = "9622"


def _spread(answer: Answer) -> tuple[str, ...]:
    """Return the countries that came into the answer abroad because it is spread."""
    if answer.spread is None or not answer.spread.exchanged:
        return ()
    return tuple(one for one in answer.spread.after if one not in answer.spread.before)
