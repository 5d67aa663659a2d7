"""Which addresses on the network anybody may reach, however a URL writes them."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

_NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_LOCAL_NAMES: Final = ("localhost", "local", "internal", "localdomain", "home.arpa")


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a URL's host writes out, None where it is a name.

    Read as the system's resolver reads it: 2130706433, 0x7f.1 and 017700000001 are 127.0.0.1.
    """
    plain = host.strip("[]").rstrip(".").split("%")[0]
    try:
        return ip_address(plain)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(plain))
    except (OSError, ValueError):
        return None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one of the open network, looking through what wraps it."""
    if isinstance(address, IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )


def is_local_name(host: str) -> bool:
    """Tell whether a name is kept for one's own machine or network."""
    plain = host.rstrip(".").casefold()
    return any(plain == one or plain.endswith(f".{one}") for one in _LOCAL_NAMES)


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that packets to an IPv6 one end up at, None where there is none."""
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
