"""A request that names itself, killed between its write and its reply."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from service.domain.errors import InProgressError, ReplyLostError
from tests.contracts.examples import OTHER, sqlite_store
from tests.contracts.test_reply_store import CLAIM, DAY, NOON, SOON

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_request_acts_once(tmp_path: Path, moment: str) -> None:
    """Before its commit it may be tried again; after it, it is known to have been carried out."""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-m", "tests.durability.replies", str(tmp_path), moment],
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    with sqlite_store(tmp_path) as store:
        assert (OTHER in store.organisations()) == (moment == "after")
        with pytest.raises(InProgressError):
            store.claim_reply(CLAIM, NOON, until=SOON, ends=DAY)
        if moment == "before":
            assert store.claim_reply(CLAIM, SOON, until=DAY, ends=DAY) is None
        else:
            with pytest.raises(ReplyLostError):
                store.claim_reply(CLAIM, SOON, until=DAY, ends=DAY)
