"""Say what a match found in the person's language and in English: flags, gaps, pay, questions."""

from collections.abc import Iterator
from typing import Final

from service.domain.listing import Kind, Listing
from service.domain.match import Bridge, Flag, Missing, MissingKind, Severity
from service.domain.referral import Line
from service.domain.said import Fact, Money, Worded
from service.skills.phrasebook import Phrasebook, both

LABELS: Final = (
    "title",
    "name",
    "date",
    "reference",
    "why",
    "you_said",
    "they_ask",
    "it_teaches",
    "missing",
    "nothing_missing",
    "more",
    "ask",
    "mind",
    "notes",
    "office",
    "no_promise",
)
"""The keys of the words of headings."""

ASKED: Final = {
    "fee_unknown": "ask_fee",
    "recruiter_unknown": "ask_licence",
    "visa_unknown": "ask_visa",
    "wage_unknown": "ask_pay",
}
"""Flags that say no more than that something is unknown: they stand among what to ask."""
MINDED: Final = frozenset({"corridor_unknown"})
"""Facts that are as good as warnings to whoever is about to pay."""


def flag_worded(phrases: Phrasebook, language: str, flag: Flag) -> Worded:
    """Return what a flag says, in a language and in English."""
    facts = dict(flag.facts)
    if flag.code == "fee_charged":
        return _joined(_fee(phrases, language, facts))
    key = "closes_today" if flag.code == "closes_soon" and not facts.get("days") else flag.code
    said = [phrases.say(language, key, **facts)]
    if key == "visa_mismatch" and "country" in facts:
        said.append(phrases.say(language, "visa_closed", **facts))
    return _joined(said)


def _fee(phrases: Phrasebook, language: str, facts: dict[str, Fact]) -> Iterator[Worded]:
    if "amount" in facts:
        yield phrases.say(language, "fee_charged", amount=facts["amount"])
    else:
        yield phrases.say(language, "fee_charged_unclear", amount=facts["number"])
    if "months" in facts:
        yield phrases.say(language, "fee_months", months=facts["months"])
    if facts.get("abroad"):
        yield phrases.say(language, "fee_why")


def gap_worded(phrases: Phrasebook, language: str, gap: Missing) -> Worded:
    """Return what is missing, in a language and in English, the listing's own words within."""
    facts = dict(gap.facts)
    to_ask = "_ask" if facts.pop("asked", False) else ""
    if gap.kind is MissingKind.LANGUAGE:
        what = facts.get("what", gap.requirement)
        return phrases.say(language, f"gap_language{to_ask}", what=what)
    if gap.kind is MissingKind.EXPERIENCE and "years" in facts:
        return phrases.say(language, f"gap_years{to_ask}", **facts)
    key = "gap_certificate" if gap.kind is MissingKind.CERTIFICATE else "gap_skill"
    return phrases.say(language, key, what=gap.requirement)


def bridge_worded(phrases: Phrasebook, language: str, bridge: Bridge, title: str) -> Worded:
    """Return what closes a gap, in a language and in English."""
    return phrases.say(language, bridge.value, what=title)


def lines_worded(phrases: Phrasebook, language: str, listing: Listing) -> Iterator[Line]:
    """Yield pay, fee or cost, length and last day; what is not known is said to be so."""

    def line(code: str, value: Worded) -> Line:
        return Line(code, phrases.say(language, code), value)

    if listing.kind is Kind.JOB:
        yield line("pay", _pay(phrases, language, listing))
        yield line("fee", _paid(phrases, language, listing))
    else:
        yield line("cost", _cost(phrases, language, listing))
        if listing.duration_weeks:
            weeks = listing.duration_weeks
            key = "one_week" if weeks == 1 else "weeks"
            yield line("length", phrases.say(language, key, count=weeks))
    ends = listing.valid_through
    day = phrases.say(language, "unknown") if ends is None else both(ends, language)
    yield line("deadline", day)


def _pay(phrases: Phrasebook, language: str, listing: Listing) -> Worded:
    stated = [one for one in (listing.wage_min, listing.wage_max) if one is not None]
    if not stated or listing.wage_currency is None:
        return phrases.say(language, "unknown")
    least, most = stated[0], stated[-1]
    amount = both(Money(most, listing.wage_currency), language)
    if least != most:
        amount = phrases.say(language, "range", least=least, most=amount)
    # A wage without a period is read as monthly elsewhere; here nobody is told more than is said.
    if listing.wage_period is None:
        return amount
    return phrases.say(language, listing.wage_period.value, amount=amount)


def _paid(phrases: Phrasebook, language: str, listing: Listing) -> Worded:
    if listing.fee is None:
        return phrases.say(language, "fee_unknown")
    return _money(phrases, language, (listing.fee, listing.fee_currency), "no_fee")


def _cost(phrases: Phrasebook, language: str, listing: Listing) -> Worded:
    if listing.cost is None:
        return phrases.say(language, "fee_unknown")
    return _money(phrases, language, (listing.cost, listing.cost_currency), "free")


def _money(phrases: Phrasebook, language: str, paid: tuple[float, str | None], none: str) -> Worded:
    amount, currency = paid
    if not amount:
        return phrases.say(language, none)
    return both(Money(amount, currency) if currency else amount, language)


def questions(listing: Listing, *, abroad: bool) -> Iterator[str]:
    """Yield the keys of what to ask before agreeing to an option."""
    if listing.kind is not Kind.JOB:
        if listing.cost is None or listing.valid_through is None:
            yield "ask_start"
        if listing.certification is None and listing.kind is Kind.TRAINING:
            yield "ask_certificate"
        return
    if listing.fee is None or listing.fee:
        yield "ask_fee"
    if listing.recruiter_licensed is None and abroad:
        yield "ask_licence"
    yield "ask_contract"
    if listing.visa_class is None and abroad:
        yield "ask_visa"
    if listing.wage_min is None and listing.wage_max is None:
        yield "ask_pay"


def minded(flag: Flag) -> bool:
    """Tell whether a flag stands among the warnings of a sheet, which no shortening drops."""
    return flag.severity is Severity.WARNING or flag.code in MINDED


def _joined(said: Iterator[Worded] | list[Worded]) -> Worded:
    parts = list(said)
    return Worded(" ".join(one.own for one in parts), " ".join(one.english for one in parts))
