"""Runs the game's functions for its start and its end, in this process."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kizuna.runtime import apart
from kizuna.runtime.callbacks import CallbackContext
from kizuna.runtime.context import Surroundings
from kizuna.runtime.errors import StartupError, text_of
from kizuna.runtime.functions import SHUTDOWN, STARTUP, CallbackFunction, Functions
from kizuna.runtime.modules import without_server

log = logging.getLogger(__name__)

#: Seconds that the functions for the end have altogether, where the settings grant none.
GRACE = 5.0

#: Seconds between two lines in the log about a function for the start that does not end.
_TELL_EVERY = 10.0


class Lifecycle:
    """Starts and ends games. `grace` is what the functions for the end have together, in seconds."""

    def __init__(self, surroundings: Surroundings, grace: float) -> None:
        self._surroundings = surroundings
        self.grace = grace or GRACE

    async def start(self, functions: Functions) -> None:
        """Run the functions for the start one after another, however long they take: the log tells of that.

        `StartupError` for the first that fails; those behind it are not run.
        """
        for function in functions.handlers.get(STARTUP, ()):
            async with _told(function):
                await self._start(function)

    async def end(self, functions: Functions) -> None:
        """Run the functions for the end one after another, what was registered last first.

        Each has an equal share of the time that is left, and is cut short then. Failures are logged. Never
        fails.
        """
        clock = asyncio.get_running_loop().time
        end = clock() + self.grace
        ending = list(reversed(functions.handlers.get(SHUTDOWN, ())))
        while ending and (left := end - clock()) > 0:
            share = left / len(ending)
            function = ending.pop(0)
            await self._end(function, share)
        if ending:
            names = ", ".join(function.place for function in ending)
            log.error("The %g s for the end of the game are over, these did not run: %s.", self.grace, names)

    async def _start(self, function: CallbackFunction) -> None:
        ctx = CallbackContext(self._surroundings, STARTUP)
        error = await apart.outcome(lambda: function.call(ctx), f"the startup function {function.place}")
        if error is not None:
            raise StartupError(function.file, _report(error)) from None

    async def _end(self, function: CallbackFunction, seconds: float) -> None:
        ctx = CallbackContext(self._surroundings, SHUTDOWN)
        name = f"the shutdown function {function.place}"
        error = await apart.outcome(lambda: function.call(ctx), name, seconds)
        if isinstance(error, apart.TookTooLong):
            log.error("The shutdown function %s was cut short after %.3g s.", function.place, seconds)
        elif error is not None:
            text = "The shutdown function %s failed: %s"
            ctx.logger.error(text, function.place, text_of(error), exc_info=error)


@asynccontextmanager
async def _told(function: CallbackFunction) -> AsyncIterator[None]:
    """Tells the log every now and then that a function still runs."""
    telling = asyncio.create_task(_tell(function))
    try:
        yield
    finally:
        telling.cancel()


async def _tell(function: CallbackFunction) -> None:
    seconds = 0.0
    while True:
        await asyncio.sleep(_TELL_EVERY)
        seconds += _TELL_EVERY
        log.warning("The server waits for the startup function %s, for %g s now.", function.place, seconds)


def _report(error: BaseException) -> str:
    """The traceback, less the server's own part in it."""
    report = traceback.TracebackException.from_exception(error)
    report.stack = without_server(report.stack)
    return "".join(report.format()).rstrip()
