"""Read a small JSON document from an issuer: within seconds, within a size, and from there only."""

import json
import ssl
from functools import cached_property
from typing import Any, Final

import httpcore
import httpx

from service import __version__
from service.adapters.webhooks.addresses import is_local_name, is_public, literal
from service.adapters.webhooks.network import CheckedNetwork

_LARGEST: Final = 256 * 1024
_OK: Final = 200


class FetchError(Exception):
    """The document could not be read; the words say why, without what the other side sent."""


def url_problem(url: str, *, allow_http: bool, query: bool = False) -> str | None:
    """Return what is wrong with a URL that keys come from, None if nothing. query: it may have one.

    Whoever can change what comes over the wire signs in as anybody: http only in one's own house.
    """
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return "it is not a URL"
    if not host or parsed.scheme not in {"https", "http"}:
        return "it has to begin with https://"
    if parsed.userinfo or parsed.fragment or (parsed.query and not query):
        return "it may hold no name, password, query or fragment"
    if parsed.scheme == "https":
        return None
    address = literal(host)
    local = is_local_name(host) or "." not in host if address is None else not is_public(address)
    if allow_http and local:
        return None
    return "it has to begin with https:// (http: of one's own network only, where that is allowed)"


class Fetcher:
    """Gets JSON objects over HTTP. Follows no redirect."""

    def __init__(self, *, allow_http: bool, seconds: float) -> None:
        """allow_http: from one's own network. seconds: for one whole exchange."""
        self._allow_http = allow_http
        self._seconds = seconds

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def get(self, url: str) -> dict[str, Any]:
        """Return the object at `url`; raise FetchError."""
        problem = url_problem(url, allow_http=self._allow_http, query=True)
        if problem is not None:
            raise FetchError(problem)
        try:
            found = json.loads(self._body(httpx.URL(url)))
        except FetchError:
            raise
        except ValueError as error:
            message = "what came is not JSON"
            raise FetchError(message) from error
        except Exception as error:
            # Whatever the other side does: its words stay out of ours.
            message = f"no answer ({type(error).__name__})"
            raise FetchError(message) from error
        if not isinstance(found, dict):
            message = "what came is not a JSON object"
            raise FetchError(message)
        return found

    def _body(self, url: httpx.URL) -> bytes:
        network = CheckedNetwork(private=True, seconds=self._seconds)
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        headers: dict[bytes | str, bytes | str] = {
            "Host": url.netloc.decode("ascii"),
            "Accept": "application/json",
            "User-Agent": f"Homeward/{__version__}",
            "Connection": "close",
        }
        body = bytearray()
        with (
            httpcore.ConnectionPool(ssl_context=self._tls, network_backend=network) as pool,
            pool.stream("GET", target, headers=headers) as answer,
        ):
            if answer.status != _OK:
                message = f"status {answer.status} instead of 200"
                raise FetchError(message)
            for part in answer.iter_stream():
                body += part
                if len(body) > _LARGEST:
                    message = f"more than {_LARGEST:,} bytes"
                    raise FetchError(message)
        return bytes(body)
