"""Huawei's AppGallery: signed purchases, and the order service that confirms them."""

import base64
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kizuna.testing.providers import payloads
from kizuna.testing.providers.fields import FLAG, OBJECT, TEXT, TIME, choice
from kizuna.testing.providers.keys import public_der, rsa_key
from kizuna.testing.providers.part import Handler, Offer, Part, Request, Response, World, json_response
from kizuna.testing.providers.payloads import merged
from kizuna.testing.providers.steps import validate
from kizuna.testing.providers.times import Moment, milliseconds

log = logging.getLogger(__name__)

CLIENT_ID = "101234567"
CLIENT_SECRET = "fake-huawei-client-secret"
PACKAGE_NAME = "com.example.game"

#: Accounts of AppTouch, which have an order service of their own.
APP_TOUCH = 1
#: That service has another host name for the same address.
_APP_TOUCH_HOST = "localhost"


@dataclass(frozen=True)
class _Order:
    product_id: str
    is_of_app_touch: bool
    answer: Mapping[str, Any]


class Huawei(Part):
    """The AppGallery. Members that are None are left out of what is signed."""

    name = "huawei"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._key = rsa_key("huawei purchases")
        self._orders: dict[str, _Order] = {}
        self._tokens: dict[str, float] = {}
        self.expires_in = 3600

    def routes(self) -> Mapping[str, Handler]:
        return {
            "POST /oauth2/v3/token": self._issue_token,
            "POST /applications/purchases/tokens/verify": self._verify,
        }

    def settings(self) -> Mapping[str, Any]:
        return {
            "iap.huawei.public_key": base64.b64encode(public_der(self._key)).decode(),
            "iap.huawei.client_id": CLIENT_ID,
            "iap.huawei.client_secret": CLIENT_SECRET,
            "iap.huawei.token_base_url": self.world.url,
            "iap.huawei.order_base_url": self.world.url,
            "iap.huawei.order_base_url_at": self.world.url.replace("127.0.0.1", _APP_TOUCH_HOST),
        }

    def offers(self) -> Mapping[str, Offer]:
        return {
            "purchase": Offer(
                self._offered_purchase,
                "AppGallery: a purchase",
                fields={
                    "product_id": TEXT.required,
                    "token": TEXT,
                    "purchased": TIME,
                    "account_flag": choice(APP_TOUCH),
                    "sandbox": FLAG,
                    "order": OBJECT,
                    "payload": OBJECT,
                },
                example={"product_id": "sword"},
                steps=[validate("purchase/huawei")],
            )
        }

    def purchase(
        self,
        product_id: str,
        *,
        token: str = "",
        purchased: Moment | None = None,
        account_flag: int | None = None,
        sandbox: bool = False,
        order: Mapping[str, Any] | None = None,
        payload: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> tuple[str, str]:
        """Buy a product: what the client has of it, as text, and the signature of the text, byte for byte.

        `fields` of Huawei's are merged into the text, and any others in `payload`.
        `order` is merged into the answer of the order service:
        `responseCode`, `purchaseTokenData` and `dataSignature`, or into the data if it is none of these.
        """
        own_token = token or secrets.token_hex(24)
        told = {
            "autoRenewing": False,
            "orderId": secrets.token_hex(16),
            "packageName": PACKAGE_NAME,
            "applicationId": int(CLIENT_ID),
            "kind": 0,
            "productId": product_id,
            "productName": product_id,
            "purchaseTime": milliseconds(purchased or self.world.clock.now()),
            "purchaseState": 0,
            "developerPayload": "",
            "purchaseToken": own_token,
            "purchaseType": 0 if sandbox else None,
            "accountFlag": account_flag,
            "currency": "USD",
            "price": 99,
            "country": "US",
        }
        told.update(merged(payloads.HUAWEI, fields, payload))
        whole = {name: value for name, value in told.items() if value is not None}
        text = json.dumps(whole, ensure_ascii=False)
        is_of_app_touch = account_flag == APP_TOUCH
        self._orders[own_token] = _Order(product_id, is_of_app_touch, self._confirmed(whole, order or {}))
        return text, self.sign(text)

    def sign(self, text: str, key: rsa.RSAPrivateKey | None = None) -> str:
        """Huawei's signature of any text, or that of another key."""
        made = (key or self._key).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(made).decode()

    def _confirmed(self, purchase: Mapping[str, Any], order: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the order service says of a purchase."""
        outer = ("responseCode", "responseMessage", "purchaseTokenData", "dataSignature")
        inner = {name: value for name, value in order.items() if name not in outer}
        data = {"consumptionState": 0, "confirmed": 0, **purchase, **inner}
        text = json.dumps({name: value for name, value in data.items() if value is not None})
        answer = {"responseCode": "0", "purchaseTokenData": text, "dataSignature": self.sign(text)}
        changed = {**answer, **{name: order[name] for name in outer if name in order}}
        return {name: value for name, value in changed.items() if value is not None}

    def _offered_purchase(self, **fields: Any) -> Any:
        token = fields.pop("token", "") or secrets.token_hex(24)
        purchase, signature = self.purchase(token=token, **fields)
        return {"purchase": purchase, "signature": signature, "token": token}

    # The servers

    def _issue_token(self, request: Request) -> Response:
        expected = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        if request.form != expected:
            log.warning("A client of Huawei's is refused: its form has other fields or values.")
            told = {"error": 1101, "sub_error": 20001, "error_description": "invalid client"}
            return json_response(told, 400)
        token = secrets.token_hex(32)
        self._tokens[token] = self.world.clock.unix() + self.expires_in
        told = {"access_token": token, "expires_in": self.expires_in, "token_type": "Bearer"}
        return json_response(told)

    def _verify(self, request: Request) -> Response:
        if not self._is_let_in(request):
            return json_response({"responseCode": "1", "responseMessage": "unauthorized"}, 401)
        asked = request.json
        order = self._orders.get(asked.get("purchaseToken"))
        host = request.headers.get("host", "")
        known = order is not None and order.is_of_app_touch == host.startswith(_APP_TOUCH_HOST)
        if order is None or not known or order.product_id != asked.get("productId"):
            return json_response({"responseCode": "6", "responseMessage": "rights invalid"})
        return json_response(order.answer)

    def _is_let_in(self, request: Request) -> bool:
        """Whether a request shows a token that counts, in Huawei's own way."""
        kind, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, token = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return False
        return (kind, user) == ("Basic", "APPAT") and self.world.clock.unix() < self._tokens.get(token, 0)
