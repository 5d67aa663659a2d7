"""Write down a person, and read their words once so that no match has to."""

from service.domain.person import Contact, Profile, StoredPerson
from service.domain.records import Put, Written
from service.ports import Tools
from service.usecases.understand import understand


def register_person(
    tools: Tools, put: Put[Profile], contact: Contact | None
) -> Written[StoredPerson]:
    """Create or change a person. `contact` None leaves what is stored."""
    return tools.store.put_person(put, contact, understand(tools, put.content))
