"""Messages over HTTP, signed as Standard Webhooks has it."""

import ssl
from functools import cached_property
from typing import Final

import httpcore
import httpx
from standardwebhooks import Webhook

from service import __version__
from service.adapters.webhooks.addresses import is_local_name, is_public, literal
from service.adapters.webhooks.network import (
    CheckedNetwork,
    NotAllowedError,
    TlsError,
    UnknownNameError,
)
from service.domain.alert import Answered, Message

_SECONDS: Final = 10.0
_LONGEST: Final = 2000
_ERRORS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (NotAllowedError, "url_not_allowed"),
    (UnknownNameError, "name_unknown"),
    (TlsError, "tls"),
    (httpcore.TimeoutException, "timeout"),
    (httpcore.ConnectError, "connect"),
    (httpcore.NetworkError, "connection_lost"),
    (httpcore.ProtocolError, "not_http"),
)


class HttpWebhooks:
    """Implements `service.ports.WebhookSender`. Follows no redirect and reads no body."""

    def __init__(self, *, private: bool = False, seconds: float = _SECONDS) -> None:
        """private: addresses of one's own network are allowed. seconds: a message may take."""
        self._private = private
        self._seconds = seconds

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def refusal(self, url: str) -> str | None:
        """See the port."""
        if len(url) > _LONGEST:
            return f"A URL may have {_LONGEST} characters."
        try:
            parsed = httpx.URL(url)
            host = parsed.raw_host.decode("ascii")
        except (httpx.InvalidURL, UnicodeError, ValueError):
            return "This is not a URL."
        if parsed.scheme not in {"http", "https"} or not host:
            return "Give a whole URL that begins with https://."
        if parsed.userinfo:
            return "A URL with a name or a password in it is not used; check the signature instead."
        address = literal(host)
        hidden = is_local_name(host) if address is None else not is_public(address)
        if hidden and not self._private:
            return (
                "Messages do not go to private, loopback or other addresses of one's own network."
            )
        return None

    def send(self, message: Message) -> Answered:
        """See the port."""
        if self.refusal(message.url) is not None:
            return Answered(error="url_not_allowed")
        try:
            return Answered(status=self._posted(message))
        except Exception as error:  # noqa: BLE001 - whatever a receiver does, it harms nobody else
            return Answered(error=_class_of(error))

    def _posted(self, message: Message) -> int:
        signatures = (
            Webhook(one).sign(message.id, message.at, message.body) for one in message.secrets
        )
        url = httpx.URL(message.url)
        body = message.body.encode()
        headers: dict[bytes | str, bytes | str] = {
            "Host": url.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "User-Agent": f"Homeward/{__version__}",
            "Content-Length": str(len(body)),
            "Connection": "close",
            "webhook-id": message.id,
            "webhook-timestamp": str(int(message.at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        network = CheckedNetwork(private=self._private, seconds=self._seconds)
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        with (
            httpcore.ConnectionPool(ssl_context=self._tls, network_backend=network) as pool,
            pool.stream("POST", target, headers=headers, content=body) as answer,
        ):
            return answer.status


def _class_of(error: Exception) -> str:
    """Name what went wrong, without what a receiver may have put into its words."""
    return next((name for kind, name in _ERRORS if isinstance(error, kind)), "unexpected")
