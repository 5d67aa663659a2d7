"""An answer as an officer sees it: every option with its reasons in their language, and counts."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from markupsafe import Markup

from service.console.languages import PSEUDO
from service.console.question import SHOWN, Chosen, Question, without_group
from service.domain.listing import Kind, Listing, StoredListing
from service.domain.match import Answer, Bridge, Flag, Match, Missing, Phrase, Severity, Tier
from service.domain.person import Route
from service.domain.said import Money, Worded
from service.ports import Tools
from service.rules.calendar import today_in
from service.rules.pay import UsualPay, usual_pay
from service.skills.phrasebook import ENGLISH, both
from service.usecases.correct_match import (
    Names,
    called,
    match_corrected,
    trade_named,
    trade_names,
    trades_near,
)
from service.usecases.word_referral import ASKED, flag_worded, gap_worded, lines_worded

_MOST_WHY: Final = 2
_SURE: Final = 0.75
_LIKELY: Final = 0.5
_NEVER_SURE: Final = 0.45
"""Below it, words say too little of which work it was."""
_SPREAD_FROM: Final = 2
_MANY: Final = 12


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
class Chip:
    """One phrase. sure: well, likely, guess, none, denied or aside. near: (value, words) to pick.

    undo: the position of the correction that it comes from, None for the person's own.
    """

    at: int
    text: str
    means: Markup | None
    sure: str
    near: tuple[tuple[str, str], ...]
    undo: int | None
    was: str | None = None


@dataclass(frozen=True, slots=True)
class Facet:
    """One filter with the number of options it leaves."""

    group: str
    value: str
    count: int
    on: bool


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


_SHOWN_ELSEWHERE: Final = frozenset({"closes_soon", "far_away", "wage_far_below"})
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
        route: [one for one in some if _kept(one, question.chosen)]
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
        usual_pay(tools.index.stock(today), tools.rates),
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
        chips=_chips(tools, question, answer, language),
        gone=tuple(
            (at, one.phrase) for at, one in enumerate(question.corrections) if not one.instead
        ),
        facets=_facets(tools, question, answer),
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


def _kept(match: Match, chosen: Chosen) -> bool:
    listing = match.listing.content
    return (
        (not chosen.tiers or match.tier in chosen.tiers)
        and ("no_fee" not in chosen.only or free(listing))
        and ("pay" not in chosen.only or pays(listing))
    )


def free(listing: Listing) -> bool:
    """Tell whether a listing says that it costs the person nothing."""
    return (listing.fee if listing.kind is Kind.JOB else listing.cost) == 0


def pays(listing: Listing) -> bool:
    """Tell whether a listing says what it pays."""
    return listing.wage_min is not None or listing.wage_max is not None


def _chips(tools: Tools, question: Question, answer: Answer, language: str) -> tuple[Chip, ...]:
    phrases = answer.understood.phrases
    names, near = trade_names(tools), trades_near(tools, phrases)
    put = {one.instead: at for at, one in enumerate(question.corrections) if one.instead}
    found = []
    for at, (phrase, codes) in enumerate(zip(phrases, near, strict=True)):
        undo = put.get(phrase.text) if phrase.origin == "skill" else None
        words = phrase.means or phrase.text
        trades = [name for code in codes if (name := trade_named(names, code, words))]
        picks = {name: said for name in trades if (said := called(tools, name, language))}
        found.append(
            Chip(
                at=at,
                text=phrase.text,
                means=_meaning(tools, names, phrase, language),
                sure=_how_sure(phrase),
                near=tuple(picks.items()),
                undo=undo,
                was=None if undo is None else question.corrections[undo].phrase,
            )
        )
    return tuple(found)


def _meaning(tools: Tools, names: Names, phrase: Phrase, language: str) -> Markup | None:
    """Return what a phrase was taken to mean: its trade in the officer's words, else in English."""
    if phrase.means is None:
        return None
    if language != ENGLISH and phrase.isco08:
        trade = trade_named(names, phrase.isco08, f"{phrase.means} {phrase.text}")
        own = called(tools, trade, language) if trade else None
        if own is not None:
            return Markup("<bdi>{}</bdi>").format(own)
    return Markup('<bdi lang="en">{}</bdi>').format(phrase.means)


def _how_sure(phrase: Phrase) -> str:
    if phrase.denied:
        return "denied"
    if not phrase.work:
        return "aside"
    if phrase.means is None:
        return "none"
    if phrase.confidence >= _SURE:
        return "well"
    return "likely" if phrase.confidence >= _LIKELY else "guess"


def _spread(answer: Answer) -> tuple[str, ...]:
    """Return the countries that came into the answer abroad because it is spread."""
    if answer.spread is None or not answer.spread.exchanged:
        return ()
    return tuple(one for one in answer.spread.after if one not in answer.spread.before)


def _facets(tools: Tools, question: Question, answer: Answer) -> Mapping[str, tuple[Facet, ...]]:
    """Return every filter with how many options it leaves, counted in the answer itself.

    What a group's own filter hides is counted in an answer without it, so that each number is
    what ticking the box would show.
    """
    found = {}
    for group in ("routes", "countries", "sectors", "tiers", "only"):
        ticked: frozenset[str] = frozenset(map(str, getattr(question.chosen, group)))
        chosen = question.chosen
        counted = answer
        if ticked and group in {"routes", "countries", "sectors"}:
            chosen = without_group(question.chosen, group)
            counted = match_corrected(
                tools, question.request(chosen), question.corrections, question.person
            )
        elif ticked and group == "tiers":
            chosen = without_group(question.chosen, group)
        kept = [
            (route, one)
            for route, some in counted.routes.items()
            for one in some
            if _kept(one, chosen)
        ]
        counts = Counter(value for route, one in kept for value in _values(group, route, one))
        for value in ticked:
            counts.setdefault(value, 0)
        found[group] = tuple(
            Facet(group, value, count, value in ticked) for value, count in _ordered(group, counts)
        )
    return found


def _ordered(group: str, counts: Counter[str]) -> Iterable[tuple[str, int]]:
    fixed: Mapping[str, Sequence[str]] = {
        "routes": [one.value for one in Route],
        "tiers": [one.value for one in Tier],
        "only": ["licensed", "no_fee", "pay"],
    }
    if group in fixed:
        return [(one, counts[one]) for one in fixed[group] if one in counts]
    return counts.most_common(_MANY)


def _values(group: str, route: Route, match: Match) -> Iterable[str]:
    listing = match.listing.content
    if group == "routes":
        return [route.value]
    if group == "countries":
        return [listing.country]
    if group == "sectors":
        return listing.sectors
    if group == "tiers":
        return [match.tier.value]
    facts = {
        "licensed": listing.recruiter_licensed is True,
        "no_fee": free(listing),
        "pay": pays(listing),
    }
    return [name for name, holds in facts.items() if holds]
