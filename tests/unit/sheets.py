"""Sheets to be set in tests: an everyday one and the worst there can be, in any language."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from service.domain.listing import Kind
from service.domain.match import Bridge, Flag, Missing, MissingKind, Severity, Tier
from service.domain.referral import Gap, Line, Reason, Referral, ReferralOption, Remark
from service.domain.said import Country, Currency, Fact, Money, Tongue, Worded
from service.skills.phrasebook import Phrasebook, both
from service.skills.scripts import RIGHT_TO_LEFT
from service.usecases.word_referral import LABELS, bridge_worded, flag_worded, gap_worded

DATA: Final = Path(__file__).parents[2] / "data"
BOOK: Final = Phrasebook.read(DATA / "sheet", DATA / "lexicon" / "work")
DAY: Final = date(2026, 11, 22)

FLAGS: Final[dict[str, dict[str, Fact]]] = {
    "recruiter_unlicensed": {},
    "fee_charged": {"amount": Money(123_456_789, "BDT"), "months": 23.4, "abroad": True},
    "visa_mismatch": {"country": Country("AE"), "origin": Country("BD")},
    "wage_far_below": {"amount": Money(123_456_789, "LKR")},
    "visa_lapses": {"date": DAY},
    "domestic_work_abroad": {},
    "corridor_unknown": {"country": Country("CD")},
}
"""What warns, with the facts that make it long."""
NOTES: Final[dict[str, dict[str, Fact]]] = {
    "newer_market": {"country": Country("CD")},
    "underuse": {},
    "far_away": {"km": 1234},
    "closes_soon": {"days": 3},
    "training_abroad": {"country": Country("CD")},
    "wage_not_compared": {"currency": Currency("SAR")},
}
ASKS: Final = (
    "ask_fee",
    "ask_licence",
    "ask_contract",
    "ask_visa",
    "ask_pay",
    "ask_start",
    "ask_certificate",
)


def referral(language: str, *, long: str = "", options: int = 3) -> Referral:
    """Return a sheet with every kind of thing on it. long: stands at the end of every text."""

    def text(plain: str) -> str:
        return f"{plain} {long}".strip()

    warnings = [
        _remark(language, code, facts, Severity.WARNING, (at,))
        for code, facts in FLAGS.items()
        # The worst: what has figures in it differs from option to option.
        for at in range(1, options + 1 if long and facts else 2)
    ]
    return Referral(
        language=language,
        right_to_left=language in RIGHT_TO_LEFT,
        reference="HW-7K2MQ-4XTRN",
        day=DAY,
        day_worded=both(DAY, language),
        name=None,
        labels={key: BOOK.say(language, key) for key in LABELS},
        numerals=tuple(both(at + 1, language).own for at in range(options)),
        options=tuple(_option(language, at, text) for at in range(1, options + 1)),
        asks=tuple(Remark(key, Severity.INFO, BOOK.say(language, key), (1,)) for key in ASKS),
        warnings=tuple(warnings),
        notes=tuple(
            _remark(language, code, facts, Severity.INFO, (1,)) for code, facts in NOTES.items()
        ),
        office=(text("District office, Cumilla")[:100], "+880 1711 000000, 9-16"),
    )


def _remark(
    language: str, code: str, facts: dict[str, Fact], severity: Severity, options: tuple[int, ...]
) -> Remark:
    flag = Flag(code, severity, "", facts)
    return Remark(code, severity, flag_worded(BOOK, language, flag), options)


def _option(language: str, number: int, text: Callable[[str], str]) -> ReferralOption:
    gaps = (
        Missing(text("read drawings"), MissingKind.SKILL, essential=True),
        Missing(text("Trade test"), MissingKind.CERTIFICATE, essential=True),
        Missing("", MissingKind.LANGUAGE, essential=False, facts={"what": Tongue("ko", "B1")}),
        Missing("", MissingKind.EXPERIENCE, essential=True, facts={"years": 3, "asked": True}),
    )
    bridge = bridge_worded(BOOK, language, Bridge.ASSESSMENT, text("Masonry, level 2"))
    pay = BOOK.say(language, "month", amount=Money(25_000, "SAR"))
    said = text("bricks and plaster")
    place = both(Country("SA"), language)
    return ReferralOption(
        listing_id=f"lst_{number}",
        number=number,
        kind=Kind.JOB,
        heading=BOOK.say(language, "job_abroad"),
        title=Worded(text("Mason"), text("Mason")),
        place=Worded(text(place.own), text(place.english)),
        tier=Tier.STRETCH,
        fit=BOOK.say(language, "stretch"),
        reasons=tuple(
            Reason(Worded(said, said), text("lay bricks"), quoted=True) for _ in range(4)
        ),
        gaps=tuple(Gap(gap_worded(BOOK, language, gap), bridge) for gap in gaps),
        lines=(
            Line("employer", BOOK.say(language, "employer"), Worded(text("Athi"), text("Athi"))),
            Line("pay", BOOK.say(language, "pay"), pay),
            Line("fee", BOOK.say(language, "fee"), BOOK.say(language, "fee_unknown")),
            Line("deadline", BOOK.say(language, "deadline"), both(DAY, language)),
        ),
    )
