"""Who calls: a program with a key, or a person with a token of the issuer trusted here."""

from dataclasses import replace
from uuid import uuid4

from service.domain.access import Caller
from service.domain.errors import ConflictError, ForbiddenError, UnauthenticatedError
from service.domain.token import Principal, VerifiedToken
from service.ports import Tools
from service.rules.roles import organisation_of, scopes_of
from service.usecases.manage_keys import TOUCH_EVERY, authenticate


def caller_presenting(tools: Tools, presented: str) -> Caller:
    """Return who calls with this secret or token.

    Raises UnauthenticatedError for anything else; for a token TokenRefusedError,
    IssuerUnreachableError, and as `caller_of`.
    """
    sign_in = tools.sign_in
    try:
        return authenticate(tools, presented)
    except UnauthenticatedError:
        # Keys first: whatever is wrong with the issuer, they never wait for it.
        if sign_in is None or not sign_in.tokens.recognises(presented):
            raise
    return caller_of(tools, sign_in.tokens.verify(presented, tools.clock.now()))


def caller_of(tools: Tools, verified: VerifiedToken) -> Caller:
    """Return a person whose token was verified, as a caller with what their roles are worth here.

    Raises ForbiddenError for whoever belongs to no organisation here, or may do nothing.
    """
    mapping = tools.sign_in.mapping if tools.sign_in is not None else None
    organisation = None if mapping is None else organisation_of(verified.claims, mapping)
    if mapping is None or organisation is None:
        raise _no_organisation()
    scopes = scopes_of(verified.claims, mapping)
    if not scopes:
        message = "Your roles allow nothing here; ask your administrator."
        raise ForbiddenError(message, code="role_unknown")
    principal = _seen(tools, verified, organisation)
    return Caller(principal.id, organisation, scopes, signed_in=True)


def _seen(tools: Tools, verified: VerifiedToken, organisation: str) -> Principal:
    """Return the person as they are known here, noting at times that they were seen."""
    now = tools.clock.now()
    known = tools.store.principal(verified.issuer, verified.subject)
    if known is None:
        known = Principal(
            id=f"usr_{uuid4().hex}",
            issuer=verified.issuer,
            subject=verified.subject,
            organisation_id=organisation,
            first_seen_at=now,
            last_seen_at=now,
        )
    elif known.organisation_id == organisation and now - known.last_seen_at <= TOUCH_EVERY:
        return known
    try:
        tools.store.put_principal(replace(known, organisation_id=organisation, last_seen_at=now))
    except ConflictError as error:
        raise _no_organisation() from error
    # Two first requests at once: the one that came first has named the person.
    return tools.store.principal(verified.issuer, verified.subject) or known


def _no_organisation() -> ForbiddenError:
    message = "Your token names no organisation that is known here; ask your administrator."
    return ForbiddenError(message, code="organisation_unknown")
