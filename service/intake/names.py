"""Countries and languages by the names people give them."""
# ruff: noqa: RUF001 - letters of other scripts are what it is about

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final

from babel import Locale
from rapidfuzz import process
from rapidfuzz.distance import OSA

from service.domain.listing import CEFR_LEVELS
from service.domain.text import fold
from service.intake.cells import CellError, items, known

_SPOKEN: Final = ("en", "bn", "hi", "ur", "ne", "ar", "id", "fil", "ta", "si", "my", "ms")
_NOT_COUNTRIES: Final = frozenset(
    "AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split()  # noqa: SIM905 - a list to read
)
_COUNTRIES: Final[Mapping[str, str]] = {
    "AE": "uae|u a e|emirates|arab emirates|dubai|abu dhabi|sharjah|ajman|dubai uae|uae dubai|"
    "দুবাই|आबू धाबी|दुबई|دبي|are",
    "AU": "aus",
    "BD": "bgd|bangla desh|বাংলাদেশ",
    "BH": "bhr|bahrein",
    "BN": "brunei darussalam",
    "CA": "can",
    "CI": "ivory coast",
    "CZ": "czech republic",
    "GB": "uk|u k|gbr|england|scotland|wales|britain|great britain|northern ireland",
    "HK": "hongkong|hong kong",
    "ID": "idn",
    "IN": "ind|bharat",
    "IQ": "irq|kurdistan",
    "IT": "ita",
    "JO": "jor",
    "JP": "jpn",
    "KR": "korea|south korea|republic of korea|korea south|kor",
    "KW": "kwt|kwait|kuwet",
    "LB": "lbn",
    "LK": "lka|ceylon|srilanka",
    "LY": "lby",
    "MM": "burma",
    "MO": "macau|macao",
    "MU": "mus",
    "MV": "mdv",
    "MY": "mys|malayasia|malasia",
    "NP": "npl",
    "OM": "omn|sultanate of oman",
    "PH": "phl|the philippines|phillipines|philipines",
    "PK": "pak",
    "PS": "palestine",
    "QA": "qat|doha",
    "RO": "rou|rumania",
    "RU": "russian federation",
    "SA": "ksa|k s a|sau|saudi|saudia|saudi arab|saudia arabia|kingdom of saudi arabia|সৌদি|"
    "সৌদি আরব|सऊदी|सउदी अरब|साउदी|السعودية",
    "SG": "sgp|singapur",
    "SY": "syria",
    "TR": "turkey|turkiye",
    "TW": "taiwan",
    "US": "usa|u s a|u s|america|united states of america",
    "VN": "viet nam|vietnam",
}
_LANGUAGES: Final[Mapping[str, str]] = {
    "ar": "arabi|gulf arabic",
    "bn": "bangla",
    "ctg": "chittagonian|chatgaya",
    "fa": "farsi",
    "fil": "pilipino",
    "id": "bahasa indonesia",
    "ms": "bahasa melayu|bahasa malaysia",
    "or": "oriya",
    "ps": "pashtu|pushto",
    "rkt": "rangpuri",
    "si": "sinhalese",
    "syl": "sylheti|siloti",
    "tl": "tagalog",
    "zh": "mandarin",
}
_LEVEL: Final = re.compile(r"\b(?:[abc][12])\b", re.IGNORECASE)
_NATIVE: Final = re.compile(
    r"\b(?:native|mother tongue|first language)\b|মাতৃভাষা|मातृभाषा|مادری|لغة الأم", re.IGNORECASE
)
_HOW: Final = re.compile(
    r"\b(?:level|native|bilingual|mother tongue|first language|speaker|proficiency|proficient|"
    r"fluent|fluency|basic|beginner|elementary|intermediate|advanced|good|very|excellent|fair|"
    r"poor|working|professional|limited|full|conversational|spoken|speaking|written|reading|"
    r"writing|speak|read|write|and|only|little|some|knowledge|of|required|preferred|language|"
    r"cefr|must|in|ok)\b|মাতৃভাষা|मातृभाषा|ভাষা|भाषा",
    re.IGNORECASE,
)


def _collected(codes: Mapping[str, str], more: Mapping[str, str], part: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for locale in _SPOKEN:
        names: Any = getattr(Locale(locale), part)
        for code in codes:
            if name := names.get(code):
                found.setdefault(fold(name), code)
    for code, others in more.items():
        found |= dict.fromkeys(map(fold, others.split("|")), code)
    return found


@cache
def _countries() -> tuple[frozenset[str], dict[str, str]]:
    codes = {
        code: name
        for code, name in Locale("en").territories.items()
        if re.fullmatch(r"[A-Z]{2}", code) and code not in _NOT_COUNTRIES
    }
    return frozenset(codes), _collected(codes, _COUNTRIES, "territories")


@cache
def _languages() -> tuple[frozenset[str], dict[str, str]]:
    codes = {
        code: name
        for code, name in Locale("en").languages.items()
        if re.fullmatch(r"[a-z]{2,3}", code)
    }
    more = frozenset(_LANGUAGES)
    return frozenset(codes) | more, _collected(codes, _LANGUAGES, "languages")


@lru_cache(maxsize=4096)
def country(text: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a country by code or name.

    Raises:
        CellError: no country's name; near ones are named.
    """
    codes, names = _countries()
    if text.strip().upper() in codes and len(text.strip()) == 2:  # noqa: PLR2004 - a code
        return text.strip().upper()
    bare = re.sub(r"\([^()]*\)", " ", text)
    for word in (text, bare, bare.split(",")[-1], bare.split(",")[0]):
        if code := names.get(fold(word)) or names.get(fold(re.sub(r"(?i)\band\b", "&", word))):
            return code
    near = _near(fold(bare), names)
    raise CellError(f"This is no country that is known. Write a code such as BD.{near}")


def countries(text: str) -> list[str]:
    """Return the codes of a list of countries."""
    parts = [part for one in items(text) for part in re.split(r"\s+and\s+|\s*[,&/]\s*", one)]
    try:
        # "Trinidad and Tobago" is one.
        return list(dict.fromkeys(country(part) for part in parts if part))
    except CellError:
        return [country(one) for one in items(text)]


def languages(text: str) -> list[dict[str, str]]:
    """Return [{code, level?}] of "English (B2), Bangla - native". Only CEFR and native are levels.

    Raises:
        CellError: something in it is no language.
    """
    found: dict[str, dict[str, str]] = {}
    for part in items(text):
        for one in re.split(r"\s+(?:and|or)\s+|\s*[/&,]\s*", part):
            if known(one) and known(_HOW.sub(" ", _LEVEL.sub(" ", one))):
                said = language(one)
                found.setdefault(said["code"], said)
    return list(found.values())


def language(text: str) -> dict[str, str]:
    """Return {code, level?} of one language.

    Raises:
        CellError: no language's name; near ones are named.
    """
    codes, names = _languages()
    level = language_level(text)
    if text.strip() in codes:
        return {"code": text.strip()}
    bare = fold(_HOW.sub(" ", _LEVEL.sub(" ", text)))
    code = names.get(bare) or names.get(fold(re.sub(r"[(:–-].*", "", text)))
    if code is None and re.fullmatch(r"[a-z]{2,3}", bare) and bare in codes:
        code = bare
    if code is None:
        near = _near(bare, names)
        raise CellError(f'This is no language that is known. Write "Bangla (B2), English".{near}')
    return {"code": code} | ({"level": level} if level else {})


def language_level(text: str) -> str | None:
    """Return the CEFR level a text states, C2 for a mother tongue, None for anything vaguer."""
    if stated := _LEVEL.search(text):
        level = stated.group().upper()
        return level if level in CEFR_LEVELS else None
    return "C2" if _NATIVE.search(text) else None


def _near(word: str, names: Mapping[str, str]) -> str:
    found = process.extractOne(word, list(names), scorer=OSA.distance, score_cutoff=2)
    if found is None or len(word) < 4:  # noqa: PLR2004 - everything is near three letters
        return ""
    return f" Did you mean {found[0].title()} ({names[found[0]]})?"
