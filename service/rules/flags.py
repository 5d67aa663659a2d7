"""What an officer must be told about a listing. Each flag is one small function.

Unknown is said to be unknown; nothing is claimed that neither the listing nor a record says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from service.domain.listing import Kind, Listing
from service.domain.match import Flag, Severity
from service.domain.names import country_name, human_date
from service.domain.person import Profile
from service.domain.said import Country, Currency, Fact, Money
from service.domain.visa import IN_A_HOME, VisaKind, visa_kind, visa_needed
from service.domain.wages import best_monthly_wage
from service.rules.eligible import Rulebook
from service.rules.markets import Destination
from service.rules.pay import UsualPay

_SOON_DAYS: Final = 14
_VISA_SOON_DAYS: Final = 90
_FAR_BELOW: Final = 0.6
_FAR_KM: Final = 50.0
_UNDERUSED_BY: Final = 2
_PLAIN_WORDS: Final = {
    VisaKind.INVESTOR: "an investor visa",
    VisaKind.BUSINESS: "a business visa",
    VisaKind.VISIT: "a visit visa",
    VisaKind.STUDENT: "a student visa",
    VisaKind.FAMILY: "a family visa",
    VisaKind.FREE: "a so-called free visa",
    VisaKind.DOMESTIC: "a domestic worker's visa",
}
_AT_HOME_TOO: Final = ("5311", "5322", "8322", "5120", "6113")
"""Groups whose work may be done in somebody's home: child care, personal care, drivers, cooks,
gardeners."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a flag may look at beside the listing.

    newer: newer markets for this person's origin. shown_level, shown_words: the responsibility
    they have shown (`service.skills.responsibility`). asked_level: how much a listing asks for.
    away_km: how far a listing is, None where unknown.
    """

    book: Rulebook
    pay: UsualPay | None = None
    newer: Mapping[str, Destination] = field(default_factory=dict)
    shown_level: int = 0
    shown_words: str = ""
    asked_level: Callable[[Listing], int | None] = lambda _: None
    away_km: Callable[[Listing], float | None] = lambda _: None

    @property
    def profile(self) -> Profile:
        """Whose answer it is."""
        return self.book.profile

    @property
    def today(self) -> date:
        """The date where the person lives."""
        return self.book.today

    def abroad(self, listing: Listing) -> bool:
        """Tell whether the listing is a job outside the person's home country."""
        return listing.kind is Kind.JOB and listing.country != self.profile.home_country


FlagRule = Callable[[Listing, Setting], Flag | None]


def recruiter(listing: Listing, setting: Setting) -> Flag | None:
    """Warn of an unlicensed recruiter; say when nobody stated the licence."""
    if listing.recruiter_licensed is False:
        text = "The recruiter has no licence. Do not pay and do not hand over documents."
        return Flag("recruiter_unlicensed", Severity.WARNING, text)
    if listing.recruiter_licensed is None and setting.abroad(listing):
        text = "Recruiter's licence unknown: ask for its number and check it."
        return Flag("recruiter_unknown", Severity.INFO, text)
    return None


def fee(listing: Listing, setting: Setting) -> Flag | None:
    """State what the worker pays, also in months of the wage, or that it is unknown."""
    if listing.fee:
        amount = f"{listing.fee:,.0f} {listing.fee_currency or '(currency unknown)'}"
        months = _months_of_wage(listing, setting)
        text = f"The worker pays a fee of {amount}"
        if months is not None:
            text += f", about {months:.1f} months of the offered wage"
        elif listing.kind is Kind.JOB:
            text += "; how many months of the wage that is cannot be said"
        abroad = setting.abroad(listing)
        more = " Ask why: in many countries a worker may not be charged at all." if abroad else ""
        facts: dict[str, Fact] = {"abroad": abroad}
        if listing.fee_currency:
            facts["amount"] = Money(listing.fee, listing.fee_currency)
        else:
            facts["number"] = listing.fee
        if months is not None:
            facts["months"] = round(months, 1)
        return Flag("fee_charged", Severity.WARNING, f"{text}.{more}", facts)
    if listing.fee is None and setting.abroad(listing):
        return Flag("fee_unknown", Severity.INFO, "Fee unknown: ask before you pay.")
    return None


def _months_of_wage(listing: Listing, setting: Setting) -> float | None:
    wage = best_monthly_wage(listing)
    if not wage or not listing.fee or not listing.fee_currency or not listing.wage_currency:
        return None
    rates = setting.book.rates
    paid = rates.converted(listing.fee, listing.fee_currency, listing.wage_currency)
    return None if paid is None else paid / wage


def visa(listing: Listing, setting: Setting) -> Flag | None:
    """Warn where a visa does not let its holder do the work; say when none is stated."""
    if not setting.abroad(listing):
        return None
    kind = visa_kind(listing.visa_class)
    if kind is None:
        text = "Visa class unknown: ask which visa it is before you agree."
        return Flag("visa_unknown", Severity.INFO, text)
    domestic = (listing.isco08 or "").startswith((*IN_A_HOME, *_AT_HOME_TOO))
    unfit = kind in _PLAIN_WORDS and kind is not VisaKind.DOMESTIC
    if kind is VisaKind.DOMESTIC and listing.isco08 and not domestic:
        unfit = True
    if not unfit:
        return None
    text = (
        f'The offered visa ("{listing.visa_class}") is {_PLAIN_WORDS[kind]}: it does not fit this '
        "work, and whoever works on it can be detained and sent home."
    )
    closed = [one for one in setting.book.closed if one.destination == listing.country]
    facts: dict[str, Fact] = {}
    if closed:
        facts = {"country": Country(listing.country), "origin": Country(closed[0].origin)}
        text += (
            f" {country_name(listing.country)} is recorded as closed to workers from "
            f"{country_name(closed[0].origin)} ({closed[0].source}); another visa is no way round."
        )
    return Flag("visa_mismatch", Severity.WARNING, text, facts)


def corridor(listing: Listing, setting: Setting) -> Flag | None:
    """Say where nobody has recorded whether the country takes workers from this one."""
    origin = setting.profile.home_country
    if not setting.abroad(listing):
        return None
    if origin is None:
        text = "The person's country is not recorded, so closed corridors could not be checked."
        facts = {"country": Country(listing.country)}
        return Flag("corridor_unknown", Severity.INFO, text, facts)
    kind = visa_needed(listing.visa_class, listing.isco08)
    if any(one.is_about(listing.country, kind) for one in setting.book.corridors):
        return None
    text = (
        f"Nobody has recorded whether {country_name(listing.country)} is open to workers from "
        f"{country_name(origin)}: check before anything is paid."
    )
    return Flag("corridor_unknown", Severity.INFO, text, {"country": Country(listing.country)})


def wage(listing: Listing, setting: Setting) -> Flag | None:
    """Say when a job does not state its wage, or the wage cannot be held to the floor."""
    if listing.kind is not Kind.JOB:
        return None
    if best_monthly_wage(listing) is None:
        return Flag("wage_unknown", Severity.INFO, "Wage unknown: ask before you agree.")
    floor, currency = setting.profile.preferences.min_wage, listing.wage_currency
    if floor is None or currency is None:
        return None
    if setting.book.rates.converted(floor.amount, floor.currency, currency) is None:
        text = f"Wage is in {currency}: compare it with {floor.currency} by hand."
        return Flag("wage_not_compared", Severity.INFO, text, {"currency": Currency(currency)})
    return None


def low_wage(listing: Listing, setting: Setting) -> Flag | None:
    """Warn of pay far below what similar jobs in that country offer."""
    compared = setting.pay.share_of_usual(listing) if setting.pay else None
    if listing.kind is not Kind.JOB or compared is None or compared[0] >= _FAR_BELOW:
        return None
    share, usual = compared
    text = (
        f"It pays {share:.0%} of what {usual.jobs} similar jobs in "
        f"{country_name(listing.country)} usually offer ({usual.amount:,.0f} {usual.currency} "
        "a month)."
    )
    facts = {"amount": Money(usual.amount, usual.currency)}
    return Flag("wage_far_below", Severity.WARNING, text, facts)


def deadline(listing: Listing, setting: Setting) -> Flag | None:
    """Say when a listing closes within two weeks."""
    if listing.valid_through is None:
        return None
    left = (listing.valid_through - setting.today).days
    if not 0 <= left <= _SOON_DAYS:
        return None
    text = "Closes today." if left == 0 else f"Closes in {left} day{'s' * (left != 1)}."
    return Flag("closes_soon", Severity.INFO, text, {"days": left})


def own_visa(listing: Listing, setting: Setting) -> Flag | None:
    """Say, on jobs abroad, when the person's own visa is about to lapse or has lapsed."""
    ends = setting.profile.visa_expires
    if ends is None or not setting.abroad(listing):
        return None
    left = (ends - setting.today).days
    if left < 0:
        text = f"The person's visa ended on {human_date(ends)}; a new one is needed."
        return Flag("visa_lapsed", Severity.WARNING, text)
    if left > _VISA_SOON_DAYS:
        return None
    text = f"The person's visa ends in {left} day{'s' * (left != 1)}, on {human_date(ends)}."
    return Flag("visa_lapses", Severity.WARNING, text, {"date": ends})


def domestic_work(listing: Listing, setting: Setting) -> Flag | None:
    """Give what protects in work in somebody's home abroad; the same for everybody."""
    if not setting.abroad(listing):
        return None
    at_home = (listing.isco08 or "").startswith(IN_A_HOME)
    if not at_home and visa_kind(listing.visa_class) is not VisaKind.DOMESTIC:
        return None
    text = (
        "Work in somebody's home abroad. Before leaving: a written contract in a language the "
        "person reads, the employer's name and address, days off and hours in writing. Abroad: "
        "keep passport and phone, and the numbers of the embassy and of a helpline."
    )
    return Flag("domestic_work_abroad", Severity.WARNING, text)


def newer_market(listing: Listing, setting: Setting) -> Flag | None:
    """Point out a destination few offers come from."""
    market = setting.newer.get(listing.country)
    if market is None or not setting.abroad(listing):
        return None
    text = (
        f"{country_name(listing.country)} is a newer market: it holds {market.share:.1%} of the "
        "open jobs abroad. Fewer people can tell how it is, so ask more."
    )
    return Flag("newer_market", Severity.INFO, text, {"country": Country(listing.country)})


def underuse(listing: Listing, setting: Setting) -> Flag | None:
    """Say when an option asks for far less than the person has shown."""
    if listing.kind is not Kind.JOB or not setting.shown_words:
        return None
    asked = setting.asked_level(listing)
    if asked is None or setting.shown_level - asked < _UNDERUSED_BY:
        return None
    text = (
        f'This asks for much less than they have shown: "{setting.shown_words}". '
        "Look for work that uses it, or have it assessed first."
    )
    return Flag("underuse", Severity.INFO, text)


def far_away(listing: Listing, setting: Setting) -> Flag | None:
    """Say when a local job would mean moving or a long way."""
    if listing.kind is not Kind.JOB or listing.country != setting.profile.home_country:
        return None
    away = setting.away_km(listing)
    if away is None or away <= _FAR_KM:
        return None
    text = f"About {away:,.0f} km from where the person lives: it would mean moving."
    return Flag("far_away", Severity.INFO, text, {"km": round(away)})


def training_abroad(listing: Listing, setting: Setting) -> Flag | None:
    """Say when a training is in another country than the person."""
    home = setting.profile.home_country
    if listing.kind not in {Kind.TRAINING, Kind.ENTERPRISE} or home is None:
        return None
    if listing.country == home:
        return None
    text = f"It is held in {country_name(listing.country)}, not where the person lives."
    return Flag("training_abroad", Severity.INFO, text, {"country": Country(listing.country)})


FLAG_RULES: Final[tuple[FlagRule, ...]] = (
    recruiter,
    fee,
    visa,
    corridor,
    wage,
    low_wage,
    deadline,
    own_visa,
    domestic_work,
    newer_market,
    underuse,
    far_away,
    training_abroad,
)


def flags_for(listing: Listing, setting: Setting) -> tuple[Flag, ...]:
    """Return all flags of a listing, warnings first."""
    found = [flag for rule in FLAG_RULES if (flag := rule(listing, setting)) is not None]
    return tuple(sorted(found, key=lambda flag: flag.severity is Severity.INFO))
