"""Erase a person: record, all that came of it, their key, and what is held in memory."""

from typing import Final

from service.domain.person import StoredPerson
from service.ports import Records, Tools

INCOMPLETE: Final = "erasure_incomplete"
"""Code of the error after which the record is gone, and bytes of its key are not."""


def erase_person(tools: Tools | Records, person: StoredPerson, *, if_version: int | None) -> None:
    """Erase for good, whoever asks for it.

    Raises PreconditionFailedError, NotFoundError, and StorageError with the code `INCOMPLETE`.
    """
    try:
        tools.store.delete_person(person, if_version=if_version)
    finally:
        # Whatever became of the key: nobody finds them any more.
        indexes = (tools.register, tools.people) if isinstance(tools, Tools) else ()
        for index in indexes:
            index.follow()
