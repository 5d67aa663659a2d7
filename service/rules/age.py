"""What age adds to an answer. The only protected fact with any effect, and it only adds."""

from datetime import date

from service.domain.match import AgeRule
from service.rules.guidance import Guidance


def age_of(birth_year: int | None, today: date) -> int | None:
    """Return the age somebody reaches this year, None where the year is not known."""
    return None if birth_year is None else today.year - birth_year


def age_rule(birth_year: int | None, today: date, guidance: Guidance) -> AgeRule | None:
    """Return what applies, None where age is unknown or the hint is switched off."""
    age = age_of(birth_year, today)
    if age is None or not guidance.age_hint:
        return None
    return AgeRule.EXPERIENCE if age >= guidance.age_from else AgeRule.RETRAINING
