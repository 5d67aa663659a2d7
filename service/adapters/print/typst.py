"""Referral sheets as PDF, set by Typst with fonts that ship here: no system library, no network."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import typst

from service.adapters.print.letters import FONTS, drawable, kept_in_order, shortened
from service.domain.listing import Kind
from service.domain.referral import Gap, Line, Reason, Referral, ReferralOption, Remark
from service.domain.said import Worded

_HERE: Final = Path(__file__).parent
_TEMPLATE: Final = _HERE / "sheet.typ"
_SCRIPTS: Final = {
    "bn": "Noto Sans Bengali",
    "hi": "Noto Sans Devanagari",
    "ne": "Noto Sans Devanagari",
    "ur": "Noto Naskh Arabic",
    "ar": "Noto Naskh Arabic",
    "ta": "Noto Sans Tamil",
    "si": "Noto Sans Sinhala",
    "ml": "Noto Sans Malayalam",
}


@dataclass(frozen=True, slots=True)
class Level:
    """How much goes on the page: size in points, letters of a text, and how many of each."""

    size: float
    letters: int
    reasons: int
    gaps: int
    notes: int


LEVELS: Final = (
    Level(10.0, 120, 3, 4, 4),
    Level(9.3, 110, 3, 4, 4),
    Level(8.6, 100, 3, 3, 3),
    Level(8.0, 90, 2, 3, 2),
    Level(7.5, 80, 2, 2, 1),
    Level(7.0, 60, 1, 2, 0),
    Level(6.5, 50, 1, 1, 0),
    Level(6.0, 40, 1, 1, 0),
)
"""Tried in this order until a page holds it. Warnings and questions stand whole on each."""


class TypstPrinter:
    """Sets one page; how much goes on it is decided by what fits."""

    def pdf(self, referral: Referral) -> bytes:
        """Return one page of A4 as PDF/UA-1: tagged, with language and title."""
        day = referral.day
        data = {
            "language": referral.language,
            "rtl": referral.right_to_left,
            "fonts": _fonts(referral.language),
            "title": referral.labels["title"].own,
            "date": [day.year, day.month, day.day],
            "sheets": [_Page(level, referral).content() for level in LEVELS],
        }
        page: bytes = typst.compile(
            str(_TEMPLATE),
            root=str(_HERE),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            sys_inputs={"sheet": json.dumps(data, ensure_ascii=False)},
            pdf_standards=["ua-1"],
        )
        return page


def _fonts(language: str) -> list[str]:
    own = _SCRIPTS.get(language)
    others = [one for one in dict.fromkeys(_SCRIPTS.values()) if one != own]
    return ["Noto Sans", *([own] if own else []), *others]


_GIVEN: Final = frozenset({"employer", "provider"})
"""Facts in a listing's own words, which may be long; all others are short, and stand whole."""

_Pair = list[str]
_Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Page:
    """One level of a sheet, as the template reads it. A pair is own language and English."""

    level: Level
    referral: Referral

    def content(self) -> _Json:
        referral, level = self.referral, self.level
        return {
            "size": level.size,
            "labels": {key: self._pair(one) for key, one in referral.labels.items()},
            "reference": referral.reference,
            "day": self._pair(referral.day_worded),
            "name": None if referral.name is None else self._own(referral.name),
            "numerals": list(referral.numerals),
            "options": [self._option(one) for one in referral.options],
            "asks": self._remarks(referral.asks),
            "warnings": self._remarks(referral.warnings),
            "notes": self._remarks(referral.notes[: level.notes]),
            "office": [self._directed(drawable(one)) for one in referral.office],
        }

    def _option(self, one: ReferralOption) -> _Json:
        level = self.level
        return {
            "number": one.number,
            "heading": self._pair(one.heading),
            "title": self._short(one.title),
            "place": self._short(one.place),
            "fit": self._pair(one.fit),
            "job": one.kind is Kind.JOB,
            "reasons": [self._reason(reason) for reason in one.reasons[: level.reasons]],
            "gaps": [self._gap(gap) for gap in one.gaps[: level.gaps]],
            "more": len(one.gaps) > level.gaps,
            "lines": [self._line(line) for line in one.lines],
        }

    def _reason(self, one: Reason) -> _Json:
        own, english = self._short(one.said)
        said = [f"\u201c{text}\u201d" if one.quoted else text for text in (own, english)]
        return {"said": said, "asked": drawable(shortened(one.asked, self.level.letters))}

    def _gap(self, one: Gap) -> _Json:
        # They hold words of ours, before the listing's.
        bridge = None if one.bridge is None else self._short(one.bridge, 2)
        return {"what": self._short(one.what, 2), "bridge": bridge}

    def _line(self, one: Line) -> list[_Pair]:
        value = self._short(one.value) if one.code in _GIVEN else self._pair(one.value)
        return [self._pair(one.label), value]

    def _remarks(self, some: tuple[Remark, ...]) -> list[_Json]:
        return [{"text": self._pair(one.text), "options": list(one.options)} for one in some]

    def _pair(self, one: Worded) -> _Pair:
        return [self._directed(drawable(one.own)), drawable(one.english)]

    def _short(self, one: Worded, times: int = 1) -> _Pair:
        letters = times * self.level.letters
        return [self._own(one.own, times), drawable(shortened(one.english, letters))]

    def _own(self, text: str, times: int = 1) -> str:
        return self._directed(drawable(shortened(text, times * self.level.letters)))

    def _directed(self, text: str) -> str:
        return kept_in_order(text) if self.referral.right_to_left else text
