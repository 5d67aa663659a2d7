"""A real issuer over HTTP: discovery, a key set, and tokens signed with its keys."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

AUDIENCE = "https://homeward.example"
JSON = dict[str, Any]
Key = RSAKey | ECKey | OKPKey | OctKey

# Making one takes longer than all that is done with it.
RSA = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
SECOND = ECKey.generate_key("P-256", {"kid": "second", "use": "sig", "alg": "ES256"})
EDWARDS = OKPKey.generate_key("Ed25519", {"kid": "third"})
STRANGER = RSAKey.generate_key(2048, {"kid": "first"})


@dataclass
class Issuer:
    """What it serves, how it answers, and what it was asked."""

    url: str
    keys: list[Any] = field(default_factory=lambda: [RSA.as_dict(private=False)])
    asked: list[str] = field(default_factory=list)
    about: JSON = field(default_factory=dict)
    """What its discovery document says otherwise."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    hangs: threading.Event | None = None

    def answer(self, path: str) -> bytes:
        """Return what stands at a path."""
        if self.body is not None:
            return self.body
        if path.endswith("/.well-known/openid-configuration"):
            said = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"} | self.about
            return json.dumps(said).encode()
        return json.dumps({"keys": self.keys}).encode()

    def claims(self, **other: object) -> JSON:
        """Return the claims of an officer of the home office; None leaves one out."""
        now = int(datetime.now(UTC).timestamp())
        said: JSON = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "officer-7",
            "iat": now,
            "exp": now + 300,
            "organisation": "home-office",
            "roles": ["officer"],
        } | other
        return {name: value for name, value in said.items() if value is not None}


def signed(claims: JSON, key: Key = RSA, alg: str = "RS256", **header: object) -> str:
    """Return a token; what of the header is None is left out."""
    said = {"alg": alg, "typ": "at+jwt", "kid": key.get("kid")} | header
    said = {name: value for name, value in said.items() if value is not None}
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    return jws.serialize_compact(said, json.dumps(claims).encode(), key, registry=registry)


def ago(**span: int) -> int:
    """Return a moment before now as tokens have it."""
    return int((datetime.now(UTC) - timedelta(**span)).timestamp())


@contextmanager
def serving() -> Iterator[Issuer]:
    """Serve an issuer on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            if issuer.hangs is not None:
                issuer.hangs.wait(5)
            body = issuer.answer(self.path)
            self.send_response(issuer.status)
            for name, value in issuer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}/realms/returnees")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
