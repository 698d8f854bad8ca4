"""What becomes of credentials that a provider does not vouch for."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kizuna.errors import ApiError
from kizuna.outside.checks import Refused
from kizuna.outside.client import Unavailable

log = logging.getLogger(__name__)


@contextmanager
def rejecting(name: str, refusal: ApiError) -> Iterator[None]:
    """Turn a provider's rejection into this refusal. The client learns no more; the log has the reason."""
    # A new error each time: one that is raised again and again collects the frames of all times.
    try:
        yield
    except Refused as error:
        log.info("%s credentials rejected: %s", name, error)
        raise ApiError(refusal.code, refusal.message) from error
    except Unavailable as error:
        log.warning("%s credentials not verified: %s", name, error)
        raise ApiError(refusal.code, refusal.message) from error
