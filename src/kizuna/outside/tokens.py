"""Signed tokens (JWT) of other companies, whose claims are checked one by one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from kizuna.clock import Clock
from kizuna.outside.checks import Checks, quoted
from kizuna.outside.encoding import base64url, json_object
from kizuna.outside.keys import KeySet
from kizuna.outside.signatures import is_rsa_signed

#: What Go's ParseBool takes for true and for false, which the reference reads "email_verified" with.
_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))

Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """A token taken apart. Nothing of it is to be believed before `signature` over `signed` was verified."""

    header: dict[str, Any]
    payload: Claims
    signed: bytes
    signature: bytes


async def verified_claims(
    token: str,
    keys: KeySet,
    *,
    issuers: Collection[str],
    audiences: Collection[str],
    clock: Clock,
    checks: Checks,
    names_key: bool = True,
) -> Claims:
    """The claims of a token of the form RS256 JWT, after the checks on form, key, signature, issuer, expiry,
    start and audience. No `audiences` means any. Unless it `names_key`, any of the keys may have signed it.

    `Refused` by the first check that fails; `Unavailable` if the keys cannot be had.
    """
    parts = taken_apart(token, checks)
    header, claims = parts.header, parts.payload
    checks.require("algorithm", header.get("alg") == "RS256", f"{quoted(header.get('alg'))} is not 'RS256'")
    checks.require("extensions", "crit" not in header, "it demands some, and none is known")
    candidates = await _keys(header, keys, names_key, checks)
    by_one = any(is_rsa_signed(key, parts.signature, parts.signed) for key in candidates)
    checks.require("signature", by_one, "it does not match")
    check_issuer(claims, issuers, checks)
    check_times(claims, clock, checks)
    check_audience(claims, audiences, checks)
    return claims


def is_three_parts(token: str) -> bool:
    """Whether a text has the outer form of a token: exactly two dots."""
    return token.count(".") == 2


def taken_apart(token: str, checks: Checks) -> Parts:
    """The parts of a token of any kind (JWS), after the check on its form."""
    if any(character.isspace() for character in token):
        raise checks.refused("form", "it holds white space")
    if not is_three_parts(token):
        raise checks.refused("form", "it has not exactly three parts")
    header, payload, signature = token.split(".")
    try:
        signed = f"{header}.{payload}".encode()
        parts = Parts(
            json_object(base64url(header)), json_object(base64url(payload)), signed, base64url(signature)
        )
    except ValueError as error:
        raise checks.refused("form", f"a part {error}") from None
    checks.passed("form")
    return parts


async def _keys(header: Claims, keys: KeySet, names_key: bool, checks: Checks) -> Collection[RSAPublicKey]:
    """The key that the token names; every key if it names none and need not."""
    key_id = header.get("kid")
    if not isinstance(key_id, str) and not names_key:
        return (await keys.all()).values()
    checks.require("key id", isinstance(key_id, str), f"{quoted(key_id)} is no text")
    key = await keys.find(str(key_id))
    if key is None:
        raise checks.refused("key", f"the id {quoted(key_id)} is not among the published ones")
    checks.passed("key", quoted(key_id))
    return [key]


def check_issuer(claims: Claims, issuers: Collection[str], checks: Checks) -> None:
    """The check on `iss`."""
    issuer = claims.get("iss")
    known = isinstance(issuer, str) and issuer in issuers
    checks.require("issuer", known, f"{quoted(issuer)} is not {_one_of(issuers)}", detail=quoted(issuer))


def check_times(claims: Claims, clock: Clock, checks: Checks) -> None:
    """The checks on `exp`, which must be there, and `nbf`: JSON numbers, without leeway.

    The reference takes tokens without `exp` from some providers: they would be good for ever.
    """
    now = clock.unix()
    expiry = claims.get("exp")
    checks.require("expiry", _is_number(expiry) and expiry != 0, f"{quoted(expiry)} is no time")
    checks.require("expiry", now < expiry, f"it was over at {_date(expiry)}, and it is {_date(now)}")  # type: ignore[operator]
    start = claims.get("nbf")
    if start is not None:
        checks.require("start", _is_number(start), f"{quoted(start)} is no time")
        checks.require("start", now >= start, f"it begins at {_date(start)}, and it is {_date(now)}")


def check_audience(claims: Claims, audiences: Collection[str], checks: Checks) -> None:
    """The check on `aud`, a text or a list of texts of which one is enough. No `audiences` means any."""
    if not audiences:
        checks.passed("audience", "any: none is configured")
        return
    said = claims.get("aud")
    named = said if isinstance(said, list) else [said]
    known = any(isinstance(name, str) and name in audiences for name in named)
    checks.require("audience", known, f"{quoted(said)} is not {_one_of(audiences)}", detail=quoted(said))


def text_claim(claims: Claims, name: str, checks: Checks, *, required: bool = False) -> str:
    """A claim that is text, "" for one that is absent. `Refused` if it is not, or empty though required."""
    value = claims.get(name)
    if value is None and not required:
        return ""
    checks.require(name, isinstance(value, str), f"{quoted(value)} is no text")
    checks.require(name, bool(value) or not required, "it is empty")
    return str(value)


def flag_claim(claims: Claims, name: str, checks: Checks) -> bool:
    """A claim that is true or false, or says so in words; false for one that is absent."""
    value = claims.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    known = isinstance(value, str) and value in _TRUE | _FALSE
    checks.require(name, known, f"{quoted(value)} is neither true nor false")
    return value in _TRUE


def _date(seconds: object) -> str:
    """Seconds since 1970 as a date; what is none as it stands."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return quoted(seconds)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _one_of(texts: Collection[str]) -> str:
    return " or ".join(quoted(text) for text in texts)
