"""Runs game code: loads it, calls it, reloads it."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import kizuna
from kizuna import cancellation
from kizuna.caller import Caller
from kizuna.cancellation import is_end_of_task, keep_running
from kizuna.events.service import Event
from kizuna.http.deadlines import Deadlines, Overdue
from kizuna.runtime import modules
from kizuna.runtime.callbacks import BoardCallbacks
from kizuna.runtime.context import Context, Origin, Surroundings
from kizuna.runtime.deletions import DeletionListener
from kizuna.runtime.errors import TOO_LONG, CallFailed, ModuleLoadError, ended, failure, overdue
from kizuna.runtime.events import EventContext, EventHandlers
from kizuna.runtime.functions import EVENT, TEAM_EVENT, Functions, InvalidResult, RpcFunction
from kizuna.runtime.hooks import GameHooks
from kizuna.runtime.lifecycle import Lifecycle
from kizuna.runtime.modules import Game
from kizuna.runtime.nakama import Nakama, Services
from kizuna.runtime.notices import NoticeListener
from kizuna.runtime.team_data import TeamEvent
from kizuna.runtime.teams import TeamContext, TeamFunctions
from kizuna.settings import Runtime as RuntimeSettings

log = logging.getLogger(__name__)

#: Seconds between two looks at the files, in development.
_LOOK_EVERY = 0.5

#: The longest wait, in seconds, for calls of a game that is no longer the present one, before it is ended.
_SETTLE_MOST = 60.0


class Runtime:
    """The game's functions. `start` loads them; with `reload` a change of their files loads them anew.

    `grace` is what the game's functions for the end of the server have together, in seconds; 0 is a default.
    """

    def __init__(
        self,
        settings: RuntimeSettings,
        services: Services,
        *,
        node: str,
        grace: float = 0,
        reload: bool = False,
        look_every: float = _LOOK_EVERY,
    ) -> None:
        self._folders = [Path(folder).absolute() for folder in settings.modules]
        self._deadlines = Deadlines(settings.call_timeout_ms / 1000)
        surroundings = Surroundings(
            Nakama(services),
            MappingProxyType(dict(settings.env)),
            node,
            kizuna.__version__,
            services.clock,
        )
        self._surroundings = surroundings
        self._services = services
        #: The server API, as the game's functions have it.
        self.nk = surroundings.nk
        #: Names of the operations that are served, None for all. The log warns of hooks around others.
        self.served: Collection[str] | None = None
        self._lifecycle = Lifecycle(surroundings, grace)
        self._reload = reload
        self._look_every = look_every
        self._game = Game()
        self._previous = Game()
        self._tasks: list[asyncio.Task[None]] = []
        self._loading: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._started = asyncio.Event()
        self._stopping = asyncio.Event()

        #: The game's functions before and after operations, as the dispatcher calls them.
        self.hooks = GameHooks(lambda: self._game.functions.hooks, surroundings, self._deadlines, services)
        #: Its functions for events, as the queue of events calls them.
        self.events = EventHandlers[Event](
            EVENT,
            lambda: self._game.functions.handlers,
            lambda event, sender: EventContext(surroundings, event.name, sender),
            lambda event: replace(event, properties=dict(event.properties)),
            self._deadlines,
            self._started,
        )
        #: Its functions for resets and ends, as the scheduler calls them.
        self.callbacks = BoardCallbacks(
            lambda: self._game.functions.callbacks, surroundings, self._deadlines, services
        )
        #: Its function for deleted accounts, as accounts call it.
        self.deletions = DeletionListener(
            lambda: self._game.functions.callbacks, surroundings, self._deadlines
        )
        #: Its functions for notifications of stores, as purchases call them.
        self.notices = NoticeListener(lambda: self._game.functions.callbacks, surroundings, self._deadlines)
        #: Its functions that decide about teams, as Teams call them.
        self.teams = TeamFunctions(lambda: self._game.functions, surroundings, self._deadlines)
        #: Its functions for events of teams, as the queue of these calls them.
        self.team_events = EventHandlers[TeamEvent](
            TEAM_EVENT,
            lambda: self._game.functions.handlers,
            lambda event, _: TeamContext(surroundings, TEAM_EVENT, event=event.name),
            lambda event: replace(event, metadata=dict(event.metadata)),
            self._deadlines,
            self._started,
        )

    async def start(self) -> None:
        """Load the modules and start the game. `ModuleLoadError` if one cannot be, or does not start."""
        before = modules.snapshot(self._folders) if self._reload else {}
        self._game = modules.load(self._folders)
        if self._folders:
            log.info("Loaded game code: %s", self._game.functions)
            self._warn_of_uncalled()
        await self._start_or_forget(self._game)
        self._started.set()
        self._tasks.append(asyncio.create_task(self._deadlines.sweep()))
        if self._reload:
            self._tasks.append(asyncio.create_task(self._watch(before)))

    async def stop(self) -> None:
        """Stop watching, end the game and let go of its modules. None of its functions runs any more."""
        self._stopping.set()
        watching = [*self._tasks, self._loading] if self._loading is not None else self._tasks
        await cancellation.end(watching)
        if self._started.is_set():
            await self._lifecycle.end(self._game.functions)
        if self._ending:
            await asyncio.wait(self._ending, timeout=self._lifecycle.grace)
        await cancellation.end(tuple(self._ending))
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
        finally:
            await keep_running()

    async def _watch(self, known: dict[Path, tuple[int, int]]) -> None:
        while True:
            await asyncio.sleep(self._look_every)
            try:
                known = await self._look(known)
            except Exception:
                log.exception("The files of the game cannot be looked at; it is tried again.")

    async def _look(self, known: dict[Path, tuple[int, int]]) -> dict[Path, tuple[int, int]]:
        """Load the game anew if its files are no longer as they are known; how they are."""
        present = await asyncio.to_thread(modules.snapshot, self._folders)
        if present != known:
            if self._loading is not None:
                await cancellation.end([self._loading])  # it may wait for ever for a game that does not start
            self._loading = asyncio.create_task(self._load_anew(), name="loading the game anew")
        return present

    async def _load_anew(self) -> None:
        """Swap in the game as its files are now, once it has started, or keep the old one.

        Calls that are running finish on the code they began with; then the old game is ended.
        """
        try:
            game = modules.load(self._folders)
            await self._start_or_forget(game)
        except ModuleLoadError as error:
            log.error("%s\nThe game code from before stays in place.", error)
            return
        except BaseException as error:
            if is_end_of_task(error):
                raise
            log.exception("The game cannot be loaded. The game code from before stays in place.")
            return
        self._previous.forget()
        self._previous, self._game = self._game, game
        log.info("Reloaded game code: %s", game.functions)
        self._warn_of_uncalled()
        ending = asyncio.create_task(self._end(self._previous.functions), name="the end of the old game")
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    def _warn_of_uncalled(self) -> None:
        """Tell of functions of the game that nothing will ever call."""
        hooks = self._game.functions.hooks
        if self.served is not None and (unserved := sorted(set(hooks) - set(self.served))):
            names = ", ".join(hook.kind for name in unserved for hook in hooks[name])
            log.warning("These hooks are never called, for their operations are not served yet: %s.", names)
        kinds = self._game.functions.of_teams
        if kinds and not (self._services.teams and self._services.teams.is_configured):
            log.warning("These are never called, for teams.config is not set: %s.", ", ".join(kinds))

    async def _start_or_forget(self, game: Game) -> None:
        try:
            await self._lifecycle.start(game.functions)
        except BaseException:
            game.forget()
            raise

    async def _end(self, functions: Functions) -> None:
        """End a game of which no new call begins, after those that are running; they may never end."""
        waits = [asyncio.create_task(wait) for wait in (self._settled(), self._stopping.wait())]
        try:
            await asyncio.wait(waits, timeout=_SETTLE_MOST, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        await self._lifecycle.end(functions)

    async def _settled(self) -> None:
        await asyncio.gather(self._deadlines.settled(), self.hooks.settled())


def _log(ctx: Context, failed: CallFailed, error: BaseException) -> None:
    level = logging.DEBUG if failed.deliberate else logging.ERROR
    text = "RPC %s (trace %s) failed with code %d: %s"
    call = (ctx.function_id, ctx.trace_id, failed.code)
    if isinstance(error, InvalidResult):  # its traceback would show this server's code, none of the game's
        ctx.logger.log(level, text, *call, error.advice)
    elif isinstance(error, Overdue):
        ctx.logger.log(level, text, *call, TOO_LONG, exc_info=ended(error))
    else:
        ctx.logger.log(level, text, *call, failed.message, exc_info=error)
