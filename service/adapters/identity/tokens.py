"""JSON Web Tokens of one issuer, for this service, checked by joserfc."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from joserfc import jws
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwt import JWTClaimsRegistry

from service.adapters.identity.keys import KEY_TYPES, IssuerKeys
from service.domain.errors import TokenRefusedError
from service.domain.token import VerifiedToken

_FORM: Final = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_LONGEST: Final = 8192
_LONGEST_NAME: Final = 255
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_OTHER_USES: Final = frozenset({"id", "refresh", "offline", "logout"})
"""What some issuers put under `typ` among the claims of tokens that are not for a service."""
_LEEWAY_S: Final = 60
_LAST_MOMENT: Final = 253_402_300_799
"""Seconds from 1970 to the end of the year 9999, the last that has a date."""
_DUPLICATE: Final = "a name stands twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whose tokens are accepted, and for whom they must have been made."""

    issuer: str
    audience: str
    leeway_s: int = _LEEWAY_S


class OidcTokens:
    """Implements `service.ports.TokenVerifier`."""

    def __init__(self, trust: Trust, keys: IssuerKeys) -> None:
        """Accept tokens of `trust`, signed with one of `keys`."""
        self._trust = trust
        self._keys = keys
        # Names of headers nobody knows are passed over, as RFC 7515 has it; `crit` is not.
        self._registry = jws.JWSRegistry(algorithms=list(KEY_TYPES), strict_check_header=False)

    def recognises(self, presented: str) -> bool:
        """See the port."""
        return _FORM.fullmatch(presented) is not None

    def verify(self, token: str, now: datetime) -> VerifiedToken:
        """See the port."""
        header, claims = _opened(token)
        algorithm = _algorithm(header, claims)
        # Before the signature, for which the issuer may be asked.
        self._require_meant(claims, now)
        kid = header.get("kid")
        if kid is not None and not isinstance(kid, str):
            raise TokenRefusedError
        key = self._keys.key(kid, algorithm)
        try:
            jws.deserialize_compact(token, key, algorithms=[algorithm], registry=self._registry)
        except (JoseError, ValueError, TypeError) as error:
            message = "The signature of this token is not its issuer's."
            raise TokenRefusedError(message) from error
        return VerifiedToken(
            issuer=self._trust.issuer,
            subject=_subject(claims),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            claims=claims,
        )

    def _require_meant(self, claims: dict[str, Any], now: datetime) -> None:
        """Refuse claims of another issuer, for another service, or for another time."""
        if claims.get("iss") != self._trust.issuer:
            message = "This token is not from the issuer that is trusted here."
            raise TokenRefusedError(message, code="token_issuer_unknown")
        for name in ("exp", "nbf", "iat"):
            moment = claims.get(name)
            if moment is None and name != "exp":
                continue
            if not _is_moment(moment):
                message = f"This token says no moment under {name}."
                raise TokenRefusedError(message)
        _subject(claims)
        wanted = JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=self._trust.leeway_s,
            aud={"essential": True, "value": self._trust.audience},
        )
        try:
            wanted.validate(claims)
        except ExpiredTokenError as error:
            message = "This token has expired; sign in again."
            raise TokenRefusedError(message, code="token_expired") from error
        except InvalidClaimError as error:
            if error.claim == "aud":
                message = "This token was made for another service: the audience is not ours."
                raise TokenRefusedError(message, code="token_audience") from error
            if error.claim not in {"nbf", "iat"}:
                raise TokenRefusedError from error
            message = "This token is not valid yet; compare the clocks of issuer and service."
            raise TokenRefusedError(message, code="token_not_yet_valid") from error
        except JoseError as error:
            raise TokenRefusedError from error


def _is_moment(said: object) -> bool:
    if isinstance(said, bool) or not isinstance(said, int | float):
        return False
    # Neither NaN nor infinity is between the two.
    return 0 <= said <= _LAST_MOMENT


def _opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims as they stand there, unchecked."""
    if len(token) > _LONGEST or _FORM.fullmatch(token) is None:
        raise TokenRefusedError
    try:
        read = jws.extract_compact(token.encode("ascii"))
        header = read.headers()
        claims = json.loads(read.payload or b"", object_pairs_hook=_once)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise TokenRefusedError from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise TokenRefusedError
    return header, claims


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse what two readers could read in two ways."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(_DUPLICATE)
    return found


def _algorithm(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Return the algorithm of an access token's header; refuse other tokens and algorithms."""
    algorithm, kind, use = header.get("alg"), header.get("typ", "JWT"), claims.get("typ", "")
    if not isinstance(algorithm, str) or algorithm not in KEY_TYPES or "crit" in header:
        message = "This token is signed in a way that is not accepted here."
        raise TokenRefusedError(message)
    other = not isinstance(use, str) or use.casefold() in _OTHER_USES
    if not isinstance(kind, str) or kind.casefold() not in _TYPES or other:
        message = "This is not an access token."
        raise TokenRefusedError(message)
    return algorithm


def _subject(claims: dict[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_NAME:
        message = "This token does not say whom it is about."
        raise TokenRefusedError(message)
    return subject
