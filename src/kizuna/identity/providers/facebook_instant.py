"""Facebook Instant Games: player info signed by Facebook with the app's secret; no network needed."""

import base64
import binascii
import hashlib
import hmac
from typing import Any

import orjson

from kizuna.errors import ApiError, Code
from kizuna.identity.providers.interface import Credentials, Provider, Rejected, configured, required

#: `algorithm` of the payload to its hash. Facebook sends the first; the others are what the reference takes.
_ALGORITHMS = {
    "HMAC-SHA256": hashlib.sha256,
    "HS256": hashlib.sha256,
    "HS384": hashlib.sha384,
    "HS512": hashlib.sha512,
}


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

    def __init__(self, app_secret: str) -> None:
        self._secret = app_secret.encode()
        self.before_authenticate = self.before_link = (
            required("signed_player_info", "Signed Player Info for a Facebook Instant Game is required."),
            # The reference verifies with an empty key when none is set: anybody could sign in as anybody.
            configured(bool(app_secret), "Facebook Instant Game"),
        )

    def supplied(self, credentials: Credentials) -> bool:
        return bool(credentials.get("signed_player_info"))

    async def verify(self, credentials: Credentials) -> str:
        parts = credentials["signed_player_info"].split(".")
        if not self._secret or len(parts) != 2:
            raise Rejected("not a signature and a payload")
        signature, payload = parts
        claims = _claims(payload)
        hash_function = _ALGORITHMS.get(claims["algorithm"])
        if hash_function is None:
            raise Rejected("unknown algorithm")
        expected = hmac.new(self._secret, payload.encode(), hash_function).digest()
        if not hmac.compare_digest(expected, _decoded(signature)):
            raise Rejected("the signature does not match")
        player_id: str = claims["player_id"]
        if not player_id:
            raise Rejected("no player id")
        return player_id


def _decoded(text: str) -> bytes:
    if "=" in text:
        raise Rejected("padded")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Rejected("not base64url") from error


def _claims(payload: str) -> dict[str, Any]:
    try:
        claims = orjson.loads(_decoded(payload))
    except orjson.JSONDecodeError as error:
        raise Rejected("the payload is not JSON") from error
    if not isinstance(claims, dict):
        raise Rejected("the payload is not an object")
    claims = {"algorithm": "", "player_id": "", "request_payload": None, "issued_at": 0} | claims
    good = (
        isinstance(claims["algorithm"], str)
        and isinstance(claims["player_id"], str)
        and isinstance(claims["request_payload"], str | None)
        and type(claims["issued_at"]) is int
    )
    if not good:
        raise Rejected("a claim has another type")
    return claims
