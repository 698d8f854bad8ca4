"""The App Store Server API: what has become of a transaction since it was signed."""

import logging
import re
from dataclasses import dataclass, field
from typing import Any

import jwt

from kizuna.clock import Clock
from kizuna.outside.checks import Checks, quoted
from kizuna.outside.client import Outside, Reply, Unavailable
from kizuna.provider_settings import AppStore as Settings
from kizuna.purchases.stores.answers import Answer
from kizuna.purchases.stores.app_store_transactions import Transaction
from kizuna.purchases.stores.interface import Environment

log = logging.getLogger(__name__)

#: Seconds that a token is valid, and how long before its end it serves no longer.
_LIFETIME = 300
_MARGIN = 60

#: Errors of 404 that say nothing about the transaction: try again later (three), and: no such app.
_NOT_ITS_FAULT = frozenset((4040002, 4040004, 4040006, 4040003))

#: Ids as Apple has them, which become a part of a path.
_ID = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The last transaction of a subscription, and its renewal ("" for none), both signed."""

    transaction: str
    renewal: str


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    starts: float
    ends: float


class ServerApi:
    """Asks the API with the key of `settings`, where the transaction in question was made."""

    def __init__(self, settings: Settings, outside: Outside, clock: Clock) -> None:
        self._settings = settings
        self._outside = outside
        self._clock = clock
        self._tokens: dict[str, _Token] = {}

    @property
    def is_configured(self) -> bool:
        """Whether there is a key to ask with."""
        return bool(self._settings.signing_key)

    async def transaction(self, known: Transaction, checks: Checks) -> str:
        """A transaction as it is now, signed anew (JWS). `Refused` if it is unknown, `Unavailable`."""
        answer = await self._get("transactions", known.transaction_id, known, checks)
        return answer.member("signedTransactionInfo", str)

    async def subscription(self, known: Transaction, checks: Checks) -> Subscribed:
        """The subscription that a transaction belongs to. `Refused` if it is unknown, `Unavailable`."""
        answer = await self._get("subscriptions", known.original_transaction_id, known, checks)
        for last in _last_transactions(answer):
            if last.get("originalTransactionId") == known.original_transaction_id:
                return _subscribed(last, answer.host)
        raise checks.refused("store", "Apple does not know the subscription")

    async def _get(self, kind: str, id: str, known: Transaction, checks: Checks) -> Answer:
        checks.require("store", bool(_ID.fullmatch(id)), f"{quoted(id)} is no id to ask for")
        settings, sandbox = self._settings, known.environment is Environment.SANDBOX
        base_url = settings.api_base_url_sandbox if sandbox else settings.api_base_url_production
        headers = {"authorization": f"Bearer {self._token(known.bundle_id)}", "accept": "application/json"}
        reply = await self._outside.get(f"{base_url}/inApps/v1/{kind}/{id}", headers=headers)
        if reply.status == 404 and _error(reply) not in _NOT_ITS_FAULT:
            raise checks.refused("store", "Apple does not know it")
        if reply.status == 401:
            problem = "does not take the key of iap.apple.issuer_id, key_id and signing_key (status 401)"
            log.error("%s %s", reply.host, problem)
            raise Unavailable(f"{reply.host} {problem}")
        if reply.status != 200:
            raise Unavailable(f"{reply.host} answered {reply.status}")
        checks.passed("store", f"{reply.host} knows it")
        return Answer(reply)

    def _token(self, bundle_id: str) -> str:
        """The token to ask with about one of the game's apps."""
        now, token = self._clock.unix(), self._tokens.get(bundle_id)
        if token is None or not token.starts <= now < token.ends - _MARGIN:
            token = self._tokens[bundle_id] = self._new_token(bundle_id, int(now))
        return token.text

    def _new_token(self, bundle_id: str, now: int) -> _Token:
        settings, ends = self._settings, now + _LIFETIME
        claims = {"iss": settings.issuer_id, "iat": now, "exp": ends, "bid": bundle_id}
        claims["aud"] = "appstoreconnect-v1"
        headers = {"kid": settings.key_id}
        text = jwt.encode(claims, settings.signing_key, algorithm="ES256", headers=headers)
        return _Token(text, now, ends)


def _error(reply: Reply) -> object:
    """The number of an error, None where there is no such thing."""
    try:
        return reply.json().get("errorCode")
    except Unavailable:
        return None


def _last_transactions(answer: Answer) -> list[dict[str, Any]]:
    groups = answer.member("data", list)
    lists = [group.get("lastTransactions") for group in groups if isinstance(group, dict)]
    return [last for each in lists if isinstance(each, list) for last in each if isinstance(last, dict)]


def _subscribed(last: dict[str, Any], host: str) -> Subscribed:
    transaction, renewal = last.get("signedTransactionInfo"), last.get("signedRenewalInfo", "")
    if not isinstance(transaction, str) or not isinstance(renewal, str):
        raise Unavailable(f"{host} answered without a signed transaction")
    return Subscribed(transaction, renewal)
