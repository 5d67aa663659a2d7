"""What an officer must be told about a listing. Each flag is one small function."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from service.domain.listing import Kind, Listing
from service.domain.match import Flag, Severity
from service.domain.person import Profile

_SOON_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Setting:
    """What a flag may look at beside the listing."""

    profile: Profile
    today: date

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
    """State what the worker pays, or that it is unknown."""
    if listing.fee:
        amount = f"{listing.fee:,.0f} {listing.fee_currency or '(currency unknown)'}"
        return Flag("fee_charged", Severity.WARNING, f"The worker pays a fee of {amount}.")
    if listing.fee is None and setting.abroad(listing):
        return Flag("fee_unknown", Severity.INFO, "Fee unknown: ask before you pay.")
    return None


def wage(listing: Listing, setting: Setting) -> Flag | None:
    """Say when a job does not state its wage, or the wage cannot be held to the floor."""
    if listing.kind is not Kind.JOB:
        return None
    if listing.wage_min is None and listing.wage_max is None:
        return Flag("wage_unknown", Severity.INFO, "Wage unknown: ask before you agree.")
    floor = setting.profile.preferences.min_wage
    if floor is not None and listing.wage_currency != floor.currency:
        text = f"Wage is in {listing.wage_currency or 'an unknown currency'}: compare it by hand."
        return Flag("wage_not_compared", Severity.INFO, text)
    return None


def deadline(listing: Listing, setting: Setting) -> Flag | None:
    """Say when a listing closes within two weeks."""
    if listing.valid_through is None:
        return None
    left = (listing.valid_through - setting.today).days
    if not 0 <= left <= _SOON_DAYS:
        return None
    text = "Closes today." if left == 0 else f"Closes in {left} day{'s' * (left != 1)}."
    return Flag("closes_soon", Severity.INFO, text)


FLAG_RULES: Final[tuple[FlagRule, ...]] = (recruiter, fee, wage, deadline)


def flags_for(listing: Listing, setting: Setting) -> tuple[Flag, ...]:
    """Return all flags of a listing, warnings first."""
    found = [flag for rule in FLAG_RULES if (flag := rule(listing, setting)) is not None]
    return tuple(sorted(found, key=lambda flag: flag.severity is Severity.INFO))
