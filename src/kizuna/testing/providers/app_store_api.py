"""The App Store Server API: what Apple knows of a transaction or a subscription."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from kizuna.testing.providers.keys import ec_key, private_pem
from kizuna.testing.providers.part import Handler, Request, Response, World, json_response
from kizuna.testing.providers.received_tokens import Untrusted, check_claims, trusted_claims

log = logging.getLogger(__name__)

ISSUER_ID = "57246542-96fe-1a63-e053-0824d011072a"
KEY_ID = "2X9R4HXF34"

#: Seconds that a token may live.
_LONGEST = 3600

# States of a subscription.
_ACTIVE, _EXPIRED, _REVOKED = 1, 2, 5

_NOT_FOUND = {"errorCode": 4040010, "errorMessage": "Transaction id not found."}

Payload = dict[str, Any]


class ServerApi:
    """Answers for what was `remember`ed. `sign` signs a payload, `environment` says whom a request is for."""

    def __init__(
        self,
        world: World,
        bundle_id: str,
        sign: Callable[[Payload], str],
        environment: Callable[[Request], str],
    ) -> None:
        self._world = world
        self._bundle_id = bundle_id
        self._sign = sign
        self._environment = environment
        self._key = ec_key("app store server api")
        self._transactions: dict[str, Payload] = {}
        self._renewals: dict[str, Payload] = {}

    def routes(self) -> Mapping[str, Handler]:
        return {
            "GET /inApps/v1/transactions/{id}": self._transaction,
            "GET /inApps/v1/subscriptions/{id}": self._subscription,
        }

    def settings(self) -> Mapping[str, Any]:
        """What a server needs to be let in."""
        return {
            "iap.apple.issuer_id": ISSUER_ID,
            "iap.apple.key_id": KEY_ID,
            "iap.apple.signing_key": private_pem(self._key),
        }

    def remember(self, transaction: Payload) -> None:
        """Know a transaction, or its new state."""
        self._transactions[transaction["transactionId"]] = transaction

    def remember_renewal(self, renewal: Payload) -> None:
        """Know how a subscription goes on."""
        self._renewals[renewal["originalTransactionId"]] = renewal

    def known(self, transaction_id: str) -> Payload:
        """A transaction. ValueError for an unknown one."""
        if transaction_id not in self._transactions:
            raise ValueError(f"there is no transaction {transaction_id!r}")
        return self._transactions[transaction_id]

    def transactions(self, original: str) -> list[Payload]:
        """Those of a subscription."""
        return [each for each in self._transactions.values() if each["originalTransactionId"] == original]

    def latest(self, original: str) -> Payload:
        """The transaction with which a subscription lasts longest, or the last one of these."""
        return max(
            self.transactions(original),
            key=lambda each: (_time(each, "expiresDate"), _time(each, "purchaseDate")),
        )

    def _transaction(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        found = self._found(request)
        if found is None:
            return json_response(_NOT_FOUND, 404)
        return json_response({"signedTransactionInfo": self._signed(found)})

    def _subscription(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        found = self._found(request)
        if found is None or "expiresDate" not in found:
            return json_response(_NOT_FOUND, 404)
        latest = self.latest(found["originalTransactionId"])
        group = {"subscriptionGroupIdentifier": "1", "lastTransactions": [self._last(latest)]}
        told = {"environment": latest["environment"], "bundleId": self._bundle_id, "data": [group]}
        return json_response(told)

    def _last(self, transaction: Payload) -> Payload:
        original = transaction["originalTransactionId"]
        renewal = self._renewals.get(original) or _plain_renewal(transaction)
        return {
            "originalTransactionId": original,
            "status": self._status(transaction),
            "signedTransactionInfo": self._signed(transaction),
            "signedRenewalInfo": self._signed(renewal),
        }

    def _status(self, transaction: Payload) -> int:
        if "revocationDate" in transaction:
            return _REVOKED
        return _ACTIVE if transaction["expiresDate"] > self._world.clock.unix() * 1000 else _EXPIRED

    def _found(self, request: Request) -> Payload | None:
        """The transaction that a request names, if this environment is the one that knows it."""
        found = self._transactions.get(request.params["id"])
        return found if found and found["environment"] == self._environment(request) else None

    def _signed(self, payload: Payload) -> str:
        """Signed anew, as Apple does for every answer."""
        return self._sign({**payload, "signedDate": int(self._world.clock.unix() * 1000)})

    def _refused(self, request: Request) -> Response | None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            if kind != "Bearer":
                raise Untrusted("there is no bearer token")
            claims = trusted_claims(token, self._key, {"alg": "ES256", "kid": KEY_ID, "typ": "JWT"})
            expected = {"iss": ISSUER_ID, "aud": "appstoreconnect-v1", "bid": self._bundle_id}
            check_claims(claims, expected, self._world.clock.unix(), _LONGEST)
        except Untrusted as error:
            log.warning("A request for the App Store Server API is refused: %s", error)
            return Response(401, f"Unauthenticated: {error}\n".encode(), "text/plain")
        return None


def _time(transaction: Payload, name: str) -> int:
    return int(transaction.get(name, 0))


def _plain_renewal(transaction: Payload) -> Payload:
    return {
        "originalTransactionId": transaction["originalTransactionId"],
        "productId": transaction["productId"],
        "autoRenewProductId": transaction["productId"],
        "autoRenewStatus": 1,
        "renewalDate": transaction["expiresDate"],
        "environment": transaction["environment"],
    }
