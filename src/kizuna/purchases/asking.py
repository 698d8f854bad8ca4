"""Asking the stores, and what becomes of their refusals."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kizuna.outside.checks import Checks, Refused
from kizuna.outside.client import Unavailable
from kizuna.purchases.stores.interface import NAMES, Store, refusal

log = logging.getLogger(__name__)


@contextmanager
def asking(store: Store) -> Iterator[Checks]:
    """Around a question to a store, with the checks of its answer.

    What it refuses and that it cannot be asked become an `ApiError` with what a client may know; the log has
    the rest.
    """
    try:
        yield Checks()
    except Refused as error:
        log.info("%s receipt rejected: %s", NAMES[store], error)
        raise refusal(store, error) from error
    except Unavailable as error:
        log.warning("%s receipt not verified: %s", NAMES[store], error)
        raise refusal(store, error) from error
