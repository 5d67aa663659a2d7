"""Mail over SMTP, one connection for each, over which every wait ends at the same moment."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Final, Literal

import aiosmtplib

from service.domain.letter import Letter, Posted, Verdict

Security = Literal["starttls", "tls", "none"]

_SECONDS: Final = 30.0
_BYE_S: Final = 1.0
_POLICY: Final = SMTP.clone(cte_type="7bit")
"""Every server takes what is plain ASCII on the wire."""
_PERMANENT: Final = 500
_OURS: Final = frozenset({502, 503, 530, 534, 535, 538})
"""Replies to a recipient that speak of this client (its login above all), not of the mailbox."""
_POLICY_SAYS: Final = "5.7."
_ERRORS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (ssl.SSLError, "tls"),
    (aiosmtplib.SMTPAuthenticationError, "login"),
    (aiosmtplib.SMTPSenderRefused, "sender_refused"),
    (aiosmtplib.SMTPDataError, "message_refused"),
    (aiosmtplib.SMTPNotSupported, "not_supported"),
    (aiosmtplib.SMTPTimeoutError, "timeout"),
    (TimeoutError, "timeout"),
    (aiosmtplib.SMTPServerDisconnected, "connection_lost"),
    (aiosmtplib.SMTPConnectError, "connect"),
    (aiosmtplib.SMTPResponseException, "not_smtp"),
    (OSError, "connect"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mail goes out, and as whom. home: URL of this service, as a mailbox reaches it.

    sender: address, and its name. user, password: both or none, never without encryption.
    """

    host: str
    port: int
    sender: Address
    home: str
    security: Security = "starttls"
    user: str | None = None
    password: str | None = None
    ca_file: Path | None = None


def sender_of(setting: str) -> Address:
    """Read "Name <address>"; raise ValueError for what is none."""
    name, address = parseaddr(setting)
    try:
        found = Address(name, addr_spec=address)
    except HeaderParseError as error:
        raise ValueError(f'"{setting}" is not an address') from error
    if not found.domain or not address.isascii():
        raise ValueError(f'"{setting}" is not an address in ASCII')
    return found


class NoMail:
    """Implements `service.ports.MailSender` where no server is set."""

    refusal = (
        "This service sends no mail: HOMEWARD_SMTP_HOST, HOMEWARD_SMTP_FROM and "
        "HOMEWARD_PUBLIC_URL are not set."
    )
    home = ""

    def send(self, letter: Letter) -> Posted:  # noqa: ARG002 - the port's signature
        """See the port."""
        return Posted(Verdict.LATER, error="no_mail")


class SmtpMail:
    """Implements `service.ports.MailSender`."""

    refusal = None

    def __init__(self, server: SmtpServer, *, seconds: float = _SECONDS) -> None:
        """seconds: a mail may take, from the name to the last word. Raises OSError for the file."""
        self._server = server
        self._seconds = seconds
        # Read here, where a file that cannot be used is noticed at the start.
        self._tls = ssl.create_default_context(cafile=server.ca_file)

    @property
    def home(self) -> str:
        """See the port."""
        return self._server.home

    def send(self, letter: Letter) -> Posted:
        """See the port."""
        try:
            raw = self.written(letter).as_bytes()
        except (ValueError, MessageError):
            return Posted(Verdict.REFUSED, error="not_writable")
        try:
            return asyncio.run(self._posted(letter.to, raw))
        except Exception as error:  # noqa: BLE001 - whatever a server does, it harms nobody else
            return _failed(error)

    def written(self, letter: Letter) -> EmailMessage:
        """Return a mail as it goes out; raise ValueError or MessageError for a bad header."""
        server = self._server
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = server.sender
        mail["To"] = Address(addr_spec=letter.to)
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(letter.at)
        mail["Message-ID"] = f"<{letter.id}@{server.sender.domain}>"
        # RFC 3834: nobody's "I am on holiday" is to come back.
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(letter.text)
        mail.add_alternative(letter.html, subtype="html")
        # Last: what begins with Content- would have moved into the first half.
        mail["Content-Language"] = letter.language
        return mail

    async def _posted(self, to: str, raw: bytes) -> Posted:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=None if server.security == "none" else self._tls,
            username=server.user,
            password=server.password,
            # Never asked of the system, whose answer may take a minute.
            local_hostname=server.sender.domain,
            timeout=self._seconds,
        )
        try:
            async with asyncio.timeout(self._seconds):
                await client.connect()
                await client.mail(server.sender.addr_spec)
                await client.rcpt(to)
                taken = await client.data(raw)
            # It is taken, whatever becomes of saying goodbye.
            with suppress(Exception):
                async with asyncio.timeout(_BYE_S):
                    await client.quit()
            return Posted(Verdict.TAKEN, status=taken.code)
        finally:
            client.close()


def _failed(error: Exception) -> Posted:
    """Judge what went wrong, without what a server may have put into its words."""
    status = error.code if isinstance(error, aiosmtplib.SMTPResponseException) else None
    if isinstance(error, aiosmtplib.SMTPRecipientRefused):
        ours = error.code in _OURS or error.message.lstrip().startswith(_POLICY_SAYS)
        gone = error.code >= _PERMANENT and not ours
        verdict = Verdict.GONE if gone else Verdict.LATER
        return Posted(verdict, status, "recipient_refused")
    name = next((name for kind, name in _ERRORS if isinstance(error, kind)), "unexpected")
    refused = isinstance(error, aiosmtplib.SMTPDataError) and error.code >= _PERMANENT
    if isinstance(error.__cause__, ssl.SSLError):
        name = "tls"
    return Posted(Verdict.REFUSED if refused else Verdict.LATER, status, name)
