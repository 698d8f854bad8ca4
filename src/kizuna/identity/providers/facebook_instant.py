"""Facebook Instant Games: player info signed by Facebook with the app's secret; no network needed."""

import hashlib
import hmac
from typing import Any

from kizuna.clock import Clock
from kizuna.errors import ApiError, Code
from kizuna.identity.providers.ages import check_age
from kizuna.identity.providers.cleaning import profile
from kizuna.identity.providers.interface import Credentials, Profile, Provider, configured, required
from kizuna.outside.checks import Checks, quoted
from kizuna.outside.encoding import base64url, json_object
from kizuna.provider_settings import FacebookInstantGame as Settings

#: `algorithm` of the payload to its hash. Facebook sends the first; the others are what the reference takes.
_ALGORITHMS = {
    "HMAC-SHA256": hashlib.sha256,
    "HS256": hashlib.sha256,
    "HS384": hashlib.sha384,
    "HS512": hashlib.sha512,
}

#: What the members of a payload are; one that is absent is empty.
_MEMBERS: dict[str, type | tuple[type, ...]] = {
    "algorithm": str,
    "player_id": str,
    "request_payload": (str, type(None)),
    "issued_at": int,
}
_EMPTY = {"algorithm": "", "player_id": "", "request_payload": None, "issued_at": 0}


class FacebookInstantGame(Provider):
    """Verifies `signed_player_info`: `<signature>.<payload>`, both base64url without padding."""

    column = "facebook_instant_game_id"
    label = "Facebook Instant Game ID"
    rejected = ApiError(Code.UNAUTHENTICATED, "Could not authenticate Facebook Instant Game profile.")
    # Kept as recorded from the reference, though it is the client's fault and not the server's.
    rejected_on_authenticate = ApiError(
        Code.DATA_LOSS,
        "Error extracting the Facebook Instant Game player ID or validating the signature",
    )

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._secret = settings.app_secret.encode()
        self._max_age = settings.max_age_sec
        self._clock = clock
        self.before_authenticate = self.before_link = (
            required("signed_player_info", "Signed Player Info for a Facebook Instant Game is required."),
            # The reference verifies with an empty key when none is set: anybody could sign in as anybody.
            configured(bool(self._secret), "Facebook Instant Game"),
        )

    def supplied(self, credentials: Credentials) -> bool:
        return bool(credentials.get("signed_player_info"))

    async def verify(self, credentials: Credentials) -> Profile:
        checks = Checks()
        checks.require("configuration", bool(self._secret), "there is no app secret")
        parts = credentials["signed_player_info"].split(".")
        checks.require("form", len(parts) == 2, "it is not a signature and a payload")
        signature, payload = parts
        claims = _claims(payload, checks)
        self._check_signature(signature, payload, claims["algorithm"], checks)
        check_age(claims["issued_at"], self._max_age, self._clock, checks)
        return profile(checks, claims["player_id"])

    def _check_signature(self, signature: str, payload: str, algorithm: str, checks: Checks) -> None:
        hash_function = _ALGORITHMS.get(algorithm)
        if hash_function is None:
            raise checks.refused("algorithm", f"{quoted(algorithm)} is none that is known")
        expected = hmac.new(self._secret, payload.encode(), hash_function).digest()
        given = _decoded(signature, checks)
        checks.require("signature", hmac.compare_digest(expected, given), "it does not match")


def _claims(payload: str, checks: Checks) -> dict[str, Any]:
    try:
        claims = _EMPTY | json_object(_decoded(payload, checks))
    except ValueError as error:
        raise checks.refused("form", f"the payload {error}") from None
    for name, kind in _MEMBERS.items():
        value = claims[name]
        good = isinstance(value, kind) and not isinstance(value, bool)
        checks.require(name, good, f"{quoted(value)} is of another type")
    return claims


def _decoded(part: str, checks: Checks) -> bytes:
    try:
        return base64url(part)
    except ValueError as error:
        raise checks.refused("form", f"a part {error}") from None
