"""Where a request came from."""

import ipaddress
import re
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: An address as proxies write it: perhaps in brackets, perhaps with a port.
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](?::\d+)?|(?P<v4>[\d.]+):\d+")


def client_address(scope: Any, proxy_count: int) -> tuple[str, str]:
    """(address, port) of the client.

    Without proxies it is the peer. Behind `proxy_count` of our own proxies it is the entry that the outermost
    of them appended to X-Forwarded-For: what stands before it, the client may have made up.
    """
    peer = scope.get("client") or ("", 0)
    if proxy_count > 0:
        forwarded = [
            part.strip()
            for name, value in scope["headers"]
            if name == b"x-forwarded-for"
            for part in value.decode("latin-1").split(",")
        ]
        if len(forwarded) >= proxy_count and (address := _parsed(forwarded[-proxy_count])) is not None:
            return str(address), ""
    address = _parsed(str(peer[0]))
    return str(peer[0] if address is None else address), str(peer[1] or "")


def _parsed(text: str) -> Address | None:
    """The address, an IPv4 one also where it comes through an IPv6 socket; None for what is none."""
    if match := _WITH_PORT.fullmatch(text):
        text = match["v6"] or match["v4"]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def network(address: str) -> str:
    """What an address is counted as: IPv6 clients own a whole /64, so that is one client."""
    parsed = _parsed(address)
    if parsed is None:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)
