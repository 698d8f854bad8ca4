"""Google Play: its publisher API, and the notifications that Google sends."""

import base64
import json
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from kizuna.testing.providers import google_play_offers, payloads
from kizuna.testing.providers.google_play_access import TOKEN_PATH, AccessTokens, error_response
from kizuna.testing.providers.google_play_events import happened
from kizuna.testing.providers.google_play_purchases import Buyer, Product, Subscription
from kizuna.testing.providers.jwt import issue
from kizuna.testing.providers.keys import PrivateKey, key_id, private_pem, rsa_key
from kizuna.testing.providers.part import Handler, Offer, Part, Request, Response, World, json_response
from kizuna.testing.providers.payloads import merged
from kizuna.testing.providers.posting import HasUrl, post
from kizuna.testing.providers.times import MONTH, Moment, instant, milliseconds

#: The app whose purchases these are.
PACKAGE_NAME = "com.example.game"

CLIENT_EMAIL = "kizuna@fake-project.iam.gserviceaccount.com"
PUSH_SERVICE_ACCOUNT = "push@fake-project.iam.gserviceaccount.com"
PUSH_AUDIENCE = "https://game.example.com/notifications"
NOTIFICATIONS_ENDPOINT_ID = "fake-google-play-notifications"
#: Where a server with these settings takes notifications.
NOTIFICATIONS_PATH = f"/v2/console/google/notifications/{NOTIFICATIONS_ENDPOINT_ID}"

_PURCHASES = "/androidpublisher/v3/applications/{package}/purchases"

#: What a notification is about, by its kind, and the type that it has by default.
_KINDS = {
    "subscription": ("subscriptionNotification", 4),
    "product": ("oneTimeProductNotification", 1),
    "voided": ("voidedPurchaseNotification", None),
    "test": ("testNotification", None),
}

Record = Product | Subscription


class GooglePlay(Part):
    """Google Play. Purchases are made with `purchase` and `subscription`, and looked up by their tokens.

    Members of an answer that are None are left out of it. Times are aware datetimes, RFC 3339 texts or
    seconds. Besides its options every function takes members of Google's answer by their names, to be merged
    into it, and any others in `payload`.
    """

    name = "google_play"
    notifications_path = NOTIFICATIONS_PATH

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.package_name = PACKAGE_NAME
        self._account_key = rsa_key("google play service account")
        self.access_tokens = AccessTokens(world, CLIENT_EMAIL, self._account_key)
        self._records: dict[str, Record] = {}

    def routes(self) -> Mapping[str, Handler]:
        token, acknowledge = "tokens/{token}", "tokens/{token}:acknowledge"
        return {
            f"POST {TOKEN_PATH}": self.access_tokens.issue,
            f"GET {_PURCHASES}/products/{{product}}/{token}": self._product,
            f"GET {_PURCHASES}/productsv2/{token}": self._product_v2,
            f"GET {_PURCHASES}/subscriptionsv2/{token}": self._subscription,
            f"POST {_PURCHASES}/products/{{product}}/{acknowledge}": self._acknowledge_product,
            f"POST {_PURCHASES}/subscriptions/{{product}}/{acknowledge}": self._acknowledge_subscription,
            f"POST {_PURCHASES}/subscriptions/{acknowledge}": self._acknowledge_subscription,
        }

    def settings(self) -> Mapping[str, Any]:
        return {
            "iap.google.client_email": CLIENT_EMAIL,
            "iap.google.private_key": private_pem(self._account_key),
            "iap.google.notifications_endpoint_id": NOTIFICATIONS_ENDPOINT_ID,
            "iap.google.package_names": [self.package_name],
            "iap.google.push_audience": PUSH_AUDIENCE,
            "iap.google.push_service_account": PUSH_SERVICE_ACCOUNT,
            "iap.google.token_url": self.world.url + TOKEN_PATH,
            "iap.google.api_base_url": self.world.url,
        }

    def offers(self) -> Mapping[str, Offer]:
        return google_play_offers.offers(self)

    # Purchases

    def purchase(
        self,
        product_id: str,
        *,
        token: str = "",
        state: int = 0,
        order_id: str = "",
        purchased: Moment | None = None,
        quantity: int = 1,
        test: bool = False,
        account_id: str | None = None,
        profile_id: str | None = None,
        package_name: str | None = None,
        acknowledged: bool = False,
        wrapped: bool = False,
        receipt: Mapping[str, Any] | None = None,
        payload: Mapping[str, Any] | None = None,
        payload_v2: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """Buy a product; the client's receipt, `wrapped` as Unity does it.

        `state` is 0 purchased, 1 cancelled, 2 pending. `receipt` is merged into what the client has: it may
        lie. `payload` and `payload_v2` are merged into what the two APIs tell.
        """
        bought = instant(purchased) if purchased else self.world.clock.now()
        record = Product(
            package_name=self.package_name if package_name is None else package_name,
            product_id=product_id,
            order_id=order_id or _order_id(),
            purchased=bought,
            state=state,
            quantity=quantity,
            is_test=test,
            buyer=Buyer(account_id, profile_id),
            is_acknowledged=acknowledged,
            answer=merged(payloads.PRODUCT, fields, payload),
            answer_v2=payload_v2 or {},
        )
        return self._sold(record, token, {"purchaseState": state, **(receipt or {})}, wrapped)

    def subscription(
        self,
        product_id: str,
        *,
        expires: Moment | None = None,
        token: str = "",
        state: str = "ACTIVE",
        linked: str = "",
        order_id: str = "",
        started: Moment | None = None,
        test: bool = False,
        account_id: str | None = None,
        profile_id: str | None = None,
        package_name: str | None = None,
        acknowledged: bool = False,
        wrapped: bool = False,
        receipt: Mapping[str, Any] | None = None,
        payload: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """Subscribe, for a month if nothing else is said; the client's receipt, as `purchase` gives it.

        `state` is what follows SUBSCRIPTION_STATE_; `linked` is the token that this one replaces.
        """
        begun = instant(started) if started else self.world.clock.now()
        record = Subscription(
            package_name=self.package_name if package_name is None else package_name,
            product_id=product_id,
            order_id=order_id or _order_id(),
            started=begun,
            expires=instant(expires) if expires else begun + MONTH,
            state=state,
            linked=linked,
            is_test=test,
            buyer=Buyer(account_id, profile_id),
            is_acknowledged=acknowledged,
            answer=merged(payloads.SUBSCRIPTION, fields, payload),
        )
        return self._sold(record, token, receipt or {}, wrapped)

    def change(self, token: str, *, payload: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """What becomes of a purchase or a subscription: fields of `Product` or `Subscription`; those that are
        Google's and `payload` are merged into the answer. ValueError for an unknown token.
        """
        record = self.known(token)
        own = {name: value for name, value in changes.items() if name in record.__dataclass_fields__}
        for name in ("expires", "purchased", "started"):
            if name in own:
                own[name] = instant(own[name])
        names = payloads.PRODUCT if isinstance(record, Product) else payloads.SUBSCRIPTION
        others = {name: value for name, value in changes.items() if name not in own}
        told = merged(names.union(record.__dataclass_fields__), others, payload)
        changed = replace(record, **own)
        changed.answer = {**changed.answer, **told}
        self._records[token] = changed

    def is_acknowledged(self, token: str) -> bool:
        """Whether a server has acknowledged a purchase or a subscription. ValueError for an unknown token."""
        return self.known(token).is_acknowledged

    def known(self, token: str) -> Record:
        """What was bought with a token. ValueError for an unknown one."""
        if token not in self._records:
            raise ValueError(f"nothing was bought with the token {token!r}")
        return self._records[token]

    def _sold(self, record: Record, token: str, receipt: Mapping[str, Any], wrapped: bool) -> str:
        own_token = token or secrets.token_urlsafe(24)
        self._records[own_token] = record
        bought = record.purchased if isinstance(record, Product) else record.started
        text = json.dumps(
            {
                "orderId": record.order_id,
                "packageName": record.package_name,
                "productId": record.product_id,
                "purchaseTime": milliseconds(bought),
                "purchaseState": 0,
                "purchaseToken": own_token,
                **receipt,
            }
        )
        return json.dumps({"json": text, "signature": "c2lnbmVk", "skuDetails": "{}"}) if wrapped else text

    # Notifications

    def notify(
        self, server: HasUrl | str, kind: str, token: str = "", *, expires: Moment | None = None
    ) -> int:
        """Let something happen to a purchase, and tell a server, or the one at a URL; the answer's status.

        `kind` is one of `google_play_events.KINDS`, such as "VOIDED" for a refund. `expires` is until when a
        subscription lasts then. ValueError for what cannot happen, ConnectionError if the server does not
        answer.
        """
        headers, body = happened(self, kind, token, expires=expires)
        return post(server, self.notifications_path, body, headers)

    def notification(
        self,
        kind: str = "test",
        token: str = "",
        *,
        notification_type: int | None = None,
        package_name: str | None = None,
        sent: Moment | None = None,
        message_id: str = "",
        claims: Mapping[str, Any] | None = None,
        without: Collection[str] = (),
        header: Mapping[str, Any] | None = None,
        key: PrivateKey | None = None,
        payload: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> tuple[dict[str, str], bytes]:
        """The headers and the body of a notification about a purchase: "subscription", "product", "voided".

        `fields` are merged into the member that is its kind's, such as `productType`. `claims`, `without`,
        `header` and `key` change the token that shows who sends it, as `push_token` says.
        """
        if kind not in _KINDS:
            raise ValueError(f"there is no kind {kind!r}, but {', '.join(_KINDS)}")
        member, usual_type = _KINDS[kind]
        about: dict[str, Any] = {"version": "1.0"}
        if kind != "test":
            about["purchaseToken"] = token
        if usual_type is not None:
            about["notificationType"] = usual_type if notification_type is None else notification_type
        if kind == "voided":
            about.update(self._voided(token))
        told = {
            "version": "1.0",
            "packageName": self.package_name if package_name is None else package_name,
            "eventTimeMillis": str(milliseconds(sent or self.world.clock.now())),
            member: {**about, **merged(payloads.GOOGLE_NOTIFICATION, fields, payload)},
        }
        shown = self.push_token(claims=claims, without=without, header=header, key=key)
        headers = {"authorization": f"Bearer {shown}", "content-type": "application/json"}
        return headers, pushed(told, message_id)

    def push_token(
        self,
        *,
        claims: Mapping[str, Any] | None = None,
        without: Collection[str] = (),
        header: Mapping[str, Any] | None = None,
        key: PrivateKey | None = None,
    ) -> str:
        """What Google shows when it notifies: a token of its own, with what a test wants otherwise."""
        now = self.world.now()
        due = {
            "iss": "https://accounts.google.com",
            "aud": PUSH_AUDIENCE,
            "azp": "113774264463038321964",
            "sub": "113774264463038321964",
            "email": PUSH_SERVICE_ACCOUNT,
            "email_verified": True,
            "iat": now,
            "exp": now + 3600,
        }
        current = self.world.keys("google").current
        return issue(key or current, key_id(current), due, changed=claims, without=without, header=header)

    def _voided(self, token: str) -> dict[str, Any]:
        """What a notification says of a purchase that was taken back in full."""
        record = self._records.get(token)
        order_id = record.order_id if record else _order_id()
        is_product = not isinstance(record, Subscription)
        return {"orderId": order_id, "productType": 2 if is_product else 1, "refundType": 1}

    # The publisher API

    def _product(self, request: Request) -> Response:
        return self._looked_up(request, Product, lambda record: json_response(record.told()))

    def _product_v2(self, request: Request) -> Response:
        return self._looked_up(request, Product, lambda record: json_response(record.told_v2()))

    def _subscription(self, request: Request) -> Response:
        return self._looked_up(request, Subscription, lambda record: json_response(record.told()))

    def _acknowledge_product(self, request: Request) -> Response:
        return self._looked_up(request, Product, _acknowledged)

    def _acknowledge_subscription(self, request: Request) -> Response:
        return self._looked_up(request, Subscription, _acknowledged)

    def _looked_up(self, request: Request, kind: type[Any], answer: Callable[[Any], Response]) -> Response:
        """The answer about the record that a path names, of one kind, to a request that shows a token."""
        refusal = self.access_tokens.refusal(request)
        if refusal is not None:
            return refusal
        record = self._records.get(request.params["token"])
        if not isinstance(record, kind) or record.package_name != request.params["package"]:
            return error_response(404, "The purchase token was not found.", "purchaseTokenNotFound")
        if record.product_id != request.params.get("product", record.product_id):
            mismatch = "The purchase token does not match the product ID."
            return error_response(400, mismatch, "purchaseTokenDoesNotMatchProductId")
        return answer(record)


def pushed(notification: Mapping[str, Any], message_id: str = "") -> bytes:
    """The body in which Pub/Sub delivers a notification; one with the same id is the same one again."""
    message = {
        "attributes": {},
        "data": base64.b64encode(json.dumps(notification, ensure_ascii=False).encode()).decode(),
        "messageId": message_id or str(secrets.randbelow(10**16)),
    }
    return json.dumps({"message": message, "subscription": "projects/fake/subscriptions/play"}).encode()


def _acknowledged(record: Record) -> Response:
    if isinstance(record, Product) and record.state != 0:
        return error_response(400, "The product purchase is not owned by the user.", "productNotOwnedByUser")
    record.is_acknowledged = True
    return Response(204)


def _order_id() -> str:
    digits = f"{secrets.randbelow(10**17):017}"
    return f"GPA.{digits[:4]}-{digits[4:8]}-{digits[8:12]}-{digits[12:]}"
