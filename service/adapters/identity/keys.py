"""An issuer's signing keys: fetched when needed, kept for a while, asked for at a set pace.

Whoever sends tokens with keys that do not exist cannot make this service call the issuer more
often than `Pace` says, nor hold more than a few requests waiting for it.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from joserfc import jwk
from joserfc.errors import JoseError

from service.adapters.identity.fetch import Fetcher, FetchError
from service.domain.errors import IssuerUnreachableError, TokenRefusedError

_log = structlog.get_logger(__name__)

KEY_TYPES: Final = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
    "EdDSA": "OKP",
    "Ed25519": "OKP",
}
"""The algorithms that are accepted, with the type of key each takes: key pairs only. With a shared
secret or none at all, a public key would be enough to sign."""

_CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "Ed25519": "Ed25519"}
_EDWARDS: Final = ("Ed25519", "Ed448")
_LEAST_RSA_BITS: Final = 2048
_MOST_KEYS: Final = 100
_MOST_WAITING: Final = 4

Key = jwk.RSAKey | jwk.ECKey | jwk.OKPKey


@dataclass(frozen=True, slots=True)
class Pace:
    """How long keys are kept and how often the issuer is asked, in seconds.

    fresh: used without asking. usable: used while the issuer does not answer. again: between two
    askings that succeed, however many unknown keys are named. after_failure: after one that does
    not. timeout: for each of the two documents.
    """

    fresh: float = 300
    usable: float = 3600
    again: float = 30
    after_failure: float = 10
    timeout: float = 5


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    keys: tuple[Key, ...]
    at: float

    def key(self, kid: str | None, algorithm: str) -> Key | None:
        """Return the key of this name; of none, the only one that fits."""
        fitting = [one for one in self.keys if _fits(one, algorithm)]
        if kid is None:
            return fitting[0] if len(fitting) == 1 else None
        return next((one for one in fitting if one.get("kid") == kid), None)


class IssuerKeys:
    """The keys of one issuer. Safe to use from several threads."""

    def __init__(
        self,
        issuer: str,
        *,
        allow_http: bool = False,
        pace: Pace | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask `issuer` when a key is needed, not before. seconds: a clock that never goes back."""
        self._issuer = issuer
        self._pace = pace or Pace()
        self._fetcher = Fetcher(allow_http=allow_http, seconds=self._pace.timeout)
        self._seconds = seconds
        self._kept: _Kept | None = None
        self._failed = False
        self._not_before = float("-inf")
        self._asking = threading.Lock()
        self._places = threading.BoundedSemaphore(_MOST_WAITING)

    def key(self, kid: str | None, algorithm: str) -> Key:
        """Return the public key a token names.

        Raises TokenRefusedError for one that the issuer does not have, IssuerUnreachableError
        where that cannot be told.
        """
        kept = self._kept
        age = float("inf") if kept is None else self._seconds() - kept.at
        if age > self._pace.fresh:
            kept = self._renewed(kept, wait=age > self._pace.usable)
        if kept is None or self._seconds() - kept.at > self._pace.usable:
            raise IssuerUnreachableError
        found = kept.key(kid, algorithm)
        if found is None:
            # Keys are exchanged: this one may be new.
            renewed = self._renewed(kept, wait=True)
            found = None if renewed is None else renewed.key(kid, algorithm)
        if found is None and self._failed:
            raise IssuerUnreachableError
        if found is None:
            message = "This token is signed with a key that its issuer does not have."
            raise TokenRefusedError(message, code="token_key_unknown")
        return found

    def _renewed(self, seen: _Kept | None, *, wait: bool) -> _Kept | None:
        """Return newer keys than `seen`, if they may be and can be fetched; else what is kept.

        wait: for another thread that is fetching them. A few may: requests with a key need the
        other threads.
        """
        if not self._places.acquire(blocking=False):
            if wait:
                raise IssuerUnreachableError
            return self._kept
        try:
            if not self._asking.acquire(blocking=wait):
                return self._kept
            try:
                if self._kept is seen and self._seconds() >= self._not_before:
                    self._ask()
                return self._kept
            finally:
                self._asking.release()
        finally:
            self._places.release()

    def _ask(self) -> None:
        try:
            keys = self._fetched()
        except FetchError as error:
            self._failed = True
            self._not_before = self._seconds() + self._pace.after_failure
            _log.warning("the issuer's keys could not be fetched", reason=str(error))
            return
        self._failed = False
        self._kept = _Kept(keys, self._seconds())
        self._not_before = self._kept.at + self._pace.again

    def _fetched(self) -> tuple[Key, ...]:
        about = self._fetcher.get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if about.get("issuer") != self._issuer:
            message = "the discovery document is of another issuer"
            raise FetchError(message)
        address = about.get("jwks_uri")
        if not isinstance(address, str):
            message = "the discovery document names no jwks_uri"
            raise FetchError(message)
        listed = self._fetcher.get(address).get("keys")
        if not isinstance(listed, list):
            message = "the key set holds no list of keys"
            raise FetchError(message)
        keys = tuple(key for one in listed[:_MOST_KEYS] if (key := _read(one)) is not None)
        if not keys:
            message = "the key set holds no key that can be used"
            raise FetchError(message)
        return keys


def _read(one: Any) -> Key | None:  # noqa: ANN401 - whatever stands in a key set
    """Return a public key for signatures; None for anything else, which harms the others not."""
    if not isinstance(one, dict) or one.get("use", "sig") != "sig":
        return None
    operations: Sequence[Any] = one.get("key_ops") or ("verify",)
    if "verify" not in operations or one.get("kty") not in {"RSA", "EC", "OKP"}:
        return None
    try:
        key = jwk.import_key(one)
        if isinstance(key, jwk.RSAKey) and key.public_key.key_size < _LEAST_RSA_BITS:
            return None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None if isinstance(key, jwk.OctKey) else key


def _fits(key: Key, algorithm: str) -> bool:
    if key.key_type != KEY_TYPES[algorithm] or key.get("alg", algorithm) != algorithm:
        return False
    curve = key.get("crv")
    if algorithm == "EdDSA":
        return curve in _EDWARDS
    return algorithm not in _CURVES or curve == _CURVES[algorithm]
