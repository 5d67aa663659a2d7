"""Acts under a claim and is killed: before its write commits, or right after."""

import os
import signal
import sys
from pathlib import Path

import sqlalchemy as sa

from service.adapters.store import tables as t
from tests.contracts.examples import HOME, OTHER, sqlite_store
from tests.contracts.test_reply_store import CLAIM, DAY, NOON, SOON


def main(folder: str, moment: str) -> None:
    """Work in `folder`; moment: "before" or "after" the commit."""
    with sqlite_store(Path(folder)) as store:
        store.add_organisation(HOME)
        store.claim_reply(CLAIM, NOON, until=SOON, ends=DAY)
        with store.acting(CLAIM):
            if moment == "before":
                with store._database.write() as connection:
                    values = {"id": OTHER.id, "name": OTHER.name, "created_at": OTHER.created_at}
                    connection.execute(sa.insert(t.organisations).values(values))
                    os.kill(os.getpid(), signal.SIGKILL)
            store.add_organisation(OTHER)
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
