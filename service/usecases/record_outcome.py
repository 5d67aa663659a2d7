"""Record what came of a recommendation, of people whom the reporter may see."""

from service.domain.errors import ConsentMissingError, NotFoundError
from service.domain.outcome import Outcome, StoredOutcome
from service.domain.person import StoredPerson
from service.domain.records import Written
from service.ports import Tools
from service.usecases.find_matches import require_consent


def record_outcome(tools: Tools, organisation_id: str, outcome: Outcome) -> Written[StoredOutcome]:
    """Record a stage, or change what this organisation has said of it.

    Raises NotFoundError for a listing or a person that this organisation does not see: of other
    organisations those who agreed to be shared with it, for as long as they do.
    """
    tools.store.listing(outcome.listing_id)
    person = seen_person(tools, organisation_id, outcome.returnee_id)
    return tools.store.put_outcome(organisation_id, person, outcome)


def seen_person(tools: Tools, organisation_id: str, person_id: str) -> StoredPerson:
    """Return somebody whom an organisation may see; raise NotFoundError."""
    person = tools.store.people([person_id]).get(person_id)
    message = "There is no such returnee."
    if person is None:
        raise NotFoundError(message)
    if person.organisation_id == organisation_id:
        return person
    if organisation_id not in person.profile.consent.share_with:
        raise NotFoundError(message)
    try:
        require_consent(tools, person)
    except ConsentMissingError as error:
        # That she is there at all is for those to know whom she agreed to.
        raise NotFoundError(message) from error
    return person
