"""What sort of thing a listing asks for, read off its own words; and what a training is."""

import re
from functools import cache, lru_cache
from typing import Final

from babel import Locale

from service.domain.listing import Kind, Listing
from service.domain.match import MissingKind

_REMEMBERED: Final = 50_000
"""Texts of listings: the same few trainings are held against every gap of every answer."""

_SPOKEN: Final = tuple(
    """ar bn cs de dv el en es fa fr he hi hr hu id it ja km kn ko lt ml ms my ne nl pa pl ps pt
    ro ru rw si sr sv sw ta te th tl tr uk ur vi yue zh""".split()  # noqa: SIM905 - codes to read
)
_OTHER_NAMES: Final = {
    "bangla": "bn",
    "bahasa malaysia": "ms",
    "bahasa melayu": "ms",
    "bahasa indonesia": "id",
    "mandarin": "zh",
    "tagalog": "tl",
    "sinhalese": "si",
    "filipino": "tl",
    "farsi": "fa",
    "jlpt": "ja",
    "jft": "ja",
    "topik": "ko",
    "ielts": "en",
    "toefl": "en",
    "goethe": "de",
    "telc": "de",
    "hsk": "zh",
}
_EXAMS: Final = frozenset({"jlpt", "jft", "topik", "ielts", "toefl", "goethe", "telc", "hsk"})
_ABOUT_SPEAKING: Final = re.compile(
    r"\b(?:speak\w*|spoken|read|reading|writ\w+|understand\w*|languages?|fluen\w+|conversation\w*|"
    r"communicat\w*|basic|good|working|simple|some|little|level|for work|beginner|advanced|"
    r"n[1-5]|[abc][12])\b"
)
_CERTIFICATE: Final = re.compile(
    r"^(?:valid|current|holder of|certified|licen[cs]ed|registered)\b.*|"
    r"^(?!(?:check|renew|translate|keep|track|follow|handle|read|fill|issue|drive)\b).*"
    r"\b(?:licen[cs]e|certificate|certification|diploma|degree|seam[ae]n'?s book|trade test|stcw|"
    r"nc ?i{1,3}|nvq|nsqf|nvqf|cswip|nebosh|coc|code 95)(?: level)?(?: \d)?(?: \(.*\))?$"
)
_EXPERIENCE: Final = re.compile(
    r"\b(?:\d+\+? ?(?:years?|yrs?)|years? of|experienced?|experience (?:in|as|with|of))\b"
)
_NOT_SPEAKING: Final = re.compile(r"\b(?:cook\w*|meals?|food|dishes|massage|teach|prepare)\b")
_RECOGNITION: Final = re.compile(r"\b(?:rpl|(?:recognition|assessment) of prior learning)\b")
_SKILL_TEST: Final = re.compile(r"^(?:(?!course|training).)*\b(?:skills? tests?|trade test)\b")


@cache
def _names() -> dict[str, str]:
    english = Locale("en").languages
    return {english[code].casefold(): code for code in _SPOKEN if code in english} | _OTHER_NAMES


@cache
def _any_language() -> re.Pattern[str]:
    names = sorted(_names(), key=lambda name: -len(name))
    return re.compile(rf"\b(?:{'|'.join(re.escape(name) for name in names)})\b")


@lru_cache(maxsize=_REMEMBERED)
def languages_in(text: str) -> frozenset[str]:
    """Return the languages (BCP-47) a text speaks of as languages: no Thai massage."""
    plain = text.casefold()
    found = _any_language().findall(plain)
    if not found:
        return frozenset()
    alone = _any_language().sub("", plain).strip(" .,()-/") in {"", "language"}
    exam = any(name in _EXAMS for name in found)
    speaking = _ABOUT_SPEAKING.search(plain) and not _NOT_SPEAKING.search(plain)
    if not (alone or exam or speaking):
        return frozenset()
    return frozenset(_names()[name] for name in found)


@lru_cache(maxsize=_REMEMBERED)
def kind_of(requirement: str) -> MissingKind:
    """Return what sort of requirement a listing's own words state."""
    plain = requirement.casefold()
    if languages_in(plain):
        return MissingKind.LANGUAGE
    if _CERTIFICATE.search(plain):
        return MissingKind.CERTIFICATE
    return MissingKind.EXPERIENCE if _EXPERIENCE.search(plain) else MissingKind.SKILL


def recognises(training: Listing) -> bool:
    """Tell whether a training assesses what people can do already, instead of teaching it."""
    title, certificate = training.title.casefold(), (training.certification or "").casefold()
    named = _RECOGNITION.search(title) or _RECOGNITION.search(certificate)
    tested = _SKILL_TEST.search(title) and not teaches_languages(training)
    return training.kind is Kind.TRAINING and bool(named or tested)


def teaches_languages(training: Listing) -> frozenset[str]:
    """Return the languages (BCP-47) a training teaches."""
    if training.kind is not Kind.TRAINING:
        return frozenset()
    taught = [languages_in(one) for one in (*training.outcomes, training.certification or "")]
    return languages_in(training.title).union(*taught)
