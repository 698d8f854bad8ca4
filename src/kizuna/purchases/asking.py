"""Asking the stores, and what becomes of their refusals."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kizuna.outside.checks import Check, Checks, Refused
from kizuna.outside.client import Unavailable
from kizuna.purchases.stores.interface import NAMES, OtherStore, Store, refusal

log = logging.getLogger(__name__)

#: The checks that show what a receipt is about, and what that is called. Whatever is noted here was said by
#: the receipt, which may be forged.
_ABOUT = {
    "product": "product",
    "product id": "product",
    "productId": "product",
    "transaction id": "transaction",
    "transactionId": "transaction",
    "original transaction id": "original transaction",
    "originalTransactionId": "original transaction",
}


@contextmanager
def asking(store: Store, user_id: str) -> Iterator[Checks]:
    """Around a question to a store for a user, with the checks of its answer, and what is then kept.

    What it refuses and that it cannot be asked become an `ApiError` with what a client may know; the log has
    the rest.
    """
    checks = Checks()
    try:
        yield checks
    except (Refused, Unavailable) as error:
        is_refused = isinstance(error, Refused)
        _tell(store, user_id, str(error), checks, is_refused=is_refused)
        raise refusal(store, error) from error
    except OtherStore:
        _tell(store, user_id, "store: another one has sold what has this id", checks, is_refused=True)
        raise


def _tell(store: Store, user_id: str, why: str, checks: Checks, *, is_refused: bool) -> None:
    """Log why a receipt does not count."""
    log.log(
        logging.INFO if is_refused else logging.WARNING,
        "%s receipt of %s %s: %s%s",
        NAMES[store],
        user_id,
        "rejected" if is_refused else "not verified",
        why,
        _about(checks),
        extra={"user_id": user_id},
    )


def _about(checks: Checks) -> str:
    """What was to be validated, as far as the checks have come: ` (product 'sword', transaction '1000')`."""
    shown = {_ABOUT[each.name]: each.detail for each in checks.done if _shows(each)}
    return f" ({', '.join(f'{name} {id}' for name, id in shown.items())})" if shown else ""


def _shows(check: Check) -> bool:
    return check.passed and bool(check.detail) and check.name in _ABOUT
