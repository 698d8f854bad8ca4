"""Runs game code: loads it, calls it, reloads it."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import kizuna
from kizuna.caller import Caller
from kizuna.http.deadlines import Deadlines, Overdue
from kizuna.runtime import modules
from kizuna.runtime.callbacks import BoardCallbacks
from kizuna.runtime.context import Context, Origin, Surroundings
from kizuna.runtime.errors import CallFailed, ModuleLoadError, failure, is_end_of_task, overdue
from kizuna.runtime.functions import InvalidResult, RpcFunction
from kizuna.runtime.modules import Game
from kizuna.runtime.nakama import Nakama, Services
from kizuna.settings import Runtime as RuntimeSettings

log = logging.getLogger(__name__)

#: Seconds between two looks at the files, in development.
_LOOK_EVERY = 0.5


class Runtime:
    """The game's functions. `start` loads them; with `reload` a change of their files loads them anew."""

    def __init__(
        self,
        settings: RuntimeSettings,
        services: Services,
        *,
        node: str,
        reload: bool = False,
        look_every: float = _LOOK_EVERY,
    ) -> None:
        self._folders = [Path(folder).absolute() for folder in settings.modules]
        self._deadlines = Deadlines(settings.call_timeout_ms / 1000)
        self._surroundings = Surroundings(
            Nakama(services), MappingProxyType(dict(settings.env)), node, kizuna.__version__
        )
        self._reload = reload
        self._look_every = look_every
        self._game = Game()
        self._previous = Game()
        #: The game's functions for resets and ends, as the scheduler calls them.
        self.callbacks = BoardCallbacks(
            lambda: self._game.functions.callbacks, self._surroundings, self._deadlines, services
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Load the modules. `ModuleLoadError` if one cannot be."""
        before = modules.snapshot(self._folders) if self._reload else {}
        self._game = modules.load(self._folders)
        if self._folders:
            log.info("Loaded game code: %s", self._game.functions)
        self._tasks.append(asyncio.create_task(self._deadlines.sweep()))
        if self._reload:
            self._tasks.append(asyncio.create_task(self._watch(before)))

    async def stop(self) -> None:
        """Stop watching, and let go of the modules."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._previous.forget()
        self._game.forget()

    def rpc(self, id: str) -> RpcFunction | None:
        """The function with this id, in any case."""
        rpcs = self._game.functions.rpcs
        return rpcs.get(id) or rpcs.get(id.lower())

    async def call(self, function: RpcFunction, caller: Caller | None, origin: Origin, payload: str) -> str:
        """What a function answers. `CallFailed` when it does not; the log has the reason.

        Nothing that game code raises passes, except the end of the request itself.
        """
        ctx = Context(self._surroundings, function.id, caller, origin)
        try:
            with self._deadlines:
                return function.encode(await function.call(ctx, function.decode(payload)))
        except CallFailed:
            raise
        except BaseException as error:
            if is_end_of_task(error):
                raise
            failed = overdue() if isinstance(error, Overdue) else failure(error)
            _log(ctx, failed, error)
            raise failed from error

    async def _watch(self, known: dict[Path, tuple[int, int]]) -> None:
        while True:
            await asyncio.sleep(self._look_every)
            present = await asyncio.to_thread(modules.snapshot, self._folders)
            if present != known:
                known = present
                self._load_anew()

    def _load_anew(self) -> None:
        """Swap in the game as its files are now, or keep the old one.

        Calls that are running finish on the code they began with.
        """
        try:
            game = modules.load(self._folders)
        except ModuleLoadError as error:
            log.error("%s\nThe game code from before stays in place.", error)
            return
        self._previous.forget()
        self._previous, self._game = self._game, game
        log.info("Reloaded game code: %s", game.functions)


def _log(ctx: Context, failed: CallFailed, error: BaseException) -> None:
    level = logging.DEBUG if failed.deliberate else logging.ERROR
    text = "RPC %s (trace %s) failed with code %d: %s"
    call = (ctx.function_id, ctx.trace_id, failed.code)
    if isinstance(error, InvalidResult):  # its traceback would show this server's code, none of the game's
        ctx.logger.log(level, text, *call, error.advice)
    else:
        ctx.logger.log(level, text, *call, failed.message, exc_info=error)
