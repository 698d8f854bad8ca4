"""Session and refresh tokens: JSON Web Tokens with the reference's claims, HS256.

`tid` is the session's id, the same in both tokens; `uid` and `usn` the player; `vrs` the session's vars;
`iat` when the player signed in, kept by refreshing; `exp` when the token ends. Times are whole seconds since
1970.
"""

import hmac
import logging
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import jwt
import orjson

from kizuna.caller import SYSTEM_USER, Caller
from kizuna.wire.encode import has_surrogates
from kizuna.wire.integers import INT64_MAX, INT64_MIN
from kizuna.wire.uuids import parse_uuid

log = logging.getLogger(__name__)

_HEADER = urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=") + b"."
_CHECK_CLAIMS_OURSELVES: Any = {
    f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}
# The reference's public default keys are shorter than PyJWT likes; the start warns of them in our words.
warnings.filterwarnings("ignore", category=jwt.InsecureKeyLengthWarning)

#: Tokens are remembered up to this number and this length, which is what the memory for them is bounded by.
_CACHED_TOKENS = 10_000
_CACHED_LENGTH = 1000


class InvalidToken(Exception):
    """Not signed by this key, not of our form, or expired."""


def sign(caller: Caller, key: bytes) -> str:
    """The token that says what `caller` says.

    Signing is done here rather than by PyJWT because every sign-in signs twice: 6 µs against 40.
    """
    claims: dict[str, Any] = {
        "tid": caller.token_id,
        "uid": caller.user_id,
        "usn": caller.username,
        "vrs": caller.vars,
        "exp": caller.expires_at,
        "iat": caller.issued_at,
    }
    claims = {name: value for name, value in claims.items() if value}
    signed = _HEADER + urlsafe_b64encode(orjson.dumps(claims)).rstrip(b"=")
    signature = urlsafe_b64encode(hmac.digest(key, signed, "sha256")).rstrip(b"=")
    return (signed + b"." + signature).decode()


class TokenReader:
    """Verifies tokens of one key; remembers those it has verified."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._known: dict[str, Caller] = {}

    def read(self, token: str, now: float) -> Caller:
        """Whom a token names. Raises `InvalidToken`."""
        caller = self._known.get(token)
        if caller is None:
            caller = self._verified(token)
            self._remember(token, caller)
        if caller.expires_at <= now:
            self._known.pop(token, None)
            raise InvalidToken("expired")
        return caller

    def _remember(self, token: str, caller: Caller) -> None:
        if len(token) <= _CACHED_LENGTH:
            if len(self._known) >= _CACHED_TOKENS:
                self._known.clear()
            self._known[token] = caller

    def _verified(self, token: str) -> Caller:
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"], options=_CHECK_CLAIMS_OURSELVES)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise InvalidToken(str(error)) from error
        return _caller(claims)


def _caller(claims: Mapping[str, Any]) -> Caller:
    """The claims, each checked by its type; what may be absent is "" or 0."""
    user_id = parse_uuid(_text(claims, "uid"))
    # The reference takes a token without a usable uid for the system user's; nobody is that user.
    if user_id is None or user_id == SYSTEM_USER:
        raise InvalidToken("uid is not a player's id")
    token_id = _text(claims, "tid")
    if len(token_id) > 128 or "\0" in token_id:
        raise InvalidToken("tid is not a session's id")
    return Caller(
        user_id=user_id,
        username=_text(claims, "usn"),
        vars=_vars(claims.get("vrs")),
        token_id=token_id,
        issued_at=_seconds(claims, "iat"),
        expires_at=_seconds(claims, "exp"),
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or has_surrogates(value):
        raise InvalidToken(f"{name} is not text")
    return value


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if value is None:
        return 0
    if type(value) is not int or not INT64_MIN <= value <= INT64_MAX:
        raise InvalidToken(f"{name} is not a whole number of seconds")
    return value


def _vars(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidToken("vrs is not an object")
    if any(not isinstance(text, str) or has_surrogates(key + text) for key, text in value.items()):
        raise InvalidToken("vrs holds something that is not text")
    return value
