"""Everything that can go wrong on purpose. The web edge turns each class into a status."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One bad field: a JSON pointer (RFC 6901) and what is wrong with it, in plain words."""

    pointer: str
    detail: str


class HomewardError(Exception):
    """Base of every expected error. The docstring of a subclass is its default message."""

    code = "error"

    def __init__(
        self,
        detail: str | None = None,
        *,
        code: str | None = None,
        problems: tuple[FieldProblem, ...] = (),
    ) -> None:
        """Use `detail` for people, `code` for programs and `problems` for single fields."""
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.code = code or type(self).code
        self.problems = problems
        super().__init__(self.detail)


class InvalidInputError(HomewardError):
    """Some fields are not usable; each is named under errors."""

    code = "invalid_input"


class KeyReusedError(InvalidInputError):
    """This Idempotency-Key came with another request before; use a new one for a new request."""

    code = "idempotency_key_reused"


class UnreadableFileError(InvalidInputError):
    """This file cannot be read; save it again as CSV (UTF-8), XLSX or JSON Lines."""

    code = "file_damaged"


class TooLargeError(HomewardError):
    """This is larger than is taken in."""

    code = "too_large"


class NotFoundError(HomewardError):
    """There is nothing here that this key may see."""

    code = "not_found"


class ConflictError(HomewardError):
    """The request contradicts what is stored."""

    code = "conflict"


class InProgressError(ConflictError):
    """The request with this Idempotency-Key is being worked on; repeat it after Retry-After."""

    code = "idempotency_in_progress"


class ReplyLostError(ConflictError):
    """This request was carried out, and its reply lost in a crash: look for what it made."""

    code = "idempotency_reply_lost"


class PreconditionFailedError(HomewardError):
    """The record has changed since you read it; read it again and repeat the change."""

    code = "precondition_failed"


class UnauthenticatedError(HomewardError):
    """Send a valid key as "Authorization: Bearer <key>"."""

    code = "unauthenticated"


class TokenRefusedError(UnauthenticatedError):
    """This token is not accepted; sign in again."""

    code = "token_invalid"


class ForbiddenError(HomewardError):
    """This key lacks the scope for that."""

    code = "forbidden"


class ConsentMissingError(HomewardError):
    """The person has not agreed to be matched, or the agreement has ended."""

    code = "consent_missing"


class SignInRefusedError(ForbiddenError):
    """The username or the password is wrong."""

    code = "sign_in_refused"


class SessionLockedError(UnauthenticatedError):
    """The session is locked; enter the password to go on."""

    code = "session_locked"


class FormExpiredError(ForbiddenError):
    """This form was not given out to this session; open the page again."""

    code = "form_expired"


class SentAlreadyError(ConflictError):
    """This form was sent before, and whether it was carried out is not known; look first."""

    code = "sent_already"


class RateLimitedError(HomewardError):
    """Too many requests with this key; wait as long as Retry-After says."""

    code = "rate_limited"

    def __init__(self, retry_after_s: int) -> None:
        """`retry_after_s` is whole seconds until one more request is allowed."""
        super().__init__()
        self.retry_after_s = retry_after_s


class NotReadyError(HomewardError):
    """The service is still loading its model or its index; try again in a few seconds."""

    code = "not_ready"


class IssuerUnreachableError(HomewardError):
    """Tokens cannot be checked now: their issuer does not answer. Keys go on working."""

    code = "issuer_unreachable"


class StorageError(HomewardError):
    """The data directory cannot be used as it is."""

    code = "storage"


class StaleVectorsError(HomewardError):
    """Stored vectors were made by another model; run "homeward reindex"."""

    code = "stale_vectors"
