"""Purchases in Facebook Instant Games."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from kizuna.errors import invalid
from kizuna.outside.checks import Checks, quoted
from kizuna.outside.encoding import base64url, json_object
from kizuna.provider_settings import FacebookInstantStore as Settings
from kizuna.purchases.stores.answers import identifier, storable, time_after_epoch
from kizuna.purchases.stores.configured import Configured
from kizuna.purchases.stores.interface import Environment, NotConfigured, Store, StorePurchase

_ALGORITHM = "HMAC-SHA256"


class FacebookInstantStore(Configured[Settings]):
    """Verifies what Facebook has signed with the app's secret; no network needed."""

    async def purchase(self, signed_request: str, checks: Checks) -> StorePurchase:
        """What was bought. `ApiError`, `Refused`.

        Whether it was consumed does not matter: the game consumes it before the client is certain to have
        had our answer, and who asks again learns that it was seen before.
        """
        if not self._settings.app_secret:
            raise NotConfigured(Store.FACEBOOK_INSTANT)
        if not signed_request:
            raise invalid("SignedRequest cannot be empty.")
        text = self._verified(signed_request, checks)
        payload = _payload(text, checks)
        self._check_app(payload.get("app_id"), checks)
        return StorePurchase(
            transaction_id=identifier(payload.get("purchase_token"), "token", checks),
            product_id=identifier(payload.get("product_id"), "product", checks, shown=True),
            store=Store.FACEBOOK_INSTANT,
            environment=Environment.PRODUCTION,
            purchase_time=_purchase_time(payload.get("purchase_time"), checks),
            raw=storable(text, checks),
            provider_response=text,
        )

    def _verified(self, signed_request: str, checks: Checks) -> str:
        """The payload, whose signature has been verified before anything is read of it."""
        parts = signed_request.split(".")
        if len(parts) != 2:
            raise checks.refused("form", "it is no signature and a payload")
        try:
            signature, payload = (base64url(part) for part in parts)
        except ValueError as error:
            raise checks.refused("form", f"a part {error}") from None
        checks.passed("form")
        secret = self._settings.app_secret.encode()
        expected = hmac.new(secret, parts[1].encode(), hashlib.sha256).digest()
        checks.require("signature", hmac.compare_digest(expected, signature), "it does not match")
        try:
            return payload.decode()
        except UnicodeDecodeError:
            raise checks.refused("payload", "it is not UTF-8") from None

    def _check_app(self, app_id: object, checks: Checks) -> None:
        """That it was bought in our app, if that is known. The reference takes those of any."""
        expected = self._settings.app_id
        if not expected:
            checks.passed("app", "any: none is configured")
            return
        said = str(app_id) if isinstance(app_id, str | int) else ""
        checks.require("app", said == expected, f"{quoted(app_id)} is not {quoted(expected)}")


def _payload(text: str, checks: Checks) -> dict[str, Any]:
    try:
        payload = json_object(text)
    except ValueError as error:
        raise checks.refused("payload", f"it {error}") from None
    checks.passed("payload")
    algorithm = payload.get("algorithm")
    checks.require("algorithm", algorithm == _ALGORITHM, f"{quoted(algorithm)} is not {_ALGORITHM!r}")
    return payload


def _purchase_time(seconds: object, checks: Checks) -> datetime:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise checks.refused("purchase time", f"{quoted(seconds)} is no number")
    return time_after_epoch(timedelta(seconds=1), int(seconds), "purchase time", checks)
