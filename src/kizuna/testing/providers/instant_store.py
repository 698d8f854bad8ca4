"""Purchases in Facebook Instant Games: texts that Facebook signs with the app's secret."""

import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any

from kizuna.testing.providers import payloads
from kizuna.testing.providers.fields import OBJECT, TEXT, TIME
from kizuna.testing.providers.jwt import base64url
from kizuna.testing.providers.part import Offer, Part
from kizuna.testing.providers.payloads import merged
from kizuna.testing.providers.steps import validate
from kizuna.testing.providers.times import Moment, instant

APP_ID = "1234567890123456"
APP_SECRET = "fake-instant-games-app-secret"


class InstantStore(Part):
    """The store of Facebook Instant Games, which no server is asked about."""

    name = "instant_store"

    def settings(self) -> Mapping[str, Any]:
        return {"iap.facebook_instant.app_secret": APP_SECRET, "iap.facebook_instant.app_id": APP_ID}

    def offers(self) -> Mapping[str, Offer]:
        return {
            "purchase": Offer(
                self._offered_purchase,
                "Facebook Instant Games: a purchase",
                fields={
                    "product_id": TEXT.required,
                    "token": TEXT,
                    "purchased": TIME,
                    "secret": TEXT,
                    "payload": OBJECT,
                },
                example={"product_id": "sword"},
                steps=[validate("purchase/facebookinstant")],
            )
        }

    def signed_request(
        self,
        product_id: str,
        *,
        token: str = "",
        purchased: Moment | None = None,
        secret: str = APP_SECRET,
        payload: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """A purchase, signed.

        `fields` of Facebook's are merged into it, and any others in `payload`; what is None is left out.
        """
        now = self.world.clock.now()
        told = {
            "algorithm": "HMAC-SHA256",
            "app_id": APP_ID,
            "is_consumed": False,
            "issued_at": round(now.timestamp(), 3),
            "payment_action_type": "charge",
            "payment_id": _number(),
            "product_id": product_id,
            "purchase_price": {"amount": "0.99", "currency": "USD"},
            "purchase_time": int((instant(purchased) if purchased else now).timestamp()),
            "purchase_token": token or _number(),
        }
        told.update(merged(payloads.INSTANT, fields, payload))
        whole = {name: value for name, value in told.items() if value is not None}
        return self.sign(json.dumps(whole).encode(), secret)

    def _offered_purchase(self, **fields: Any) -> dict[str, str]:
        token = fields.pop("token", "") or _number()
        return {"signed_request": self.signed_request(token=token, **fields), "token": token}

    def sign(self, payload: bytes, secret: str = APP_SECRET) -> str:
        """Any payload, signed."""
        text = base64url(payload)
        return f"{base64url(hmac.digest(secret.encode(), text.encode(), 'sha256'))}.{text}"


def _number() -> str:
    return str(secrets.randbelow(9 * 10**15) + 10**15)
