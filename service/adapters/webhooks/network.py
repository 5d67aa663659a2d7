"""Connections that check where they lead, and that end at a moment whatever the other does."""

import socket
import ssl
import time
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import httpcore

from service.adapters.webhooks.addresses import is_public


class NotAllowedError(OSError):
    """The name leads to an address that may not be reached."""


class UnknownNameError(OSError):
    """The name leads nowhere."""


class TlsError(OSError):
    """The receiver speaks no TLS, or nobody vouches for its certificate."""


class CheckedNetwork(httpcore.NetworkBackend):
    """Resolves a name once, checks every address, and connects to one of just these.

    Whoever owns the name cannot lead the check to one address and the connection to another.
    """

    def __init__(self, *, private: bool, seconds: float) -> None:
        """private: lets every address pass. seconds: for the whole exchange, from now."""
        self._private = private
        self._ends = time.monotonic() + seconds
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; raise NotAllowedError for any private one."""
        wrong: Exception = UnknownNameError(host)
        for address in self._addresses(host, port):
            try:
                stream = self._plain.connect_tcp(
                    address, port, left(self._ends, timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                wrong = error
            else:
                return _Bounded(stream, self._ends)
        raise wrong

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise UnknownNameError(host) from error
        addresses = [str(one[4][0]) for one in found]
        if not self._private and not all(
            is_public(ip_address(one.split("%")[0])) for one in addresses
        ):
            raise NotAllowedError(host)
        return list(dict.fromkeys(addresses))


class _Bounded(httpcore.NetworkStream):
    """A stream on which every wait ends at the same moment: a drip of bytes gains no time."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, left(self._ends, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, left(self._ends, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        waits = left(self._ends, timeout)
        try:
            stream = self._stream.start_tls(ssl_context, server_hostname, waits)
        except httpcore.ConnectError as error:
            raise TlsError(*error.args) from error
        return _Bounded(stream, self._ends)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the library's signature
        return self._stream.get_extra_info(info)


def left(ends: float, timeout: float | None) -> float:
    """Return how long may be waited at most; raise httpcore.ReadTimeout where that is over."""
    waits = ends - time.monotonic()
    if waits <= 0:
        message = "the time for this message is over"
        raise httpcore.ReadTimeout(message)
    return waits if timeout is None else min(waits, timeout)
