"""What a listing says in words: its fields, kinds, pay, visas; and names to choose from."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from service.console.formats import Formats
from service.console.languages import N_, Language
from service.domain.corridor import CorridorStatus
from service.domain.listing import Kind, WagePeriod
from service.domain.outcome import OutcomeKind
from service.domain.visa import VisaKind

FIELDS: Final = {
    "external_id": N_("Number of the record"),
    "kind": N_("Kind"),
    "title": N_("Title of the post or course"),
    "employer": N_("Employer"),
    "country": N_("Country"),
    "region": N_("Place"),
    "description": N_("Description"),
    "url": N_("Web address"),
    "skills": N_("Skills asked for"),
    "isco08": N_("Occupation code (ISCO-08)"),
    "min_experience_years": N_("Least years of experience"),
    "languages": N_("Languages"),
    "certificates": N_("Certificates asked for"),
    "wage": N_("Pay"),
    "wage_min": N_("Pay from"),
    "wage_max": N_("Pay to"),
    "wage_currency": N_("Currency of the pay"),
    "wage_period": N_("Pay is for each"),
    "fee": N_("What the worker pays"),
    "fee_currency": N_("Currency of what the worker pays"),
    "visa_class": N_("Visa"),
    "recruiter_licensed": N_("Recruiter has a licence"),
    "positions": N_("People wanted"),
    "posted_at": N_("Published on"),
    "valid_through": N_("Last day to apply"),
    "outcomes": N_("What the course leads to"),
    "duration_weeks": N_("Length of the course"),
    "cost": N_("Cost of the course"),
    "cost_currency": N_("Currency of the cost"),
    "provider": N_("Offered by"),
    "certification": N_("Certificate of the course"),
    "sectors": N_("Sectors"),
    "lat": N_("Degrees north"),
    "lon": N_("Degrees east"),
}
KINDS: Final = {
    Kind.JOB: N_("Job"),
    Kind.TRAINING: N_("Training"),
    Kind.ENTERPRISE: N_("Own business"),
    Kind.SERVICE: N_("Service"),
}
PERIODS: Final = {
    WagePeriod.HOUR: N_("Hour"),
    WagePeriod.DAY: N_("Day"),
    WagePeriod.WEEK: N_("Week"),
    WagePeriod.MONTH: N_("Month"),
    WagePeriod.YEAR: N_("Year"),
}
CORRIDORS: Final = {
    CorridorStatus.CLOSED: N_("Closed"),
    CorridorStatus.OPEN: N_("Open"),
}
VISAS: Final = {
    VisaKind.EMPLOYMENT: N_("Work visa"),
    VisaKind.DOMESTIC: N_("Domestic worker's visa"),
    VisaKind.FREE: N_("So-called free visa"),
    VisaKind.INVESTOR: N_("Investor visa"),
    VisaKind.BUSINESS: N_("Business visa"),
    VisaKind.VISIT: N_("Visit visa"),
    VisaKind.STUDENT: N_("Student visa"),
    VisaKind.FAMILY: N_("Family visa"),
}
OUTCOMES: Final = {
    OutcomeKind.SHORTLISTED: N_("To be invited"),
    OutcomeKind.REFERRED: N_("Referred"),
    OutcomeKind.PLACED: N_("Placed"),
    OutcomeKind.DECLINED: N_("Did not come to be"),
    OutcomeKind.RETAINED: N_("Still at work there"),
}
_FIRST: Final = ("BD", "IN", "NP", "PK", "LK", "SA", "AE", "QA", "OM", "KW", "BH", "MY", "SG")
_NOT_COUNTRIES: Final = frozenset(
    "AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split()  # noqa: SIM905 - a list to read
)
_CURRENCIES: Final = (
    *("BDT", "INR", "NPR", "PKR", "LKR", "SAR", "AED", "QAR", "OMR", "KWD", "BHD", "MYR"),
    *("SGD", "MVR", "JOD", "IQD", "KRW", "JPY", "EUR", "USD", "GBP", "RON", "PLN", "PHP", "IDR"),
)


def country_name(language: Language, code: str) -> str:
    """Return a country's name where there is no place for tags, as in a list to choose from."""
    return Formats(language).country(code).striptags()


@cache
def countries(language: Language) -> Sequence[tuple[str, str]]:
    """Return (code, name) of every country, by name, those met most first."""
    named = {
        code: country_name(language, code)
        for code in map(str, language.locale.territories)
        if re.fullmatch(r"[A-Z]{2}", code) and code not in _NOT_COUNTRIES
    }
    rest = sorted(named.keys() - set(_FIRST), key=lambda code: named[code])
    return tuple((code, named[code]) for code in (*_FIRST, *rest))


@cache
def currencies(language: Language) -> Sequence[tuple[str, str]]:
    """Return (code, name) of the currencies that pay comes in."""
    formats = Formats(language)
    return tuple((code, formats.currency(code).striptags()) for code in _CURRENCIES)
