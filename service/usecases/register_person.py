"""Write down a person, and read their words once so that no match has to."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.domain.errors import InvalidInputError
from service.domain.match import Understanding
from service.domain.person import Contact, Profile, StoredPerson
from service.domain.records import Put, SavedUnderstanding, Written
from service.ports import Tools
from service.usecases.understand import require_readable, understand_many


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
    return read_many_to_keep(tools, [profile])[0]


def read_many_to_keep(tools: Tools, profiles: Sequence[Profile]) -> list[SavedUnderstanding]:
    """Read many at once, which takes a fraction of the time; raises as `understand` does."""
    reads = understand_many(tools, profiles)
    grams = tools.index.grams([read.work_text for read in reads])
    return [
        replace(read, said=replace(read.said, grams=own)) if read.said is not None else read
        for read, own in zip(reads, grams, strict=True)
    ]


def read_again(tools: Tools, at_most: int) -> int:
    """Read the words of some whom this reading does not know yet; return how many there were.

    Words that this release cannot read are kept as read to nothing, or they would be the first in
    line for good.
    """
    people = tools.store.people_without_reading(tools.reading, at_most)
    readable = [person for person in people if _is_readable(person.profile)]
    reads = read_many_to_keep(tools, [person.profile for person in readable])
    known = {person.id: read for person, read in zip(readable, reads, strict=True)}
    for person in people:
        tools.store.put_reading(person, known.get(person.id) or nothing_read(tools))
    return len(people)


def _is_readable(profile: Profile) -> bool:
    try:
        require_readable(profile)
    except InvalidInputError:
        return False
    return True


def nothing_read(tools: Tools) -> SavedUnderstanding:
    """Return the reading of words nobody here reads: no phrase, no vector."""
    none = np.zeros((0, tools.reading.dimensions), dtype=np.float32)
    return SavedUnderstanding(Understanding("und", ()), "", none, tools.reading)
