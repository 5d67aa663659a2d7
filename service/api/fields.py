"""Field types with the checks every resource shares; each error says what would be right."""

import re
import unicodedata
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Final
from zoneinfo import available_timezones

from babel import Locale
from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from service.web.suggest import nearest_name

_ENGLISH: Final = Locale("en")
# Regions, test values and reserved codes that locale data lists beside ISO 3166-1.
_NOT_COUNTRIES: Final = frozenset(
    "AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split()  # noqa: SIM905 - a list to read
)
# Mother tongues of the sending countries that locale data has no English name for (ISO 639-3).
_MORE_LANGUAGES: Final = frozenset(
    "bns ctg gbm gvr hno jml kfy mrd phr rjs rkt sck skr syl taj thl xsr".split()  # noqa: SIM905
)
_TAG: Final = re.compile(r"([a-z]{2,3})(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})?"
)
_ZONED: Final = "Use a moment with a time zone, such as 2026-01-31T08:00:00Z (RFC 3339)."
_LINE_CONTROLS: Final = "\t\n\r"
_HTTP: Final = TypeAdapter(AnyHttpUrl)
_OVERRIDES: Final = "\u202d\u202e"


ORGANISATION_ID: Final = r"^[a-z0-9][a-z0-9-]{1,60}$"


def _wrong(detail: str) -> PydanticCustomError:
    # Braces would be read as a template by pydantic.
    return PydanticCustomError("homeward", detail.replace("{", "(").replace("}", ")"))


class Model(BaseModel):
    """Base of every body. Frozen; an unknown field is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@cache
def countries() -> dict[str, str]:
    """Return ISO 3166-1 alpha-2 codes with English names."""
    return {
        code: name
        for code, name in _ENGLISH.territories.items()
        if re.fullmatch(r"[A-Z]{2}", code) and code not in _NOT_COUNTRIES
    }


def _country(value: str) -> str:
    if value in countries():
        return value
    by_name = {name.casefold(): code for code, name in countries().items()}
    code = by_name.get(value.strip().casefold()) or (
        value.upper() if value.upper() in countries() else None
    )
    if code is not None:
        raise _wrong(f'Use an ISO 3166-1 alpha-2 code. Did you mean "{code}"?')
    near = nearest_name(value.casefold(), by_name)
    if near:
        name = near.split('"')[1]
        near = f' Did you mean "{by_name[name]}"?'
    raise _wrong(f"Use an ISO 3166-1 alpha-2 country code such as BD.{near}")


def _currency(value: str) -> str:
    if value in _ENGLISH.currencies:
        return value
    upper = value.upper()
    near = (
        f' Did you mean "{upper}"?'
        if upper in _ENGLISH.currencies
        else nearest_name(upper, ("BDT", "INR", "PKR", "NPR", "LKR", "PHP", "SAR", "AED", "QAR"))
    )
    raise _wrong(f"Use an ISO 4217 currency code such as BDT.{near}")


def _language(value: str) -> str:
    tag = _TAG.fullmatch(value)
    if tag and (tag.group(1) in _ENGLISH.languages or tag.group(1) in _MORE_LANGUAGES):
        return value
    by_name = {name.casefold(): code for code, name in _ENGLISH.languages.items()}
    code = by_name.get(value.casefold())
    near = f' Did you mean "{code}"?' if code else ""
    raise _wrong(f"Use a BCP-47 language code such as bn or bn-Latn.{near}")


def _address(value: str) -> str:
    try:
        found = validate_email(value, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise _wrong(str(error)) from error
    if found.ascii_email is None:
        raise _wrong("Before the @ only English letters, digits and signs reach every mailbox.")
    return found.ascii_email


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _time_zone(value: str) -> str:
    if value in _time_zones():
        return value
    near = nearest_name(value, _time_zones())
    raise _wrong(f"Use a name of the IANA time zone database such as Asia/Dhaka.{near}")


def _day(value: object) -> object:
    # Numbers, and text of digits, would be read as seconds since 1970.
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise _wrong("Use a date such as 2026-01-31 (RFC 3339).")


def _as_moment(value: object) -> object:
    """Return what may be read as a moment; refuse what only looks like one."""
    if isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.fullmatch(value)):
        return value
    raise _wrong(_ZONED)


def _in_the_calendar(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise _wrong(_ZONED)
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise _wrong("This moment is beyond the calendar.") from None
    return value


def whole(value: object) -> object:
    """Return 3 for 3.0: JSON does not tell them apart, and JSON Schema calls both integers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _readable(value: str) -> str:
    for at, letter in enumerate(value):
        kind = unicodedata.category(letter)
        if kind == "Cs":
            raise _wrong(f"Character {at + 1} is half of a surrogate pair.")
        if kind == "Cc" and letter not in _LINE_CONTROLS:
            raise _wrong(f"Character {at + 1} is a control character (U+{ord(letter):04X}).")
        if letter in _OVERRIDES:
            detail = f"Character {at + 1} (U+{ord(letter):04X}) would turn the text's order round."
            raise _wrong(detail)
    return value


def _has_words(value: str) -> str:
    if not any(letter.isalnum() for letter in value):
        raise _wrong("There is not one letter or digit in this text.")
    return value.strip()


def _web_address(value: str) -> str:
    try:
        return str(_HTTP.validate_python(value))
    except ValidationError as error:
        raise _wrong("Use a URL such as https://employer.example/jobs/7.") from error


def _line(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise _wrong("This must be one line.")
    return value


CountryCode = Annotated[
    str,
    Field(
        description="ISO 3166-1 alpha-2.",
        examples=["BD"],
        json_schema_extra={"format": "iso-3166-1-alpha-2"},
    ),
    AfterValidator(_country),
]
CurrencyCode = Annotated[
    str,
    Field(description="ISO 4217.", examples=["BDT"], json_schema_extra={"format": "iso-4217"}),
    AfterValidator(_currency),
]
LanguageCode = Annotated[
    str,
    Field(description="BCP-47.", examples=["bn"], json_schema_extra={"format": "bcp-47"}),
    AfterValidator(_language),
]
EmailAddress = Annotated[
    str,
    Field(
        min_length=3,
        max_length=254,
        description="Where mail is sent to, once somebody there has agreed.",
        examples=["officer@partner.example"],
        json_schema_extra={"format": "email"},
    ),
    AfterValidator(_address),
]
TimeZone = Annotated[
    str,
    Field(
        description="IANA.",
        examples=["Asia/Dhaka"],
        json_schema_extra={"format": "iana-time-zone"},
    ),
    AfterValidator(_time_zone),
]
IscoCode = Annotated[
    str,
    Field(
        pattern=r"^\d{1,4}$",
        description="ISCO-08, 1 to 4 digits.",
        examples=["7112"],
        json_schema_extra={"format": "isco-08"},
    ),
]
Line = Annotated[
    str,
    Field(min_length=1, max_length=300),
    AfterValidator(_readable),
    AfterValidator(_line),
    AfterValidator(_has_words),
]
Words = Annotated[
    str,
    Field(min_length=1, max_length=20_000),
    AfterValidator(_readable),
    AfterValidator(_has_words),
]
Name = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^[^/\x00-\x1f]+$"),
    AfterValidator(_readable),
]
# Measured as it was sent: written out in full it may be a letter longer.
WebAddress = Annotated[
    str,
    Field(min_length=1, max_length=2000, json_schema_extra={"format": "uri"}),
    AfterValidator(_web_address),
]
Amount = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False, strict=True)]
Years = Annotated[float, Field(ge=0, le=80, allow_inf_nan=False, strict=True)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, strict=True)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, strict=True)]
Kilometres = Annotated[float, Field(gt=0, le=20_040, allow_inf_nan=False, strict=True)]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[datetime, BeforeValidator(_as_moment), AfterValidator(_in_the_calendar)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]
BirthYear = Annotated[int, Field(ge=1900, le=2100, strict=True), BeforeValidator(whole)]
Count = Annotated[int, Field(ge=1, le=1_000_000, strict=True), BeforeValidator(whole)]
Flag = Annotated[bool, Field(strict=True)]


def not_past(day: date | None, today: date) -> str | None:
    """Return what is wrong with a last day that has gone by, None if nothing is."""
    if day is None or day >= today:
        return None
    return f"This day has passed (today is {today.isoformat()})."
