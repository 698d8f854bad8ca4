"""Tokens that a server sends to prove who it is, as the companies' own servers would check them."""

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from kizuna.testing.providers.keys import PrivateKey

#: Seconds that the clock of whoever signs may be ahead.
_SKEW = 60


class Untrusted(Exception):
    """The token proves nothing; the text says why."""


def trusted_claims(token: str, key: PrivateKey, header: dict[str, Any]) -> dict[str, Any]:
    """The claims of a token that is signed with this very key, whose header says all that `header` says.

    `Untrusted` otherwise.
    """
    try:
        first, second, third = token.split(".")
        said, claims, signature = json.loads(_bytes(first)), json.loads(_bytes(second)), _bytes(third)
    except ValueError:
        raise Untrusted("it is no token") from None
    for name, value in header.items():
        _demand(said.get(name) == value, f"{name} in its header is {said.get(name)!r}, not {value!r}")
    _demand(_is_signed(key, signature, f"{first}.{second}".encode()), "its signature does not match")
    _demand(isinstance(claims, dict), "its claims are no object")
    return dict(claims)


def check_claims(claims: dict[str, Any], expected: dict[str, Any], now: float, longest: int) -> None:
    """`Untrusted` unless claims are as expected and the token lives now, and `longest` seconds at most.

    A token that does not say when it was issued was issued now: Apple's own library says nothing of it.
    """
    for name, value in expected.items():
        _demand(claims.get(name) == value, f"{name} is {claims.get(name)!r}, not {value!r}")
    starts, ends = _time(claims.get("iat", now)), _time(claims.get("exp"))
    _demand(starts <= now + _SKEW, "it is of the future")
    _demand(now < ends, "it has expired")
    _demand(ends - starts <= longest, f"it lives longer than {longest} s")


def _time(value: object) -> float:
    if not isinstance(value, int | float):
        raise Untrusted(f"{value!r} is no time")
    return value


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Untrusted(otherwise)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _is_signed(key: PrivateKey, signature: bytes, data: bytes) -> bool:
    try:
        if isinstance(key, ec.EllipticCurvePrivateKey):
            r, s = (int.from_bytes(half) for half in (signature[:32], signature[32:]))
            key.public_key().verify(encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
        else:
            key.public_key().verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
