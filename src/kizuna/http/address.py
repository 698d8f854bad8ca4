"""Where a request came from."""

import ipaddress
from typing import Any


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
        if len(forwarded) >= proxy_count and _is_address(forwarded[-proxy_count]):
            return forwarded[-proxy_count], ""
    return str(peer[0]), str(peer[1] or "")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def network(address: str) -> str:
    """What an address is counted as: IPv6 clients own a whole /64, so that is one client."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return address
