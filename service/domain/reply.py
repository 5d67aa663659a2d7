"""A request that names itself, so that it acts once, and the reply that is kept of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One attempt at a request that carries an Idempotency-Key.

    organisation_id, key_id: whose API key sent it. name: the Idempotency-Key. request: all that
    makes it this request and no other. attempt: names this one.
    """

    organisation_id: str
    key_id: str
    name: str
    request: str
    attempt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was answered. subjects: ids of whom and what it was about, as the access log has them.

    person_id, subscription_id: what it must not outlive, None where there is nothing.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    subjects: tuple[str, ...] = ()
    person_id: str | None = None
    subscription_id: str | None = None
