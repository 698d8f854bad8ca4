"""What an Authorization header must be."""

import base64
import binascii
import hmac
from collections.abc import Sequence

from kizuna.caller import Caller
from kizuna.errors import ApiError, Code
from kizuna.sessions.service import Sessions


def _refusal(message: str) -> ApiError:
    return ApiError(Code.UNAUTHENTICATED, message)


class HeaderAuthentication:
    """Reads the Authorization headers of a request; each method takes all their values."""

    def __init__(self, sessions: Sessions, server_key: str) -> None:
        self._sessions = sessions
        self._server_key = server_key.encode()

    async def session(self, authorization: Sequence[bytes]) -> Caller:
        """The player by a bearer token. 401 if there is none, or not exactly one good one."""
        if not authorization:
            raise _refusal("Auth token required")
        token = bearer(authorization[0]) if len(authorization) == 1 else None
        if token is None:
            raise _refusal("Auth token invalid")
        return await self._sessions.check(token)

    def server_key(self, authorization: Sequence[bytes]) -> None:
        """401 unless the user name of Basic authentication is the server key; its password is ignored."""
        if len(authorization) != 1:
            raise _refusal("Server key required")
        user = basic_user(authorization[0])
        if user is None or not hmac.compare_digest(user, self._server_key):
            raise _refusal("Server key invalid")


def bearer(value: bytes) -> str | None:
    """The token of `Bearer <token>`: the scheme in this spelling, one space."""
    if not value.startswith(b"Bearer "):
        return None
    token = value[7:]
    # A header value with bytes beyond ASCII is a 500 in the reference; no token has them.
    return token.decode() if token and token.isascii() and not token.startswith(b" ") else None


def basic_user(value: bytes) -> bytes | None:
    """The user name of `Basic <base64>`: spelled so, one space, padded base64 with a colon."""
    if not value.startswith(b"Basic "):
        return None
    try:
        decoded = base64.b64decode(value[6:], validate=True)
    except (binascii.Error, ValueError):
        return None
    user, colon, _ = decoded.partition(b":")
    return user if colon else None
