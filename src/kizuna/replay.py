"""`kizuna replay-receipt`: what a client has sent is validated again, and every check shown.

Nothing is kept, and no database is needed: only the stores' own word counts, and the settings with their
credentials.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kizuna.clock import Clock, SystemClock
from kizuna.errors import ApiError
from kizuna.outside.checks import Check, Checks, Refused
from kizuna.outside.client import Outside, Unavailable
from kizuna.outside.encoding import json_object
from kizuna.purchases.stores import Stores
from kizuna.purchases.stores.interface import (
    NAMES,
    Store,
    StorePurchase,
    StoreSubscription,
    not_configured,
    refusal,
)
from kizuna.settings import Settings

#: The stores by the names that the command line takes.
STORES = {
    "apple": Store.APPLE,
    "google": Store.GOOGLE,
    "huawei": Store.HUAWEI,
    "facebookinstant": Store.FACEBOOK_INSTANT,
}

#: Where each store's receipt may stand: in what a client sends, and in what the database keeps.
_MEMBERS = {
    Store.APPLE: ("jws", "receipt"),
    Store.GOOGLE: ("purchase", "receipt"),
    Store.HUAWEI: ("purchase",),
    Store.FACEBOOK_INSTANT: ("signed_request",),
}

_WITH_SUBSCRIPTIONS = (Store.APPLE, Store.GOOGLE)


class ReplayError(Exception):
    """Nothing can be validated. The text is for the operator."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody has bought, as a client says."""

    store: Store
    text: str
    signature: str = ""
    is_subscription: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The checks of a claim, and what the store confirms; `problem` is why it does not, "" if it does."""

    claim: Claim
    checks: list[Check]
    confirmed: list[StorePurchase] | list[StoreSubscription]
    problem: str = ""

    @property
    def is_valid(self) -> bool:
        """Whether the store confirms it."""
        return not self.problem

    def lines(self) -> Iterator[str]:
        """All of it, for people."""
        kind = "a subscription" if self.claim.is_subscription else "a purchase"
        yield f"{NAMES[self.claim.store]}, {kind}"
        for check in self.checks:
            detail = f": {check.detail}" if check.detail else ""
            yield f"{'ok' if check.passed else 'FAILED':<8} {check.name}{detail}"
        for each in self.confirmed:
            yield _described(each)
        yield f"refused: {self.problem}" if self.problem else "valid"


def read_file(path: Path) -> str:
    """The text of a file. `ReplayError` if it cannot be read."""
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise ReplayError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ReplayError(f"{path} is no text") from None


def read_claim(text: str, store: Store | None = None, *, is_subscription: bool = False) -> Claim:
    """What a text claims, of the store that its form is of unless one is given. `ReplayError`."""
    text = text.strip()
    try:
        members = json_object(text)
    except ValueError:
        members = {}
    store = store if store is not None else _store_of(text, members)
    if is_subscription and store not in _WITH_SUBSCRIPTIONS:
        raise ReplayError(f"There are no subscriptions of {NAMES[store]}.")
    receipt = _receipt(text, members, store)
    signature = members.get("signature")
    return Claim(
        store,
        receipt,
        signature if isinstance(signature, str) else "",
        # That is how clients send subscriptions of Google's; purchases have another member.
        is_subscription or (store is Store.GOOGLE and receipt == members.get("receipt")),
    )


async def replay(claim: Claim, settings: Settings, user_id: str = "", clock: Clock | None = None) -> Outcome:
    """Validate a claim, of that user or of anybody. `ReplayError` if its store is not configured."""
    outside, checks = Outside(settings.iap.http_timeout_ms / 1000), Checks()
    stores = Stores(settings.iap, settings.social.google, outside, clock or SystemClock())
    try:
        return Outcome(claim, checks.done, await _confirmed(claim, stores, user_id, checks))
    except ApiError as error:
        if error.message == not_configured(claim.store).message:
            raise ReplayError(error.message) from None
        return Outcome(claim, checks.done, [], error.message)
    except Refused as error:
        return Outcome(claim, checks.done, [], refusal(claim.store, error).message)
    except Unavailable as error:
        return Outcome(claim, checks.done, [], f"{NAMES[claim.store]} could not be asked: {error}")
    finally:
        await outside.close()


def _store_of(text: str, members: dict[str, Any]) -> Store:
    """The store whose form this is."""
    if not members:
        return _store_of_receipt(text)
    if "signed_request" in members:
        return Store.FACEBOOK_INSTANT
    if "purchase" in members:
        return Store.HUAWEI if "signature" in members else Store.GOOGLE
    if "receipt" in members and str(members["receipt"]).lstrip().startswith("{"):
        return Store.GOOGLE
    if "jws" in members or "receipt" in members:
        return Store.APPLE
    if _is_google_receipt(members):
        return Store.GOOGLE
    raise ReplayError(
        "This is JSON without a receipt: there is no receipt, purchase, signed_request or jws in it. What a "
        "store has answered cannot be validated again."
    )


def _store_of_receipt(text: str) -> Store:
    """The same for a bare receipt."""
    dots = text.count(".")
    if not text or text[0] in '{["' or (dots and len(text.split()) > 1):
        raise ReplayError("This is no receipt of a store that is known by its form; name it with --store.")
    return Store.FACEBOOK_INSTANT if dots == 1 else Store.APPLE


def _is_google_receipt(members: dict[str, Any]) -> bool:
    """Whether it is what Google Play gives clients, bare or in the wrapper that Unity puts around it."""
    return "purchaseToken" in members or isinstance(members.get("json"), str)


def _receipt(text: str, members: dict[str, Any], store: Store) -> str:
    if not members or (store is Store.GOOGLE and _is_google_receipt(members)):
        return text
    for name in _MEMBERS[store]:
        if isinstance(members.get(name), str):
            return str(members[name])
    raise ReplayError(f"There is no {' or '.join(_MEMBERS[store])} in it, which {NAMES[store]} needs.")


async def _confirmed(
    claim: Claim, stores: Stores, user_id: str, checks: Checks
) -> list[StorePurchase] | list[StoreSubscription]:
    match claim.store, claim.is_subscription:
        case Store.APPLE, True:
            return await stores.apple.subscriptions(claim.text, checks)
        case Store.APPLE, False:
            return await stores.apple.purchases(claim.text, checks)
        case Store.GOOGLE, True:
            return [await stores.google.subscription(claim.text, user_id, checks)]
        case Store.GOOGLE, False:
            return [await stores.google.purchase(claim.text, user_id, checks)]
        case Store.HUAWEI, _:
            return [await stores.huawei.purchase(claim.text, claim.signature, checks)]
    return [await stores.facebook_instant.purchase(claim.text, checks)]


def _described(found: StorePurchase | StoreSubscription) -> str:
    """What the store confirms, in a line."""
    environment = found.environment.name.lower()
    if isinstance(found, StoreSubscription):
        until = f", expires {_time(found.expire_time)}"
        id, what = found.original_transaction_id, "subscription"
    else:
        until, id, what = "", found.transaction_id, "purchase"
    refund = f", refunded {_time(found.refund_time)}" if found.refund_time else ""
    bought = f"bought {_time(found.purchase_time)}"
    return f"{what} {id!a} of {found.product_id!a}, {environment}, {bought}{until}{refund}"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"
