"""What the log tells of a Teams function that fails, and what becomes of failures of ours."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kizuna.errors import ApiError
from kizuna.http.deadlines import Overdue
from kizuna.teams.errors import internal_error
from kizuna.teams.functions import Function
from kizuna.teams.protocol.fields import Unreadable

log = logging.getLogger(__name__)


@contextmanager
def explained(function: Function) -> Iterator[None]:
    """Turn every error that is no refusal into "internal error occurred", and log it (T-025).

    The log tells, too, what is wrong with a request that cannot be read, for the client is only told that.
    """
    try:
        yield
    except ApiError as refusal:
        if isinstance(refusal.__cause__, Unreadable):
            log.info("%s: %s", function.name, refusal.__cause__)
        raise
    except (Overdue, asyncio.CancelledError):
        raise
    except Exception as error:
        log.exception("%s failed", function.name)
        raise internal_error() from error
