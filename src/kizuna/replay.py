"""`kizuna replay-receipt`: what a client has sent is validated again, and every check shown.

Nothing is kept, and no database is needed: only the stores' own word counts, and the settings with their
credentials.
"""

import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from kizuna.clock import SystemClock
from kizuna.errors import ApiError
from kizuna.outside.checks import Check, Checks, Refused
from kizuna.outside.client import Outside, Unavailable
from kizuna.outside.encoding import base64_standard, json_object
from kizuna.outside.tokens import is_three_parts
from kizuna.purchases.stores import Stores
from kizuna.purchases.stores.interface import (
    NAMES,
    NotConfigured,
    Store,
    StorePurchase,
    StoreSubscription,
    refusal,
)
from kizuna.settings import Settings
from kizuna.wire.uuids import parse_uuid

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

#: The settings without which each store cannot be asked.
_NEEDS = {
    Store.APPLE: "iap.apple.shared_password",
    Store.GOOGLE: "iap.google.client_email and iap.google.private_key",
    Store.HUAWEI: "iap.huawei.public_key, iap.huawei.client_id and iap.huawei.client_secret",
    Store.FACEBOOK_INSTANT: "iap.facebook_instant.app_secret",
}

#: How receipts of StoreKit 1 begin, once the base64 is taken off: a structure of ASN.1, or a property list.
_RECEIPT_STARTS = (b"0", b"{")

_SIGNED_REQUEST = re.compile(r"[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+")

#: What to try where a check has failed, by the check's name and what it has found.
_HINTS = {
    ("kind", "it is a subscription"): "use --subscription",
    ("kind", "it is no subscription"): "leave --subscription out",
}

#: The largest file that is read, in bytes: more than any store's receipt has, or a server takes.
_LARGEST_FILE = 16 << 20

_WITH_SUBSCRIPTIONS = (Store.APPLE, Store.GOOGLE)

_Bought = TypeVar("_Bought", StorePurchase, StoreSubscription)


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
    """The checks of a claim, and what the store confirms; `problem` is why it does not, "" if it does.

    `is_refused` is whether it is the store that does not, which may also be out of reach.
    """

    claim: Claim
    checks: list[Check]
    confirmed: Sequence[StorePurchase] | Sequence[StoreSubscription]
    problem: str = ""
    is_refused: bool = False

    @property
    def is_valid(self) -> bool:
        """Whether the store confirms it."""
        return not self.problem

    def lines(self) -> Iterator[str]:
        """All of it, for people."""
        kind = "a subscription" if self.claim.is_subscription else "a purchase"
        yield f"{NAMES[self.claim.store]}, {kind}"
        for check in dict.fromkeys(self.checks):  # a path checks what a receipt has checked
            detail = f": {check.detail}" if check.detail else ""
            yield f"{'ok' if check.passed else 'FAILED':<8} {check.name}{detail}{self._hint(check)}"
        for each in self.confirmed:
            yield _described(each)
        yield self._verdict()

    def _verdict(self) -> str:
        if self.is_valid:
            return "valid"
        return f"{'refused' if self.is_refused else 'not verified'}: {self.problem}"

    def _hint(self, check: Check) -> str:
        """What to try about a check that has failed."""
        hint = "" if check.passed else _HINTS.get((check.name, check.detail), "")
        return f" ({hint})" if hint else ""


def read_file(path: Path) -> str:
    """The text of a file, without a byte order mark. `ReplayError` if it cannot be read."""
    try:
        return _content(path).decode("utf-8-sig")
    except OSError as error:
        raise ReplayError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ReplayError(f"{path} is no text") from None


def _content(path: Path) -> bytes:
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a pipe could keep us waiting, a device for ever
        raise ReplayError(f"{path} is no regular file; save the receipt in one.")
    with path.open("rb") as file:
        content = file.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise ReplayError(f"{path} has more than {_LARGEST_FILE >> 20} MiB, which no receipt has.")
    return content


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


async def replay(claim: Claim, settings: Settings, user_id: str = "") -> Outcome:
    """Validate a claim, of that user or of anybody. `ReplayError` if its store is not configured."""
    outside, checks = Outside(settings.iap.http_timeout_ms / 1000), Checks()
    stores = Stores(settings.iap, settings.social.google, outside, SystemClock())
    try:
        return Outcome(claim, checks.done, await _confirmed(claim, stores, user_id, checks))
    except NotConfigured as error:
        raise ReplayError(f"{error.message} {_remedy(claim.store)}") from None
    except ApiError as error:
        return Outcome(claim, checks.done, [], error.message, is_refused=True)
    except Refused as error:
        return Outcome(claim, checks.done, [], refusal(claim.store, error).message, is_refused=True)
    except Unavailable as error:
        return Outcome(claim, checks.done, [], f"{NAMES[claim.store]} could not be asked: {error}")
    finally:
        await outside.close()


def _remedy(store: Store) -> str:
    """What to do about a store that is not configured."""
    where = "name the file that sets them with --config, or set them in the environment"
    return f"It needs {_NEEDS[store]}: {where}."


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
    if _SIGNED_REQUEST.fullmatch(text):
        return Store.FACEBOOK_INSTANT
    if _is_of_apple(text):
        return Store.APPLE
    raise ReplayError("This is no receipt of a store that is known by its form; name it with --store.")


def _is_of_apple(text: str) -> bool:
    """Whether it may be a signed transaction, or a receipt of StoreKit 1."""
    if is_three_parts(text):
        return len(text.split()) == 1
    try:
        return base64_standard(text).startswith(_RECEIPT_STARTS)
    except ValueError:
        return False


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
) -> Sequence[StorePurchase] | Sequence[StoreSubscription]:
    match claim.store, claim.is_subscription:
        case Store.APPLE, True:
            return _checked_buyers(await stores.apple.subscriptions(claim.text, checks), user_id, checks)
        case Store.APPLE, False:
            return _checked_buyers(await stores.apple.purchases(claim.text, checks), user_id, checks)
        case Store.GOOGLE, True:
            return [await stores.google.subscription(claim.text, user_id, checks)]
        case Store.GOOGLE, False:
            return [await stores.google.purchase(claim.text, user_id, checks)]
        case Store.HUAWEI, _:
            return [await stores.huawei.purchase(claim.text, claim.signature, checks)]
    return [await stores.facebook_instant.purchase(claim.text, checks)]


def _checked_buyers(bought: Sequence[_Bought], user_id: str, checks: Checks) -> Sequence[_Bought]:
    """The same, after the check on whom the game has named to Apple as their buyers. `Refused`.

    Only a server can tell whether that is a player, whom it then lets have it and nobody else.
    """
    for buyer in filter(None, (parse_uuid(each.account) for each in bought)):
        is_user = not user_id or buyer == user_id
        otherwise = f"{buyer} has bought it, not {user_id!r}"
        checks.require("account", is_user, otherwise, detail=f"{buyer}; nobody else, if that is a player")
    return bought


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
