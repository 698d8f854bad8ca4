"""Google Play's receipts, as clients send them, and the paths at which the publisher API knows them."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kizuna.outside.checks import Checks, quoted
from kizuna.outside.encoding import json_object
from kizuna.purchases.stores.answers import LONGEST_ID, identifier

# No empty part: `..` would lead elsewhere in a path.
_PACKAGE_NAME = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a client says it has bought. Only Google's word counts for whether it has.

    `product_id` is "" where nobody says one; `purchase_time` is as the client has sent it, of any type.
    """

    package_name: str
    token: str
    product_id: str = ""
    purchase_time: Any = None


def read_receipt(text: str, checks: Checks) -> Receipt:
    """A receipt, bare or in the wrapper that Unity puts around it. `Refused`."""
    try:
        members = json_object(text)
        if isinstance(inner := members.get("json"), str):
            members = json_object(inner)
    except ValueError as error:
        raise checks.refused("form", f"it {error}") from None
    checks.passed("form")
    # What is not used may be of any type. The reference refuses that, though nothing depends on it.
    product_id = members.get("productId")
    return Receipt(
        package_name=identifier(members.get("packageName"), "package", checks),
        token=identifier(members.get("purchaseToken"), "token", checks),
        product_id=product_id if isinstance(product_id, str) else "",
        purchase_time=members.get("purchaseTime"),
    )


class Paths:
    """Where the publisher API knows the purchases of apps, of `package_names` alone if there are any."""

    def __init__(self, package_names: Collection[str]) -> None:
        self._package_names = package_names

    def product(self, bought: Receipt, checks: Checks) -> str:
        """A product. `Refused` for what cannot be asked."""
        return self._of_kind("products", bought, checks)

    def product_by_token(self, bought: Receipt, checks: Checks) -> str:
        """A product, whichever it is. `Refused` for what cannot be asked."""
        return f"{self._root(bought, checks)}/productsv2/tokens/{_token(bought, checks)}"

    def subscription(self, bought: Receipt, checks: Checks) -> str:
        """A subscription, whichever it is. `Refused` for what cannot be asked."""
        return f"{self._root(bought, checks)}/subscriptionsv2/tokens/{_token(bought, checks)}"

    def acknowledgement(self, bought: Receipt, *, is_subscription: bool) -> str:
        """Where a product or a subscription is acknowledged. `Refused` for what cannot be."""
        kind = "subscriptions" if is_subscription else "products"
        return f"{self._of_kind(kind, bought, Checks())}:acknowledge"

    def _of_kind(self, kind: str, bought: Receipt, checks: Checks) -> str:
        root = self._root(bought, checks)
        product_id = identifier(bought.product_id, "product", checks, shown=True)
        return f"{root}/{kind}/{_segment(product_id, 'product', checks)}/tokens/{_token(bought, checks)}"

    def _root(self, bought: Receipt, checks: Checks) -> str:
        """The reference puts in whatever the client sends, which may lead anywhere on Google's host."""
        name = bought.package_name
        is_name = len(name) <= LONGEST_ID and _PACKAGE_NAME.fullmatch(name)
        checks.require("package", bool(is_name), f"{quoted(name)} is no package name")
        if self._package_names:
            is_ours = name in self._package_names
            checks.require("package", is_ours, f"{quoted(name)} is not among iap.google.package_names")
        return f"/androidpublisher/v3/applications/{name}/purchases"


def _token(bought: Receipt, checks: Checks) -> str:
    return _segment(identifier(bought.token, "token", checks), "token", checks)


def _segment(text: str, name: str, checks: Checks) -> str:
    """An id as one segment of a path, whatever it consists of. `Refused` for one that leads elsewhere."""
    if text in (".", ".."):
        raise checks.refused(name, f"{text!r} is no id")
    return quote(text, safe="")
