"""Officers of the console in SQL: names, password hashes and drafts are sealed."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service.adapters.store import officer_tables as t
from service.adapters.store.database import Database
from service.adapters.store.subjects import SubjectVault
from service.adapters.store.tables import people
from service.domain.errors import ConflictError, NotFoundError
from service.domain.officer import (
    Attempts,
    Draft,
    DraftKey,
    Officer,
    OfficerChange,
    Role,
    Session,
    Submission,
)


class OfficerQueries:
    """Implements `service.ports.OfficerStore`."""

    def __init__(self, database: Database, subjects: SubjectVault) -> None:
        """Work on this database; seal what is about a person under their key."""
        self._db = database
        self._vault = subjects.master
        self._subjects = subjects

    def add_officer(self, officer: Officer, password_hash: str) -> None:
        """See the port."""
        values = self._account(officer) | {
            "id": officer.id,
            "organisation_id": officer.organisation_id,
            "username": officer.username,
            "sealed": self._sealed_account(officer, password_hash),
            "created_at": officer.created_at,
        }
        try:
            with self._db.write() as connection:
                connection.execute(sa.insert(t.officers).values(values))
        except sa.exc.IntegrityError as error:
            message = (
                f"There is an account {officer.username!r} already, "
                f"or no organisation {officer.organisation_id!r}."
            )
            raise ConflictError(message) from error

    def officers(self, organisation_id: str | None = None) -> list[Officer]:
        """See the port."""
        query = sa.select(t.officers).order_by(t.officers.c.username)
        if organisation_id is not None:
            query = query.where(t.officers.c.organisation_id == organisation_id)
        with self._db.read() as connection:
            return [self._officer(row)[0] for row in connection.execute(query)]

    def officer_by_username(self, username: str) -> tuple[Officer, str] | None:
        """See the port."""
        query = sa.select(t.officers).where(t.officers.c.username == username)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else self._officer(row)

    def change_officer(self, officer_id: str, change: OfficerChange) -> Officer:
        """See the port."""
        mine = t.officers.c.id == officer_id
        fields = ("role", "locale", "disabled", "office")
        said = {name: new for name in fields if (new := getattr(change, name)) is not None}
        with self._db.write() as connection:
            row = connection.execute(sa.select(t.officers).where(mine)).one_or_none()
            if row is None:
                raise NotFoundError
            stored, password_hash = self._officer(row)
            officer = replace(stored, **said)
            sealed = self._sealed_account(officer, change.password_hash or password_hash)
            changes = self._account(officer) | {"sealed": sealed}
            connection.execute(sa.update(t.officers).where(mine).values(changes))
        return officer

    def _account(self, officer: Officer) -> dict[str, Any]:
        return {"role": officer.role, "locale": officer.locale, "disabled": officer.disabled}

    def _sealed_account(self, officer: Officer, password_hash: str) -> bytes:
        # Sealed, so that a stolen database without the key file lets nobody guess passwords.
        content = json.dumps(
            {"name": officer.name, "password": password_hash, "office": officer.office}
        )
        return self._vault.seal(content.encode(), f"officers/{officer.id}")

    def _officer(self, row: Any) -> tuple[Officer, str]:  # noqa: ANN401 - a row has no static type
        content = json.loads(self._vault.open(row.sealed, f"officers/{row.id}"))
        officer = Officer(
            id=row.id,
            organisation_id=row.organisation_id,
            username=row.username,
            name=content["name"],
            role=Role(row.role),
            created_at=row.created_at,
            locale=row.locale,
            disabled=row.disabled,
            office=tuple(content.get("office", ())),
        )
        return officer, content["password"]

    def open_session(self, token_hash: bytes, session: Session) -> None:
        """See the port."""
        with self._db.write() as connection:
            connection.execute(
                sa.insert(t.officer_sessions).values(
                    token_hash=token_hash,
                    officer_id=session.officer.id,
                    seen_at=session.seen_at,
                    ends_at=session.ends_at,
                    locked=session.locked,
                )
            )

    def session(self, token_hash: bytes) -> Session | None:
        """See the port."""
        sessions = t.officer_sessions.c
        query = (
            sa.select(t.officers, sessions.seen_at, sessions.ends_at, sessions.locked)
            .join(t.officers, t.officers.c.id == sessions.officer_id)
            .where(sessions.token_hash == token_hash)
        )
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        officer, _ = self._officer(row)
        return Session(officer=officer, seen_at=row.seen_at, ends_at=row.ends_at, locked=row.locked)

    def touch_session(self, token_hash: bytes, seen_at: datetime, *, locked: bool) -> None:
        """See the port."""
        sessions = t.officer_sessions
        with self._db.write() as connection:
            connection.execute(
                sa.update(sessions)
                .where(sessions.c.token_hash == token_hash)
                .values(seen_at=seen_at, locked=locked)
            )

    def close_sessions(
        self, officer_id: str, *, only: bytes | None = None, but: bytes | None = None
    ) -> None:
        """See the port."""
        sessions = t.officer_sessions.c
        forget = sa.delete(t.officer_sessions).where(sessions.officer_id == officer_id)
        if only is not None:
            forget = forget.where(sessions.token_hash == only)
        if but is not None:
            forget = forget.where(sessions.token_hash != but)
        with self._db.write() as connection:
            connection.execute(forget)

    def know_browser(self, token_hash: bytes, officer_id: str, at: datetime) -> None:
        """See the port."""
        browsers = t.officer_browsers
        row = {"token_hash": token_hash, "officer_id": officer_id}
        with self._db.write() as connection:
            connection.execute(sa.delete(browsers).filter_by(**row))
            connection.execute(sa.insert(browsers).values(**row, at=at))

    def knows_browser(self, token_hash: bytes, officer_id: str) -> bool:
        """See the port."""
        query = sa.select(t.officer_browsers).filter_by(
            token_hash=token_hash, officer_id=officer_id
        )
        with self._db.read() as connection:
            return connection.execute(query).first() is not None

    def attempts(self, place: str) -> Attempts:
        """See the port."""
        attempts = t.officer_attempts
        query = sa.select(attempts).where(attempts.c.place == self._attempts_at(place))
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return Attempts(0, None) if row is None else Attempts(row.failures, row.not_before)

    def note_attempts(self, place: str, attempts: Attempts, at: datetime) -> None:
        """See the port."""
        table, hashed = t.officer_attempts, self._attempts_at(place)
        with self._db.write() as connection:
            connection.execute(sa.delete(table).where(table.c.place == hashed))
            if attempts.failures:
                connection.execute(
                    sa.insert(table).values(
                        place=hashed,
                        failures=attempts.failures,
                        not_before=attempts.not_before,
                        at=at,
                    )
                )

    def _attempts_at(self, place: str) -> bytes:
        return self._vault.keyed(place, "sign-in")

    def save_draft(self, key: DraftKey, fields: dict[str, tuple[str, ...]], at: datetime) -> None:
        """See the port."""
        drafts = t.officer_drafts
        mine = {"officer_id": key.officer_id, "form": key.form}
        content = json.dumps(fields).encode()
        with self._db.write() as connection:
            if key.about is not None:
                known = sa.select(people.c.id).where(people.c.id == key.about)
                if connection.execute(known).first() is None:
                    # Erased while somebody was still typing: nothing of them is kept.
                    return
            connection.execute(sa.delete(drafts).filter_by(**mine))
            connection.execute(
                sa.insert(drafts).values(
                    **mine,
                    person_id=key.about,
                    sealed=self._subjects.seal_about(
                        key.about, content, draft_place(key.officer_id, key.form)
                    ),
                    updated_at=at,
                )
            )

    def draft(self, officer_id: str, form: str) -> Draft | None:
        """See the port."""
        query = sa.select(t.officer_drafts).filter_by(officer_id=officer_id, form=form)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        content = json.loads(
            self._subjects.open(row.person_id or "", row.sealed, draft_place(officer_id, form))
        )
        fields = {name: tuple(values) for name, values in content.items()}
        return Draft(fields, row.updated_at)

    def drafts(self, officer_id: str) -> list[tuple[str, datetime]]:
        """See the port."""
        drafts = t.officer_drafts.c
        query = (
            sa.select(drafts.form, drafts.updated_at)
            .where(drafts.officer_id == officer_id)
            .order_by(drafts.updated_at.desc())
        )
        with self._db.read() as connection:
            return [(row.form, row.updated_at) for row in connection.execute(query)]

    def forget_drafts(self, officer_id: str, forms: Sequence[str]) -> None:
        """See the port."""
        drafts = t.officer_drafts.c
        with self._db.write() as connection:
            connection.execute(
                sa.delete(t.officer_drafts)
                .where(drafts.officer_id == officer_id)
                .where(drafts.form.in_(forms))
            )

    def claim_submission(self, token_hash: bytes, officer_id: str, at: datetime) -> Submission:
        """See the port."""
        sent = t.officer_submissions
        with self._db.write() as connection:
            row = connection.execute(sa.select(sent).filter_by(token_hash=token_hash)).one_or_none()
            if row is not None:
                mine = row.officer_id == officer_id
                return Submission(fresh=False, location=row.location if mine else None)
            connection.execute(
                sa.insert(sent).values(token_hash=token_hash, officer_id=officer_id, at=at)
            )
        return Submission(fresh=True)

    def was_sent(self, token_hash: bytes) -> bool:
        """See the port."""
        sent = t.officer_submissions
        with self._db.read() as connection:
            found = sa.select(sent.c.token_hash).filter_by(token_hash=token_hash)
            return connection.execute(found).first() is not None

    def finish_submission(self, token_hash: bytes, location: str | None) -> None:
        """See the port."""
        sent = t.officer_submissions
        mine = sent.c.token_hash == token_hash
        with self._db.write() as connection:
            if location is None:
                connection.execute(sa.delete(sent).where(mine))
            else:
                connection.execute(sa.update(sent).where(mine).values(location=location))


def draft_place(officer_id: str, form: str) -> str:
    """Return where a draft is bound to."""
    return f"officer_drafts/{officer_id}/{form}"
