"""Facebook Instant Games: player info that Facebook signs with the app's secret; nobody asks a server."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from kizuna.testing.providers.fields import OBJECT, TEXT
from kizuna.testing.providers.jwt import base64url
from kizuna.testing.providers.part import Offer, Part
from kizuna.testing.providers.steps import link, sign_in

_HASHES = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}


class FacebookInstant(Part):
    """Signs player info."""

    name = "facebook_instant"
    app_secret = "the-app-secret-of-an-instant-game"

    def signed_player_info(
        self,
        player_id: str,
        *,
        payload: Mapping[str, Any] | None = None,
        secret: str | bytes | None = None,
        algorithm: str = "HMAC-SHA256",
    ) -> str:
        """What `getSignedPlayerInfoAsync` gives the game: `<signature>.<payload>`.

        `payload` replaces fields of what is signed, `secret` signs in place of the app's. The hash is that of
        the `algorithm`, SHA-256 for names that have none.
        """
        info = {
            "algorithm": algorithm,
            "issued_at": self.world.now(),
            "player_id": player_id,
            "request_payload": None,
            **(payload or {}),
        }
        encoded = base64url(json.dumps(info).encode())
        key = self.app_secret if secret is None else secret
        hash_function = _HASHES.get(algorithm, hashlib.sha256)
        signature = hmac.new(_bytes(key), encoded.encode(), hash_function).digest()
        return f"{base64url(signature)}.{encoded}"

    def settings(self) -> Mapping[str, Any]:
        return {"social.facebook_instant_game.app_secret": self.app_secret}

    def offers(self) -> Mapping[str, Offer]:
        signed = Offer(
            lambda **fields: {"signed_player_info": self.signed_player_info(**fields)},
            "Facebook Instant Games: signed player info",
            fields={"player_id": TEXT.required, "payload": OBJECT, "secret": TEXT},
            example={"player_id": "20001"},
            steps=[sign_in("facebookinstantgame"), link("facebookinstantgame", player_id="20009")],
        )
        return {"signed_player_info": signed}


def _bytes(secret: str | bytes) -> bytes:
    return secret.encode() if isinstance(secret, str) else secret
