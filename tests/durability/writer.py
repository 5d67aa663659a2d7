"""A process that writes to the real store and index, to be killed.

`python -m tests.durability.writer`, from the root of the checkout.
On stdout, one line each: "try KIND NAME STATE" before a write, "did KIND NAME STATE" once
it is acknowledged. STATE is a number that the record then carries, or "gone".
"""

import itertools
import mmap
import os
import random
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.adapters.store.sql import SqlStore
from service.adapters.vectors import local
from service.adapters.vectors.local import LocalListingIndex
from service.adapters.vectors.snapshot import SnapshotFolder
from service.domain.errors import ConflictError
from service.domain.person import Contact
from tests.contracts.examples import HOME, MODEL, job, write_listing, write_person

SOURCE = "kill"
COUNTER = "HOMEWARD_TEST_SYNCS"


@contextmanager
def open_folder(folder: Path) -> Iterator[tuple[SqlStore, LocalListingIndex]]:
    """Open the store and the index of `folder` in step, as the service does."""
    store = SqlStore.open(folder / "data", folder / "keys.json")
    try:
        index = LocalListingIndex(
            store, MODEL, SnapshotFolder(folder / "data" / "index", MODEL.revision)
        )
        index.follow()
        yield store, index
    finally:
        store.close()


class Writer:
    """Writes listings and people, one acknowledged write after the other."""

    def __init__(self, store: SqlStore, index: LocalListingIndex, seed: int) -> None:
        """Draw names and order from `seed`; numbers grow over all writers of a folder."""
        self._store, self._index = store, index
        self._draw = random.Random(seed)  # noqa: S311 - a test's dice
        self._numbers = itertools.count(seed * 1_000_000)
        self._names = [f"{n}" for n in range(12)]

    def write(self) -> None:
        """Do one write: mostly put, sometimes delete."""
        name, kind = self._draw.choice(self._names), self._draw.choice(["listing", "person"])
        known = self._known(kind, name)
        state = "gone" if known and self._draw.random() < 0.2 else str(next(self._numbers))
        _say(f"try {kind} {name} {state}")
        if state == "gone":
            self._delete(kind, name)
        elif kind == "listing":
            write_listing(self._store, name, job(state), source=SOURCE)
            self._index.follow()
        else:
            contact = Contact(state)
            write_person(self._store, state, contact, source=SOURCE, external_id=name)
        _say(f"did {kind} {name} {state}")

    def _known(self, kind: str, name: str) -> bool:
        if kind == "listing":
            listings = self._store.page_of_listings(after=0, limit=1000, where={}).items
            return name in {listing.external_id for listing in listings}
        people = self._store.page_of_people(HOME.id, after=0, limit=1000, where={}).items
        return name in {person.external_id for person in people}

    def _delete(self, kind: str, name: str) -> None:
        if kind == "person":
            person = self._store.person_by_source(HOME.id, SOURCE, name)
            self._store.delete_person(person, if_version=None)
            return
        listing = self._store.listing_by_source(HOME.id, SOURCE, name)
        self._store.delete_listing(listing, if_version=None)
        self._index.follow()


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def write_until_killed(folder: Path, seed: int) -> None:
    """Write as fast as it goes, with the index's upkeep beside, as the server does it."""
    with open_folder(folder) as (store, index):
        try:
            store.add_organisation(HOME)
        except ConflictError:
            _say("opened again")
        writer = Writer(store, index, seed)

        def keep_tidy() -> None:
            while True:
                index.follow()
                index.tidy()

        threading.Thread(target=keep_tidy, daemon=True).start()
        while True:
            writer.write()


def serve_rounds() -> None:
    """For each "FOLDER SEED" on stdin fork a writer; say its pid, and that it has ended.

    Forking from a process that has imported everything makes a round cost what opening
    costs. This process itself opens nothing and starts no thread.
    """
    local._SAVE_AFTER = 15
    for line in sys.stdin:
        folder, seed = line.split()
        child = os.fork()
        if child == 0:
            try:
                write_until_killed(Path(folder), int(seed))
            finally:
                os._exit(1)
        _say(f"started {child}")
        _, status = os.waitpid(child, 0)
        _say(f"ended {os.waitstatus_to_exitcode(status)}")


def write_counted(folder: Path, writes: int, synchronous: str) -> None:
    """Do so many writes; after each say how many syncs of database files there were so far."""
    with Path(os.environ[COUNTER]).open("r+b") as file, open_folder(folder) as (store, index):
        counter = mmap.mmap(file.fileno(), 8)
        store.add_organisation(HOME)
        if synchronous == "OFF":
            with store._database.writer_engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                assert raw is not None
                raw.cursor().execute("PRAGMA synchronous=OFF")
        writer = Writer(store, index, 1)
        _say(f"syncs {struct.unpack('=Q', counter[:8])[0]}")
        for _ in range(writes):
            writer.write()
            _say(f"syncs {struct.unpack('=Q', counter[:8])[0]}")


if __name__ == "__main__":
    if sys.argv[1:] == ["rounds"]:
        serve_rounds()
    else:
        write_counted(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
