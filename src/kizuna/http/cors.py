"""Cross-origin requests, answered as the reference answers them."""

from collections.abc import Mapping

#: Methods a preflight may ask for; only the last two are echoed, the others need no permission.
_METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE")
_ECHOED = (b"PUT", b"DELETE")

#: Headers that need no permission, and those that are permitted by name.
_SAFE = frozenset((b"accept", b"accept-language", b"content-language", b"origin"))
_PERMITTED = {
    b"authorization": b"Authorization",
    b"content-type": b"Content-Type",
    b"user-agent": b"User-Agent",
}

ALLOW_ORIGIN = (b"access-control-allow-origin", b"*")

Headers = list[tuple[bytes, bytes]]


def preflight(headers: Mapping[bytes, bytes]) -> tuple[int, Headers]:
    """Status and headers of the empty answer to an OPTIONS request."""
    if b"origin" not in headers:
        return 200, []
    method = headers.get(b"access-control-request-method", b"")
    if not method:
        return 400, []
    if method not in _METHODS:
        return 405, []
    asked = headers.get(b"access-control-request-headers", b"").lower().split(b",")
    names = [name for part in asked if (name := part.strip())]
    if any(name not in _SAFE and name not in _PERMITTED for name in names):
        return 403, []
    answer = [ALLOW_ORIGIN]
    permitted = [_PERMITTED[name] for name in names if name in _PERMITTED]
    if permitted:
        answer.append((b"access-control-allow-headers", b",".join(permitted)))
    if method in _ECHOED:
        answer.append((b"access-control-allow-methods", method))
    return 200, answer
