"""Google Play: what was bought there, as its publisher API tells."""

import logging
from collections.abc import Awaitable

from kizuna.clock import Clock
from kizuna.errors import invalid
from kizuna.outside.checks import Checks, Refused, quoted
from kizuna.outside.client import Outside, Reply, Unavailable
from kizuna.outside.keys import google_keys
from kizuna.outside.tokens import flag_claim, text_claim, verified_claims
from kizuna.provider_settings import GooglePlay as Settings
from kizuna.purchases.stores.access_tokens import AccessTokens
from kizuna.purchases.stores.afterwards import Afterwards
from kizuna.purchases.stores.answers import Answer
from kizuna.purchases.stores.configured import Configured
from kizuna.purchases.stores.google_answers import (
    GooglePurchase,
    GoogleSubscription,
    account_id,
    account_id_of_subscription,
    product,
    product_of_any_state,
    replaced,
    subscription,
)
from kizuna.purchases.stores.google_receipt import Paths, Receipt, read_receipt
from kizuna.purchases.stores.google_service_account import ServiceAccount
from kizuna.purchases.stores.interface import (
    NotConfigured,
    Store,
    StorePurchase,
    StoreSubscription,
    check_account,
)

log = logging.getLogger(__name__)

#: What the publisher API answers for a token that it does not know, or no longer.
_UNKNOWN = frozenset((400, 404, 410))

#: How many tokens are looked for that came before one. Each is a request.
_MOST_FORMER = 5

_ISSUERS = ("https://accounts.google.com", "accounts.google.com")


class GooglePlay(Configured[Settings]):
    """Asks the publisher API. `keys_base_url` is where Google's public keys are."""

    def __init__(self, settings: Settings, keys_base_url: str, outside: Outside, clock: Clock) -> None:
        super().__init__(settings)
        self._outside = outside
        self._clock = clock
        self._tokens = AccessTokens(outside, clock)
        self._keys = google_keys(outside, keys_base_url, clock)
        self._afterwards = Afterwards()

    async def close(self) -> None:
        """Finish what Google is still told, or give it up."""
        await self._afterwards.close()

    # What clients have bought

    async def purchase(self, receipt: str, user_id: str, checks: Checks) -> StorePurchase:
        """What was bought. `user_id` is who must have, if Google knows; "" for anybody.

        `ApiError`, `Refused`, `Unavailable`.
        """
        self._require_configured()
        if not receipt:
            raise invalid("Purchase cannot be empty.")
        # What was sent is judged before Google is asked for anything, unlike by the reference.
        bought = read_receipt(receipt, checks)
        answer = await self._get(self._paths.product(bought, checks), checks)
        purchase = product(answer, bought, checks)
        check_account(account_id(answer), user_id, checks)
        return purchase

    async def subscription(self, receipt: str, user_id: str, checks: Checks) -> GoogleSubscription:
        """What was subscribed to; `user_id` as that of `purchase`. `ApiError`, `Refused`, `Unavailable`."""
        self._require_configured()
        if not receipt:
            raise invalid("Receipt cannot be empty.")
        found, owner_id = await self._subscription(read_receipt(receipt, checks), checks)
        check_account(owner_id, user_id, checks)
        return found

    async def former_tokens(self, bought: Receipt) -> tuple[str, ...]:
        """What a subscription has replaced, and what that one had, and so on: a few tokens, the latest first,
        as far back as Google remembers. `Unavailable`."""
        tokens: list[str] = []
        former = await self._replaced_by(bought)
        while former is not None and len(tokens) < _MOST_FORMER:
            tokens.append(former.token)
            former = await self._replaced_by(former)
        return tuple(tokens)

    # What notifications are about

    async def subscription_by_token(
        self, package_name: str, token: str, checks: Checks
    ) -> tuple[GoogleSubscription, str]:
        """A subscription, and the id that the game has told Google of who has it, "" for none.

        `ApiError`, `Refused`, `Unavailable`.
        """
        self._require_configured()
        return await self._subscription(Receipt(package_name, token), checks)

    async def product_by_token(
        self, package_name: str, token: str, checks: Checks
    ) -> tuple[StorePurchase, str]:
        """A product, and the id as by `subscription_by_token`. One that was cancelled, be it by a refund, has
        a `refund_time`: Google does not tell when it was, so it is the present.

        `ApiError`, `Refused`, `Unavailable`.
        """
        self._require_configured()
        bought = Receipt(package_name, token)
        answer = await self._get(self._paths.product_by_token(bought, checks), checks)
        return product_of_any_state(answer, bought, self._clock.now(), checks), account_id(answer)

    async def verify_push(self, authorization: str, checks: Checks) -> None:
        """That a notification comes from the account that is to send them, by the value of its header
        Authorization. Nothing is checked unless `push_audience` is set. `Refused`, `Unavailable`."""
        settings = self._settings
        if not settings.push_audience:
            checks.passed("authorization", "any: none is configured")
            return
        scheme, _, token = authorization.partition(" ")
        checks.require("authorization", scheme.lower() == "bearer", "there is no bearer token")
        audiences = (settings.push_audience,)
        claims = await verified_claims(
            token.strip(), self._keys, issuers=_ISSUERS, audiences=audiences, clock=self._clock, checks=checks
        )
        verified = flag_claim(claims, "email_verified", checks)
        checks.require("email_verified", verified, "Google does not vouch for the address")
        sender, expected = text_claim(claims, "email", checks), settings.push_service_account
        is_expected = not expected or sender == expected
        checks.require("email", is_expected, f"{quoted(sender)} is not {quoted(expected)}")

    def acknowledge_later(self, bought: StorePurchase | StoreSubscription) -> None:
        """`acknowledge`, which nobody waits for: the answer to the client can be the only one that says that
        a purchase is new."""
        if self._settings.acknowledge:
            self._afterwards.begin(lambda: self.acknowledge(bought), "acknowledgement to Google")

    async def acknowledge(self, bought: StorePurchase | StoreSubscription) -> None:
        """Tell Google that what was bought has been stored, if the operator wants that and nobody has.

        It never fails: what Google did not take is in the log, and is tried again at the next validation.
        """
        waits = bought.unacknowledged if isinstance(bought, GooglePurchase | GoogleSubscription) else None
        if waits is None or not self._settings.acknowledge:
            return
        is_subscription = isinstance(bought, GoogleSubscription)
        try:
            path = self._paths.acknowledgement(waits, is_subscription=is_subscription)
            reply = await self._send(path, post=True)
            if reply.status not in (200, 204):
                raise Unavailable(f"{reply.host} answered {reply.status}")
        except (Refused, Unavailable) as error:
            log.warning("Google has not taken an acknowledgement of %s: %s", quoted(bought.product_id), error)

    # Asking

    def _require_configured(self) -> None:
        if not self._settings.client_email or not self._settings.private_key:
            raise NotConfigured(Store.GOOGLE)

    @property
    def _account(self) -> ServiceAccount:
        settings = self._settings
        return ServiceAccount(settings.client_email, settings.private_key, settings.token_url)

    @property
    def _paths(self) -> Paths:
        return Paths(self._settings.package_names)

    async def _subscription(self, bought: Receipt, checks: Checks) -> tuple[GoogleSubscription, str]:
        """A subscription, and the id that the game has told Google of who has it."""
        answer = await self._get(self._paths.subscription(bought, checks), checks)
        found = subscription(answer, bought, self._clock.now(), checks)
        return found, account_id_of_subscription(answer)

    async def _replaced_by(self, bought: Receipt) -> Receipt | None:
        """What a subscription has replaced, None for nothing, also if Google does not know any more."""
        checks = Checks()
        try:
            answer = await self._get(self._paths.subscription(bought, checks), checks)
            return replaced(answer, bought, checks)
        except Refused:
            return None

    async def _get(self, path: str, checks: Checks) -> Answer:
        """What Google knows. `Refused` if it knows nothing, `Unavailable` if it does not tell."""
        reply = await self._send(path)
        if reply.status in _UNKNOWN:
            raise checks.refused("receipt", f"{reply.host} does not know it, and answered {reply.status}")
        if reply.status in (401, 403):
            account = self._settings.client_email
            log.error("%s refuses the service account %s with %s", reply.host, account, reply.status)
        if reply.status != 200:
            raise Unavailable(f"{reply.host} answered {reply.status}")
        answer = Answer(reply)
        checks.passed("receipt", f"{reply.host} knows it")
        return answer

    async def _send(self, path: str, *, post: bool = False) -> Reply:
        url = self._settings.api_base_url + path

        def send(token: str) -> Awaitable[Reply]:
            # In a header: URLs stand in logs, and the reference's query shows the token to whoever sees them.
            headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
            if post:
                return self._outside.post(url, json=b"{}", headers=headers)
            return self._outside.get(url, headers=headers)

        return await self._tokens.used(self._account, send)
