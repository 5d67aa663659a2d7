"""A real mail server on this machine, that takes, refuses, hangs or babbles as it is told."""

import asyncio
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from service.adapters.mail.sender import Security, SmtpMail, SmtpServer

HOME: Final = "https://homeward.example"
_OK: Final = "250 taken"


@dataclass
class Arrived:
    """A mail as it arrived: its envelope, and what it says."""

    sender: str
    to: list[str]
    mail: EmailMessage
    encrypted: bool

    @property
    def text(self) -> str:
        """The plain half."""
        body = self.mail.get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")

    @property
    def page(self) -> str:
        """The half in HTML."""
        body = self.mail.get_body(("html",))
        assert body is not None
        return str(body.get_content())

    def link(self, purpose: str) -> str:
        """Return the path of a link in it."""
        (line,) = {one for one in self.text.splitlines() if f"/mail/{purpose}/" in one}
        return line.removeprefix(HOME)


@dataclass
class PostOffice:
    """What was taken. rcpt, data: replies in turn, the last one again and again.

    hangs: recipients that are answered only once `released` is set. slow: seconds before a mail
    is taken.
    """

    port: int = 0
    got: list[Arrived] = field(default_factory=list)
    rcpt: list[str] = field(default_factory=lambda: [_OK])
    data: list[str] = field(default_factory=lambda: [_OK])
    hangs: tuple[str, ...] = ()
    released: threading.Event = field(default_factory=threading.Event)
    tried: list[str] = field(default_factory=list)
    slow: float = 0.0

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Answer to a recipient."""
        self.tried.append(address)
        if address in self.hangs:
            await asyncio.to_thread(self.released.wait)
        reply = _next(self.rcpt)
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Answer to a mail."""
        reply = _next(self.data)
        if reply.startswith("2"):
            raw = envelope.content
            assert isinstance(raw, bytes)
            mail = message_from_bytes(raw, policy=policy.default)
            encrypted = session.ssl is not None
            sender = envelope.mail_from or ""
            self.got.append(Arrived(sender, list(envelope.rcpt_tos), mail, encrypted))
            await asyncio.sleep(self.slow)
        return reply

    def sender(self, security: Security = "none", seconds: float = 10, **more: Any) -> SmtpMail:  # noqa: ANN401 - fields of many types
        """Return who sends mail through it."""
        server = SmtpServer(
            host="localhost",
            port=self.port,
            sender=Address("Homeward", addr_spec="alerts@homeward.example"),
            home=HOME,
            security=security,
            **more,
        )
        return SmtpMail(server, seconds=seconds)


@contextmanager
def post_office(
    certificate: Path | None = None,
    login: tuple[str, str] | None = None,
    **behaviour: Any,  # noqa: ANN401 - fields of many types
) -> Iterator[PostOffice]:
    """Yield a mail server that listens until the end. With a login it wants STARTTLS first."""
    office = PostOffice(port=free_port(), **behaviour)
    more: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        more = {"tls_context": context, "require_starttls": True}
    if login is not None:

        def check(*found: Any) -> AuthResult:  # noqa: ANN401 - fields of many types
            sent = found[-1]
            assert isinstance(sent, LoginPassword)
            right = (sent.login.decode(), sent.password.decode()) == login
            # Not handled: the server itself says no.
            return AuthResult(success=right, handled=False)

        more |= {"authenticator": check, "auth_required": True}
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **more)
    controller.start()
    try:
        yield office
    finally:
        office.released.set()
        controller.stop()


@contextmanager
def babbling(words: bytes) -> Iterator[PostOffice]:
    """Yield a port on which somebody says only these words to whoever comes."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)
    over = threading.Event()

    def babble() -> None:
        held = []
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            connection.sendall(words)
            # Kept open, so that whoever waits for more waits.
            held.append(connection)
        for connection in held:
            connection.close()

    thread = threading.Thread(target=babble, daemon=True)
    thread.start()
    try:
        yield PostOffice(port=listening.getsockname()[1])
    finally:
        over.set()
        thread.join()
        listening.close()


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def write_certificate(path: Path, name: str = "localhost") -> Path:
    """Write a certificate that vouches for itself, with its key; return the path."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName(
        [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.2"))]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(pem)
    )
    return path


def _next(replies: list[str]) -> str:
    return replies.pop(0) if len(replies) > 1 else replies[0]
