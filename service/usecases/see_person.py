"""Who may be shown to whom: the one place where that is decided on what is stored."""

from collections.abc import Iterable

from service.domain.errors import ConsentMissingError, NotFoundError
from service.domain.person import StoredPerson
from service.ports import Tools
from service.rules.calendar import today_in
from service.rules.consent import is_shared_with, require_matching


def require_consent(tools: Tools, person: StoredPerson) -> None:
    """Raise ConsentMissingError without a consent that holds today where the person lives."""
    today = today_in(person.profile.home_country, tools.clock.now())
    require_matching(person.profile.consent, today)


def may_be_seen(tools: Tools, person: StoredPerson, organisation_id: str) -> bool:
    """Tell whether a person agrees today to be matched, for this organisation."""
    if not is_shared_with(person, organisation_id):
        return False
    try:
        require_consent(tools, person)
    except ConsentMissingError:
        return False
    return True


def known_people(
    tools: Tools, organisation_id: str, person_ids: Iterable[str]
) -> dict[str, StoredPerson]:
    """Return, of these people, whom an organisation may know of today, by id.

    Its own always; of others those who agree to be seen by it.
    """
    found = tools.store.people(list(dict.fromkeys(person_ids)))
    return {
        name: person
        for name, person in found.items()
        if person.organisation_id == organisation_id or may_be_seen(tools, person, organisation_id)
    }


def seen_person(tools: Tools, organisation_id: str, person_id: str) -> StoredPerson:
    """Return one of an organisation's own people, or somebody who agrees to be seen by it.

    Raises NotFoundError for all others: that she is there at all is for those to know whom she
    agreed to.
    """
    person = known_people(tools, organisation_id, [person_id]).get(person_id)
    if person is None:
        message = "There is no such returnee."
        raise NotFoundError(message)
    return person
