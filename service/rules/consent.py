"""Whether a person has agreed to be matched."""

from datetime import date

from service.domain.errors import ConsentMissingError
from service.domain.person import Consent, StoredPerson


def require_matching(consent: Consent, today: date) -> None:
    """Raise ConsentMissingError unless the consent covers matching on `today`."""
    if not consent.matching:
        message = "The person has not agreed to be matched; record their consent first."
        raise ConsentMissingError(message)
    if consent.until is not None and consent.until < today:
        message = f"The person's consent ended on {consent.until.isoformat()}; ask again."
        raise ConsentMissingError(message, code="consent_ended")


def is_shared_with(person: StoredPerson, organisation_id: str) -> bool:
    """Tell whether a person is this organisation's own, or agreed to be shared with it."""
    own = person.organisation_id == organisation_id
    return own or organisation_id in person.profile.consent.share_with
