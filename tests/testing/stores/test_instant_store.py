"""Facebook's store for instant games as it is played."""

import base64
import hashlib
import hmac
import json
from typing import Any

from kizuna.testing.providers import Providers


class TestInstantStore:
    def read(self, text: str, secret: str) -> dict[str, Any] | None:
        """The payload, if it is signed with this secret."""
        signature, payload = text.split(".")
        made = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()
        if base64.urlsafe_b64encode(made).decode().rstrip("=") != signature:
            return None
        told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return told

    def test_a_purchase(self, fakes: Providers) -> None:
        settings = fakes.settings
        secret = settings["iap.facebook_instant.app_secret"]
        text = fakes.instant_store.signed_request("sword", token="t-1", purchased="2029-01-01T00:00:00Z")
        told = self.read(text, secret)
        assert told is not None
        assert (told["product_id"], told["purchase_token"]) == ("sword", "t-1")
        assert told["purchase_time"] == 1_861_920_000
        assert told["app_id"] == settings["iap.facebook_instant.app_id"]

    def test_others(self, fakes: Providers) -> None:
        secret = fakes.settings["iap.facebook_instant.app_secret"]
        assert self.read(fakes.instant_store.signed_request("sword", secret="other"), secret) is None
        told = self.read(fakes.instant_store.signed_request("sword", purchase_token=None, app_id="2"), secret)
        assert told is not None
        assert told["app_id"] == "2"
        assert "purchase_token" not in told
