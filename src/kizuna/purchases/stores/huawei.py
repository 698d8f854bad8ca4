"""Huawei's AppGallery."""

import base64
import logging
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from kizuna.clock import Clock
from kizuna.credential_types import read_huawei_key
from kizuna.errors import invalid
from kizuna.outside.checks import Checks, quoted
from kizuna.outside.client import Outside, Reply, Unavailable
from kizuna.outside.encoding import base64_standard, json_object
from kizuna.outside.signatures import is_rsa_signed
from kizuna.provider_settings import Huawei as Settings
from kizuna.purchases.stores.access_tokens import AccessTokens, Token, token_of
from kizuna.purchases.stores.answers import Answer, identifier, time_of_milliseconds, whole_number
from kizuna.purchases.stores.configured import Configured
from kizuna.purchases.stores.interface import (
    Environment,
    NotConfigured,
    Store,
    StorePurchase,
    invalid_receipt,
)

log = logging.getLogger(__name__)

#: `responseCode` of an answer that says yes, and `purchaseState` of what was paid.
_SUCCESS = "0"
_PURCHASED = 0

_public_key = lru_cache(maxsize=16)(read_huawei_key)

#: `accountFlag` of accounts that another order service knows.
_APP_TOUCH = 1


@dataclass(frozen=True, slots=True)
class AppClient:
    """The app as Huawei knows it, and where it gets its tokens."""

    client_id: str
    client_secret: str = field(repr=False)
    token_base_url: str

    async def grant(self, outside: Outside, clock: Clock) -> Token:
        """Ask Huawei for a token. `Unavailable` unless there is one."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        reply = await outside.post(f"{self.token_base_url}/oauth2/v3/token", form=form)
        return token_of(reply, f"the app {self.client_id}")


class AppGallery(Configured[Settings]):
    """Verifies Huawei's signature, and asks its order service."""

    def __init__(self, settings: Settings, outside: Outside, clock: Clock) -> None:
        super().__init__(settings)
        self._outside = outside
        self._clock = clock
        self._tokens = AccessTokens(outside, clock)

    async def purchase(self, purchase: str, signature: str, checks: Checks) -> StorePurchase:
        """What was bought. `ApiError`, `Refused`, `Unavailable`."""
        self._require_configured()
        if not purchase:
            raise invalid("Purchase cannot be empty.")
        if not signature:
            raise invalid("Signature cannot be empty.")
        signed = _members(purchase, "form", checks)
        self._check_signature(purchase, signature, "signature", checks)
        token = identifier(signed.get("purchaseToken"), "token", checks)
        product_id = identifier(signed.get("productId"), "product", checks, shown=True)
        answer = await self._ask(token, product_id, signed.get("accountFlag") == _APP_TOUCH)
        self._check_answer(answer, token, product_id, checks)
        is_test = whole_number(signed.get("purchaseType")) == 0
        return StorePurchase(
            transaction_id=token,
            product_id=product_id,
            store=Store.HUAWEI,
            environment=Environment.SANDBOX if is_test else Environment.PRODUCTION,
            purchase_time=time_of_milliseconds(signed.get("purchaseTime"), "purchase time", checks),
            raw=answer.storable(checks),
            provider_response=answer.text,
        )

    def _require_configured(self) -> None:
        settings = self._settings
        if not (settings.public_key and settings.client_id and settings.client_secret):
            raise NotConfigured(Store.HUAWEI)

    def _check_signature(self, text: str, signature: str, name: str, checks: Checks) -> None:
        """That Huawei has signed a text, byte for byte."""
        try:
            key = _public_key(self._settings.public_key)
        except ValueError as error:
            log.error("Huawei's signatures cannot be verified: iap.huawei.public_key %s", error)
            raise Unavailable("there is no usable public key") from None
        checks.require(name, _is_signed(text, signature, key), "it does not match")

    async def _ask(self, token: str, product_id: str, is_app_touch: bool) -> Answer:
        """What the order service says. `Unavailable` if it says nothing."""
        settings = self._settings
        root = settings.order_base_url_at if is_app_touch else settings.order_base_url
        body = orjson.dumps({"purchaseToken": token, "productId": product_id})

        def send(access_token: str) -> Awaitable[Reply]:
            # A user name and a password as Huawei wants them; the reference sends a Bearer token, and to a
            # URL that is none, so that no purchase is ever valid there.
            password = base64.b64encode(f"APPAT:{access_token}".encode()).decode()
            headers = {"authorization": f"Basic {password}", "accept": "application/json"}
            return self._outside.post(
                f"{root}/applications/purchases/tokens/verify", json=body, headers=headers
            )

        client = AppClient(settings.client_id, settings.client_secret, settings.token_base_url)
        reply = await self._tokens.used(client, send)
        if reply.status in (401, 403):
            log.error("%s refuses the app %s with %s", reply.host, settings.client_id, reply.status)
        if reply.status != 200:
            raise Unavailable(f"{reply.host} answered {reply.status}")
        return Answer(reply)

    def _check_answer(self, answer: Answer, token: str, product_id: str, checks: Checks) -> None:
        """That the order service knows the purchase, and that it was paid."""
        _check_code(answer, checks)
        data, signature = answer.member("purchaseTokenData", str), answer.member("dataSignature", str)
        self._check_signature(data, signature, "signature of the answer", checks)
        known = _members(data, "form of the answer", checks)
        is_same = known.get("purchaseToken") == token
        checks.require("token of the answer", is_same, "it is not the one that the client has sent")
        said = known.get("productId")
        is_same = said == product_id
        checks.require("product of the answer", is_same, f"{quoted(said)} is not {quoted(product_id)}")
        _check_state(known, checks)


def _is_signed(text: str, signature: str, key: RSAPublicKey) -> bool:
    try:
        return is_rsa_signed(key, base64_standard(signature), text.encode())
    except ValueError:
        return False


def _members(text: str, name: str, checks: Checks) -> dict[str, Any]:
    """An object from JSON. Only what is used of it is looked at: `applicationId` is a number, for example,
    though the reference wants it to be text."""
    try:
        members = json_object(text)
    except ValueError as error:
        raise checks.refused(name, f"it {error}") from None
    checks.passed(name)
    return members


def _check_code(answer: Answer, checks: Checks) -> None:
    code = whole_number(answer.members.get("responseCode"))
    if code is None:
        raise Unavailable(f"{answer.host} answered without a usable responseCode")
    if str(code) != _SUCCESS:
        reason = f"{answer.host} has answered with the code {code}"
        raise invalid_receipt(checks, "receipt", reason, f"Invalid Receipt. Code: {code}")
    checks.passed("receipt", f"{answer.host} knows it")


def _check_state(known: dict[str, Any], checks: Checks) -> None:
    state = whole_number(known.get("purchaseState"))
    if state != _PURCHASED:
        told = "unknown" if state is None else state
        raise invalid_receipt(checks, "state", f"it is {told}", f"Invalid Receipt. State: {told}")
    checks.passed("state")
