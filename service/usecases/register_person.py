"""Write down a person, and read their words once so that no match has to."""

from dataclasses import replace

import numpy as np

from service.domain.errors import InvalidInputError
from service.domain.match import Understanding
from service.domain.person import Contact, Profile, StoredPerson
from service.domain.records import Put, SavedUnderstanding, Written
from service.ports import Tools
from service.usecases.score_pools import said_to_keep
from service.usecases.understand import understand


def register_person(
    tools: Tools, put: Put[Profile], contact: Contact | None
) -> Written[StoredPerson]:
    """Create or change a person. `contact` None leaves what is stored.

    Whoever writes takes the change into the index, so that nobody else's question takes longer
    because somebody was registered.
    """
    written = tools.store.put_person(put, contact, read_to_keep(tools, put.content))
    tools.people.follow()
    return written


def read_to_keep(tools: Tools, profile: Profile) -> SavedUnderstanding:
    """Read a person's words with all that a search among many people needs of them."""
    read = understand(tools, profile)
    return replace(read, said=said_to_keep(tools, read)) if len(read.vectors) > 1 else read


def read_again(tools: Tools, at_most: int) -> int:
    """Read the words of some whom this reading does not know yet; return how many there were.

    Words that this release cannot read are kept as read to nothing, or they would be the first in
    line for good.
    """
    people = tools.store.people_without_reading(tools.reading, at_most)
    for person in people:
        try:
            read = read_to_keep(tools, person.profile)
        except InvalidInputError:
            read = nothing_read(tools)
        tools.store.put_reading(person, read)
    return len(people)


def nothing_read(tools: Tools) -> SavedUnderstanding:
    """Return the reading of words nobody here reads: no phrase, no vector."""
    none = np.zeros((0, tools.reading.dimensions), dtype=np.float32)
    return SavedUnderstanding(Understanding("und", ()), "", none, tools.reading)
