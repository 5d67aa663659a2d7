"""What single cells mean: years, weeks, numbers, codes and addresses."""
# ruff: noqa: RUF001 - words of other scripts are what it is about

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from service.domain.listing import Kind, Visibility
from service.domain.text import fold, visible
from service.intake.cells import CellError, line, plain_digits
from service.intake.dates import DateOrder, day

_WORDS: Final = {
    word: str(at)
    for at, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve".split(),  # noqa: SIM905
        start=1,
    )
}
_SPELT: Final = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_YEAR: Final = r"years?|yrs?|yr|বছর|বৎসর|साल|वर्ष|سال|سنة|سنوات|tahun|taon|අවුරුදු|வருட\w*|ஆண்டு\w*"
_MONTH: Final = r"months?|mths?|মাস|महीने|महिना|ماہ|شهر|أشهر|bulan|buwan|මාස|மாத\w*"
_TO: Final = r"(?:\s*\+?\s*(?:-|–|to|থেকে|से)\s*\d+(?:\.\d+)?)?"
_YEARS: Final = re.compile(rf"(\d+(?:\.\d+)?){_TO}\s*(?:\+|plus)?\s*(?:{_YEAR})", re.IGNORECASE)
_MONTHS: Final = re.compile(rf"(\d+(?:\.\d+)?){_TO}\s*(?:\+|plus)?\s*(?:{_MONTH})", re.IGNORECASE)
_BARE_YEARS: Final = re.compile(rf"\s*(\d+(?:\.\d+)?){_TO}\s*\+?\s*")
_FRESH: Final = re.compile(
    r"\b(?:freshers?|no experience|not required|not necessary|without experience|none required)\b|"
    r"অভিজ্ঞতা ছাড়া|প্রয়োজন নেই|आवश्यक नहीं",
    re.IGNORECASE,
)
_SENTENCE: Final = 6
"""Words from which a cell tells more than a number."""
_MOST_YEARS: Final = 80
_SPAN: Final = re.compile(
    rf"(\d+(?:\.\d+)?)\s*-?\s*(weeks?|wks?|সপ্তাহ|हफ़्ते|minggu|linggo|{_MONTH}|days?|দিন|दिन|hari|araw|"
    rf"{_YEAR})",
    re.IGNORECASE,
)
_WEEKS_IN: Final = (
    (rf"(?:{_MONTH})", 52 / 12),
    (rf"(?:{_YEAR})", 52),
    (r"days?|দিন|दिन|hari|araw", 1 / 7),
)
_ISCO: Final = re.compile(
    r"(?i)(?:isco[\s-]*(?:08)?\s*[:#-]?\s*)?(\d{1,4})(?:\.0)?(?:\s*[-–:,(]?\s*[^\W\d].*)?"
)
_OTHER_SYSTEM: Final = re.compile(r"(?i)\b(?:us ?soc|soc|o\*?net|noc|anzsco|nace|isic|nco)\b")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_AGES: Final = (14, 100)
_FIRST_YEAR: Final = 1900
_SAFE: Final = 190
_KINDS: Final[Mapping[Kind, str]] = {
    Kind.JOB: "job|jobs|vacancy|employment|work|wage employment|চাকরি|नौकरी|وظيفة|ملازمت",
    Kind.TRAINING: "training|course|apprenticeship|প্রশিক্ষণ|प्रशिक्षण|تدريب|pelatihan",
    Kind.ENTERPRISE: "enterprise|business|self employment|loan|grant|entrepreneurship|ব্যবসা",
    Kind.SERVICE: "service|support|counselling|counseling|legal aid|সেবা",
}  # fmt: skip


def years(text: str) -> float | None:
    """Return the least years a text asks for or tells of; None for a long text that has none.

    Raises:
        CellError: a short text without a number of years.
    """
    plain = _SPELT.sub(lambda word: _WORDS[word.group().casefold()], plain_digits(text))
    bare = _BARE_YEARS.fullmatch(plain)
    whole, part = _YEARS.search(plain), _MONTHS.search(plain)
    if bare or whole:
        found = float((bare or whole).group(1))  # type: ignore[union-attr]
        follows = whole and part and 0 <= part.start() - whole.end() <= _SENTENCE
        found += float(part.group(1)) / 12 if part and follows else 0
    elif part:
        found = float(part.group(1)) / 12
    elif _FRESH.search(plain):
        return 0.0
    elif len(plain.split()) > _SENTENCE:
        return None
    else:
        raise CellError("Write a number of years, such as 3.")
    if found > _MOST_YEARS:
        raise CellError(f"These are more than {_MOST_YEARS} years of work.")
    return round(found, 1)


def weeks(text: str) -> float:
    """Return a duration in weeks; a number alone counts weeks.

    Raises:
        CellError: no duration.
    """
    plain = plain_digits(text)
    if found := _SPAN.search(plain):
        unit = found.group(2)
        by = next((by for sign, by in _WEEKS_IN if re.fullmatch(f"(?i:{sign})", unit)), 1.0)
        return round(float(found.group(1)) * by, 1)
    if _NUMBER.fullmatch(plain.strip()):
        return number(plain)
    raise CellError("Write the duration in weeks or months, such as 12 weeks.")


def number(text: str) -> float:
    """Return a plain number.

    Raises:
        CellError: none, or something besides.
    """
    plain = plain_digits(text).strip()
    if not _NUMBER.fullmatch(plain) or len(plain) > _MOST_YEARS:
        raise CellError("Write a number, such as 12.5.")
    return float(plain.replace(",", "."))


def degrees(text: str, most: int) -> float:
    """Return a latitude (most 90) or longitude (most 180).

    Raises:
        CellError: none.
    """
    found = number(text)
    if abs(found) > most:
        raise CellError(f"Write degrees between -{most} and {most}.")
    return found


def count(text: str) -> int:
    """Return a whole number of people, also of "10 (male)" and "05".

    Raises:
        CellError: none, or several.
    """
    found = re.findall(r"\d+", re.sub(r"(?<=\d),(?=\d{2,3}\b)", "", plain_digits(text)))
    if len(found) != 1 or not 1 <= int(found[0][:9]) <= 1_000_000 or len(found[0]) > 9:  # noqa: PLR2004
        raise CellError("Write how many people are wanted, such as 5.")
    return int(found[0])


def isco08(text: str) -> str | None:
    """Return an ISCO-08 code, None for another system's ("47-2021.00").

    Raises:
        CellError: no code at all.
    """
    plain = plain_digits(text).strip()
    if _OTHER_SYSTEM.search(plain) or re.match(r"\d{2}-\d{4}", plain):
        return None
    found = _ISCO.fullmatch(plain)
    if found is None:
        raise CellError("Write an ISCO-08 code of 1 to 4 digits, such as 7212.")
    return found.group(1)


def kind(text: str) -> str:
    """Return one of the four kinds of listing.

    Raises:
        CellError: none of them.
    """
    word = fold(text)
    for one, names in _KINDS.items():
        if word in names.split("|"):
            return one.value
    raise CellError("Write job, training, enterprise or service.")


def visibility(text: str) -> str:
    """Return who may know of a listing: everybody, or only whom it names.

    Raises:
        CellError: neither; nothing is made public by a misspelling.
    """
    word = fold(text)
    if word not in set(Visibility):
        raise CellError("Write public or private.")
    return word


def url(text: str) -> str:
    """Return a web address.

    Raises:
        CellError: it is none.
    """
    bare = line(text)
    bare = f"https://{bare}" if re.match(r"(?i)www\.", bare) else bare
    if not re.fullmatch(r"(?i)https?://[^\s/]+\S*", bare):
        raise CellError("Write a web address that begins with https://.")
    return bare


def birth_year(text: str, today: date, order: DateOrder | None = None) -> int:
    """Return the year of a birth year or a birth date.

    Raises:
        CellError: neither, or not in the past.
    """
    plain = plain_digits(text).strip()
    # Which is the month does not matter to the year.
    year = (
        int(plain)
        if re.fullmatch(r"\d{4}", plain)
        else day(plain, order or DateOrder.DAY_FIRST).year
    )
    if year > today.year and not re.search(r"\d{4}", plain):
        # "15-Aug-90": nobody was born in the future.
        year -= 100
    if not _FIRST_YEAR <= year <= today.year:
        raise CellError("Write the year of birth, such as 1990.")
    return year


def age(text: str, today: date) -> int:
    """Return about which year someone of an age was born in.

    Raises:
        CellError: no age of a person who works.
    """
    found = re.findall(r"\d+", plain_digits(text))
    low, high = _AGES
    if len(found) != 1 or len(found[0]) > 3 or not low <= int(found[0]) <= high:  # noqa: PLR2004
        raise CellError(f"Write the age in years, {low} to {high}.")
    return today.year - int(found[0])


def external_id(text: str) -> str | None:
    """Return a record's name in its source, fit for an address: no slash, 200 letters at most."""
    bare = re.sub(r"(?i)^https?://(?:www\.)?", "", visible(text)).strip("/")
    safe = re.sub(r"[/\\?#%\x00-\x1f]+", "_", bare)
    if len(safe) > _SAFE:
        # Still the same name for the same record, and another for another.
        mark = hashlib.sha256(safe.encode("utf-8", "replace")).hexdigest()[:16]
        safe = f"{safe[: _SAFE - len(mark)]}{mark}"
    return safe or None
