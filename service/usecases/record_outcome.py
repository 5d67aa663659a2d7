"""Record what came of a recommendation, of people whom the reporter may see."""

from service.domain.errors import NotFoundError
from service.domain.outcome import Outcome, StoredOutcome
from service.domain.records import Written
from service.ports import Tools
from service.usecases.see_listing import seen_listing
from service.usecases.see_person import seen_person


def record_outcome(tools: Tools, organisation_id: str, outcome: Outcome) -> Written[StoredOutcome]:
    """Record a stage, or change what this organisation has said of it.

    Raises NotFoundError for a listing or a person that this organisation does not see: of other
    organisations those who agreed to be shared with it, for as long as they do.
    """
    seen_listing(tools, organisation_id, outcome.listing_id)
    person = seen_person(tools, organisation_id, outcome.returnee_id)
    return tools.store.put_outcome(organisation_id, person, outcome)


def take_back_outcome(
    tools: Tools, organisation_id: str, stored: StoredOutcome, *, if_version: int | None
) -> None:
    """Take back what this organisation reported by mistake.

    Raises NotFoundError for what others reported, though it may be seen, and
    PreconditionFailedError where it has changed since.
    """
    if stored.organisation_id != organisation_id:
        message = "Another organisation reported this; only it can take it back."
        raise NotFoundError(message)
    tools.store.delete_outcome(stored, if_version=if_version)
