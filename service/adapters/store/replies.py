"""Replies in SQL: names and requests as keyed hashes, the reply sealed for its place."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from pydantic import TypeAdapter

from service.adapters.store import kept_tables as k
from service.adapters.store import tables as t
from service.adapters.store.database import Database, before_commit
from service.adapters.store.subjects import SubjectVault
from service.domain.errors import InProgressError, KeyReusedError, ReplyLostError
from service.domain.reply import Claim, Reply

_BEGUN: Final = "begun"
_ACTED: Final = "acted"
_KEPT: Final = "kept"
# Bodies are JSON, so UTF-8, in which bytes are written here.
_REPLY: Final = TypeAdapter(Reply)


class ReplyQueries:
    """Implements `service.ports.ReplyStore`."""

    def __init__(self, database: Database, subjects: SubjectVault) -> None:
        """Work on this database; seal what is about a person under their key."""
        self._db = database
        self._vault = subjects.master
        self._subjects = subjects

    def claim_reply(
        self, claim: Claim, at: datetime, *, until: datetime, ends: datetime
    ) -> Reply | None:
        """See the port."""
        # Most repeats only read, and whoever waits for another attempt holds up no writer.
        with self._db.read() as connection:
            kept = self._kept(connection, claim, at)
        if kept is not None:
            return kept
        try:
            return self._claimed(claim, at, until, ends)
        except sa.exc.IntegrityError as error:
            # Where several processes write, another has taken it since.
            raise InProgressError from error

    def _claimed(self, claim: Claim, at: datetime, until: datetime, ends: datetime) -> Reply | None:
        name = self._name(claim)
        with self._db.write() as connection:
            kept = self._kept(connection, claim, at)
            if kept is None:
                connection.execute(sa.delete(k.replies).where(k.replies.c.name == name))
                connection.execute(
                    sa.insert(k.replies).values(
                        name=name,
                        request=self._vault.keyed(claim.request, "request"),
                        attempt=claim.attempt,
                        state=_BEGUN,
                        claimed_until=until,
                        ends=ends,
                    )
                )
            return kept

    def _kept(self, connection: sa.Connection, claim: Claim, at: datetime) -> Reply | None:
        """Return the reply that was kept; None where nobody acts and nobody has acted."""
        query = sa.select(k.replies).where(k.replies.c.name == self._name(claim))
        row = connection.execute(query).one_or_none()
        if row is None or row.ends <= at:
            return None
        if row.request != self._vault.keyed(claim.request, "request"):
            raise KeyReusedError
        if row.state == _KEPT:
            return _REPLY.validate_json(
                self._subjects.open(row.person_id or "", row.sealed, reply_place(row.name))
            )
        if row.claimed_until > at:
            raise InProgressError
        if row.state == _ACTED:
            raise ReplyLostError
        return None

    @contextmanager
    def acting(self, claim: Claim) -> Iterator[None]:
        """See the port."""
        mark = sa.update(k.replies).where(self._mine(claim)).values(state=_ACTED)

        def note(connection: sa.Connection) -> None:
            if connection.execute(mark).rowcount == 0:
                raise InProgressError

        reset = before_commit.set((self._db, note))
        try:
            yield
        finally:
            before_commit.reset(reset)

    def keep_reply(self, claim: Claim, reply: Reply) -> None:
        """See the port."""
        replies = k.replies
        with self._db.write() as connection:
            mine = self._mine(claim)
            if not self._stands(connection, reply):
                connection.execute(sa.delete(replies).where(mine))
                return
            name = self._name(claim)
            connection.execute(
                sa.update(replies)
                .where(mine)
                .values(
                    state=_KEPT,
                    sealed=self._subjects.seal_about(
                        reply.person_id, _REPLY.dump_json(reply), reply_place(name)
                    ),
                    person_id=reply.person_id,
                    subscription_id=reply.subscription_id,
                )
            )

    @staticmethod
    def _stands(connection: sa.Connection, reply: Reply) -> bool:
        """Tell whether everything that a reply must not outlive is still there."""
        for table, name in (
            (t.people, reply.person_id),
            (t.subscriptions, reply.subscription_id),
        ):
            found = sa.select(table.c.id).where(table.c.id == name)
            if name is not None and connection.execute(found).first() is None:
                return False
        return True

    def person_of_reply(self, claim: Claim) -> str | None:
        """See the port."""
        query = sa.select(k.replies.c.person_id).where(k.replies.c.name == self._name(claim))
        with self._db.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def forget_reply(self, claim: Claim, person_id: str) -> None:
        """See the port."""
        replies = k.replies.c
        named = sa.and_(replies.name == self._name(claim), replies.person_id == person_id)
        with self._db.write() as connection:
            connection.execute(sa.delete(k.replies).where(named))

    def release_claim(self, claim: Claim) -> None:
        """See the port."""
        with self._db.write() as connection:
            unused = sa.and_(self._mine(claim), k.replies.c.state == _BEGUN)
            connection.execute(sa.delete(k.replies).where(unused))

    def _mine(self, claim: Claim) -> sa.ColumnElement[bool]:
        return sa.and_(k.replies.c.name == self._name(claim), k.replies.c.attempt == claim.attempt)

    def _name(self, claim: Claim) -> bytes:
        # Neither part before the last can hold a line break, so no two claims share a name.
        text = f"{claim.organisation_id}\n{claim.key_id}\n{claim.name}"
        return self._vault.keyed(text, "idempotency key")


def reply_place(name: bytes) -> str:
    """Return where a reply is bound to."""
    return f"replies/{name.hex()}"
