"""Tokens against a real issuer over HTTP: what is accepted, what is not, how often it is asked."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from service.adapters.identity.fetch import url_problem
from service.adapters.identity.keys import IssuerKeys, Pace
from service.adapters.identity.tokens import OidcTokens, Trust
from service.domain.errors import IssuerUnreachableError, TokenRefusedError
from tests.identity.issuers import (
    AUDIENCE,
    EDWARDS,
    RSA,
    SECOND,
    STRANGER,
    Issuer,
    Key,
    ago,
    serving,
    signed,
)


def now() -> datetime:
    """Return the moment: tokens are made in the course of the tests."""
    return datetime.now(UTC)


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the moment."""
        return self.now


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer that answers."""
    with serving() as one:
        yield one


@pytest.fixture
def clock() -> Seconds:
    """The clock by which keys age."""
    return Seconds()


@pytest.fixture
def tokens(issuer: Issuer, clock: Seconds) -> OidcTokens:
    """What checks that issuer's tokens."""
    keys = IssuerKeys(issuer.url, allow_http=True, seconds=clock)
    return OidcTokens(Trust(issuer=issuer.url, audience=AUDIENCE), keys)


def refused(tokens: OidcTokens, token: str) -> str:
    """Return the code with which a token is refused."""
    with pytest.raises(TokenRefusedError) as caught:
        tokens.verify(token, now())
    return caught.value.code


def unsigned(claims: dict[str, Any], **header: object) -> str:
    """Return a token without a signature."""
    parts = ({"alg": "none", "typ": "JWT"} | header, claims)
    return (
        ".".join(
            base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode()
            for one in parts
        )
        + "."
    )


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (RSA, "RS256"),
        (RSA, "PS512"),
        (SECOND, "ES256"),
        (EDWARDS, "EdDSA"),
        (EDWARDS, "Ed25519"),
    ],
)
@pytest.mark.parametrize("typ", ["at+jwt", "JWT", "application/at+jwt", None])
def test_a_sound_token_is_accepted(
    issuer: Issuer, tokens: OidcTokens, key: Key, alg: str, typ: str | None
) -> None:
    """With each kind of key pair, the subject and the claims come out as they were signed."""
    issuer.keys = [one.as_dict(private=False) for one in (RSA, SECOND, EDWARDS)]
    found = tokens.verify(signed(issuer.claims(), key, alg, typ=typ), now())
    assert (found.issuer, found.subject) == (issuer.url, "officer-7")
    assert found.claims["roles"] == ["officer"]
    assert found.expires_at > now()


def test_one_of_several_audiences_is_enough(issuer: Issuer, tokens: OidcTokens) -> None:
    """Tokens may be made for several services."""
    assert tokens.verify(signed(issuer.claims(aud=["https://other.example", AUDIENCE])), now())


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": ago(minutes=2)}, "token_expired"),
        ({"exp": None}, "token_invalid"),
        ({"exp": "soon"}, "token_invalid"),
        ({"exp": True}, "token_invalid"),
        ({"exp": 1e300}, "token_invalid"),
        ({"exp": float("nan")}, "token_invalid"),
        ({"exp": 10**400}, "token_invalid"),
        ({"exp": 253_402_300_800}, "token_invalid"),
        ({"jti": 7}, "token_invalid"),
        ({"nbf": ago(hours=-5)}, "token_not_yet_valid"),
        ({"iat": ago(hours=-5)}, "token_not_yet_valid"),
        ({"aud": "https://other.example"}, "token_audience"),
        ({"aud": [AUDIENCE[:-1]]}, "token_audience"),
        ({"aud": {AUDIENCE: 1}}, "token_audience"),
        ({"aud": None}, "token_invalid"),
        ({"iss": "https://other.example"}, "token_issuer_unknown"),
        ({"iss": None}, "token_issuer_unknown"),
        ({"sub": None}, "token_invalid"),
        ({"sub": ""}, "token_invalid"),
        ({"sub": 7}, "token_invalid"),
        ({"typ": "Refresh"}, "token_invalid"),
        ({"typ": "ID"}, "token_invalid"),
    ],
)
def test_claims_that_are_not_for_here_and_now(
    issuer: Issuer, tokens: OidcTokens, claims: dict[str, object], code: str
) -> None:
    """Each is refused by its own code, and the issuer is not even asked for its keys."""
    assert refused(tokens, signed(issuer.claims(**claims))) == code
    assert issuer.asked == []


def test_clocks_may_differ_a_little(issuer: Issuer, tokens: OidcTokens) -> None:
    """Half a minute is forgiven either way."""
    for claims in ({"exp": ago(seconds=30)}, {"nbf": ago(seconds=-30), "iat": ago(seconds=-30)}):
        assert tokens.verify(signed(issuer.claims(**claims)), now())


def test_the_public_key_signs_nothing(issuer: Issuer, tokens: OidcTokens) -> None:
    """Neither as a shared secret, nor by the algorithm none, nor brought along in the header."""
    claims = issuer.claims()
    for secret in (RSA.as_pem(private=False), json.dumps(RSA.as_dict(private=False)).encode()):
        said = unsigned(claims, alg="HS256", kid="first").rstrip(".")
        made = hmac.digest(secret, said.encode(), "sha256")
        token = f"{said}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"
        assert refused(tokens, token) == "token_invalid"
    for alg in ("none", "None", "NONE", "", "HS256"):
        assert refused(tokens, unsigned(claims, alg=alg, kid="first")) == "token_invalid"
    assert issuer.asked == []
    assert refused(tokens, unsigned(claims, alg="RS256", kid="first")) == "token_invalid"
    own = STRANGER.as_dict(private=False)
    brought = signed(claims, STRANGER, jwk=own, jku="https://evil.example/keys")
    assert refused(tokens, brought) == "token_invalid"
    assert all("evil" not in one for one in issuer.asked)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "ES256K"},
        {"typ": "logout+jwt"},
        {"typ": "dpop+jwt"},
        {"typ": 7},
        {"crit": ["b64"], "b64": False},
        {"crit": []},
        {"alg": 7},
        {"alg": ["RS256"]},
        {"kid": 7},
    ],
)
def test_headers_that_are_not_accepted(
    issuer: Issuer, tokens: OidcTokens, header: dict[str, object]
) -> None:
    """Tokens for other uses, and whatever changes how a token is to be read."""
    token = unsigned(issuer.claims(), **({"alg": "RS256"} | header)) + "AAAA"
    assert refused(tokens, token) == "token_invalid"
    assert issuer.asked == []


def test_keys_are_used_for_what_they_are_for(issuer: Issuer, tokens: OidcTokens) -> None:
    """Not for encryption, not in another algorithm than they say, not if short; others still do."""
    short = RSAKey.generate_key(1024, {"kid": "short"})
    other = ECKey.generate_key("P-256", {"kid": "other"})
    issuer.keys = [
        {"kty": "new", "kid": "x"},
        "nonsense",
        {"kty": "RSA", "kid": "broken", "n": "!", "e": 5},
        OctKey.generate_key(256, {"kid": "secret"}).as_dict(),
        short.as_dict(private=False),
        other.as_dict(private=False) | {"use": "enc"},
        RSA.as_dict(private=False) | {"alg": "PS256"},
    ]
    assert refused(tokens, signed(issuer.claims(), short, kid="short")) == "token_key_unknown"
    assert refused(tokens, signed(issuer.claims(), other, "ES256")) == "token_key_unknown"
    assert refused(tokens, signed(issuer.claims())) == "token_key_unknown"
    assert tokens.verify(signed(issuer.claims(), alg="PS256"), now())


def test_a_token_without_a_key_id(issuer: Issuer, tokens: OidcTokens, clock: Seconds) -> None:
    """It is accepted where only one key can be meant."""
    token = signed(issuer.claims(), kid=None)
    assert tokens.verify(token, now())
    issuer.keys.append(STRANGER.as_dict(private=False) | {"kid": "more"})
    clock.now += 301
    assert refused(tokens, token) == "token_key_unknown"


@pytest.mark.parametrize(
    "token",
    ["", "eyJ", "eyJhbGciOiJSUzI1NiJ9", "eyJhbGciOiJSUzI1NiJ9.e30", "eyJ.eyJ.x", "eyJx.y.z" * 2000],
)
def test_what_is_no_token(tokens: OidcTokens, issuer: Issuer, token: str) -> None:
    """Nothing else is read, however long it is."""
    assert refused(tokens, token) == "token_invalid"
    assert issuer.asked == []


def test_a_name_that_stands_twice(issuer: Issuer, tokens: OidcTokens) -> None:
    """What two readers could read in two ways is not read."""
    payload = json.dumps(issuer.claims())[:-1].encode() + b', "sub": "somebody-else"}'
    token = unsigned({}, alg="RS256").split(".")
    token[1] = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    assert refused(tokens, ".".join(token)) == "token_invalid"


def test_keys_are_asked_for_once(issuer: Issuer, tokens: OidcTokens, clock: Seconds) -> None:
    """And again only when they are five minutes old."""
    for _ in range(3):
        tokens.verify(signed(issuer.claims()), now())
    assert len(issuer.asked) == 2
    clock.now += 301
    tokens.verify(signed(issuer.claims()), now())
    assert len(issuer.asked) == 4


def test_a_new_key_is_found(issuer: Issuer, tokens: OidcTokens, clock: Seconds) -> None:
    """After an exchange of keys the new one opens at once, the old one no longer."""
    tokens.verify(signed(issuer.claims()), now())
    issuer.keys = [SECOND.as_dict(private=False)]
    clock.now += 31
    assert tokens.verify(signed(issuer.claims(), SECOND, "ES256"), now())
    assert refused(tokens, signed(issuer.claims())) == "token_key_unknown"


def test_the_key_set_may_stand_behind_a_query(issuer: Issuer, tokens: OidcTokens) -> None:
    """Some issuers name a policy there."""
    issuer.about = {"jwks_uri": f"{issuer.url}/keys?p=officers"}
    assert tokens.verify(signed(issuer.claims()), now())
    assert issuer.asked[1].endswith("/keys?p=officers")


def test_nobody_makes_the_service_hammer_the_issuer(
    issuer: Issuer, tokens: OidcTokens, clock: Seconds
) -> None:
    """However many unknown keys are named, it is asked twice a minute at most."""
    tokens.verify(signed(issuer.claims()), now())
    for number in range(50):
        token = signed(issuer.claims(), STRANGER, kid=f"made-up-{number}")
        assert refused(tokens, token) == "token_key_unknown"
    assert len(issuer.asked) == 2
    clock.now += 31
    for number in range(50):
        refused(tokens, signed(issuer.claims(), STRANGER, kid=f"more-{number}"))
    assert len(issuer.asked) == 4


def test_many_at_once_ask_once(issuer: Issuer, tokens: OidcTokens) -> None:
    """Of those who come together, one asks; whoever finds no place to wait is sent away."""
    found: list[object] = []

    def come() -> None:
        try:
            found.append(tokens.verify(signed(issuer.claims()), now()))
        except IssuerUnreachableError as error:
            found.append(error)

    threads = [threading.Thread(target=come) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 12
    assert len(issuer.asked) == 2


def test_an_issuer_that_is_down(clock: Seconds) -> None:
    """Kept keys serve for an hour; then, and without any, it cannot be told and says so."""
    with serving() as issuer:
        keys = IssuerKeys(issuer.url, allow_http=True, seconds=clock)
        tokens = OidcTokens(Trust(issuer=issuer.url, audience=AUDIENCE), keys)
        tokens.verify(signed(issuer.claims()), now())
    clock.now += 3000
    assert tokens.verify(signed(issuer.claims()), now())
    clock.now += 11
    # A key that is not kept may be a new one.
    with pytest.raises(IssuerUnreachableError):
        tokens.verify(signed(issuer.claims(), SECOND, "ES256"), now())
    clock.now += 1000
    with pytest.raises(IssuerUnreachableError):
        tokens.verify(signed(issuer.claims()), now())


@pytest.mark.parametrize(
    "said",
    [
        {"status": 500},
        {"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}},
        {"body": b"<html>"},
        {"body": b"[]"},
        {"body": b" " * 300_000},
        {"body": b'{"keys": []}'},
        {"about": {"issuer": "https://other.example"}},
        {"about": {"jwks_uri": None}},
        {"about": {"jwks_uri": "http://keys.example/keys"}},
        {"about": {"jwks_uri": "file:///etc/passwd"}},
        {"keys": []},
        {"keys": {"kty": "RSA"}},
    ],
)
def test_an_issuer_that_answers_wrongly(
    issuer: Issuer, tokens: OidcTokens, clock: Seconds, said: dict[str, Any]
) -> None:
    """No redirect is followed and nothing else is taken for keys; it is left alone for a while."""
    for name, value in said.items():
        setattr(issuer, name, value)
    for _ in range(3):
        with pytest.raises(IssuerUnreachableError):
            tokens.verify(signed(issuer.claims()), now())
    asked = len(issuer.asked)
    assert asked <= 2
    clock.now += 11
    with pytest.raises(IssuerUnreachableError):
        tokens.verify(signed(issuer.claims()), now())
    assert len(issuer.asked) == 2 * asked


def test_an_issuer_that_never_answers(issuer: Issuer, clock: Seconds) -> None:
    """It holds a request for as long as `Pace` says, not longer."""
    waits = threading.Event()
    issuer.hangs = waits
    keys = IssuerKeys(issuer.url, allow_http=True, seconds=clock, pace=Pace(timeout=0.1))
    tokens = OidcTokens(Trust(issuer=issuer.url, audience=AUDIENCE), keys)
    try:
        with pytest.raises(IssuerUnreachableError):
            tokens.verify(signed(issuer.claims()), now())
    finally:
        waits.set()


@pytest.mark.parametrize(
    ("url", "allow_http", "fine"),
    [
        ("https://id.example/realms/a", False, True),
        ("http://id.example", False, False),
        ("http://id.example", True, False),
        ("http://127.0.0.1:8080", False, False),
        ("http://127.0.0.1:8080", True, True),
        ("http://keycloak:8080/realms/a", True, True),
        ("http://10.0.0.7", True, True),
        ("http://8.8.8.8", True, False),
        ("ftp://id.example", True, False),
        ("https://user:pass@id.example", False, False),
        ("https://id.example/?a=b", False, False),
        ("id.example", False, False),
        ("", False, False),
    ],
)
def test_where_keys_may_come_from(url: str, allow_http: bool, fine: bool) -> None:  # noqa: FBT001
    """Over TLS, or from one's own network where that is said."""
    assert (url_problem(url, allow_http=allow_http) is None) is fine
