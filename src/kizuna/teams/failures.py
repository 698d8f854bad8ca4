"""What becomes of a Teams function that fails for a reason of ours."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kizuna.errors import ApiError
from kizuna.http.deadlines import Overdue
from kizuna.teams.errors import internal_error
from kizuna.teams.functions import Function

log = logging.getLogger(__name__)


@contextmanager
def explained(function: Function) -> Iterator[None]:
    """Turn whatever is no refusal into "internal error occurred", and log it (T-025)."""
    try:
        yield
    except (ApiError, Overdue, asyncio.CancelledError):
        raise
    except Exception as error:
        log.exception("%s failed", function.name)
        raise internal_error() from error
