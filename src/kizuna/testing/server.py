"""The server under test: what `kizuna serve` runs, behind a port of this machine, in this process."""

import gc
import logging
import socket
from asyncio import FIRST_COMPLETED, Event, Task, create_task, wait
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import httpx

from kizuna.app import Application
from kizuna.host import listener as listening
from kizuna.host import teams
from kizuna.host.server import Server as Host
from kizuna.host.server import shutdown_most
from kizuna.runtime import ModuleLoadError, Nakama
from kizuna.settings import Settings
from kizuna.teams.config.loading import read_checked
from kizuna.testing import idle
from kizuna.testing.clock import MovableClock
from kizuna.testing.databases import Databases
from kizuna.testing.loop import LoopThread
from kizuna.testing.players import Caller, Player, basic, sign_in

T = TypeVar("T")

#: What pytest shows of an error begins where the test, the game or the server is concerned.
__tracebackhide__ = True

#: Seconds that an answer may take: longer than the server lets game code run.
_TIMEOUT = 30.0

#: Seconds that the end of a server may take besides that of the application.
_STOP_WITHIN = 3.0


class Server:
    """A server. `url` is its address for clients of the test's own, `clock` is its time."""

    def __init__(self, settings: Settings, database_url: str, clock: MovableClock) -> None:
        self.settings = settings
        self.database_url = database_url
        self.clock = clock
        self._stack = ExitStack()
        self._client = ExitStack()
        self._port = 0
        self._players = 0

    def player(self, username: str = "") -> Player:
        """A player who is signed in: the one with this name, or a new one."""
        if not username:
            self._players += 1
            username = f"player-{self._players}"
        return sign_in(self._http, self.settings.socket.server_key, username)

    def rpc(self, id: str, payload: Any = None) -> Any:
        """What a function answers to the studio's other servers, by the HTTP key; see `Player.rpc`."""
        return Caller(self._http, basic(self.settings.runtime.http_key)).rpc(id, payload)

    @property
    def nk(self) -> Nakama:
        """The server API, for `run`: `server.run(server.nk.account_get(player.id))`."""
        return self._application.runtime.nk

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine that runs where the server runs. Raises what it raises."""
        return self._loop.run(work)

    def settle(self, within: float = 10.0) -> None:
        """Wait until the server has done everything that is due by its clock.

        That is resets and ends of leaderboards and tournaments, the game's functions for them and for deleted
        accounts, and the events that wait. A function that failed is called again later, as the log says.
        TimeoutError if it takes longer than `within` seconds.
        """
        self.run(idle.settle(self._application, self.clock, within))

    # Its beginning and its end

    def start(self) -> None:
        """Begin to serve. Raises what makes that impossible, `ModuleLoadError` for game code."""
        try:
            self._start()
        except ModuleLoadError as error:
            self._stack.close()
            # The message has the traceback of the game; that of the server would only hide it.
            raise error.with_traceback(None) from None
        except BaseException:
            self._stack.close()
            raise

    def stop(self) -> None:
        """End, without waiting for requests under way; the game's shutdown functions have run then."""
        self._stack.close()

    def restart(self) -> None:
        """Stop, and start again with the game's files as they are now.

        Database, clock and address are the same, and players go on as they are. Raises what `start` raises.
        """
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._client.close()

    def _start(self) -> None:
        self._stack.enter_context(_logging(self.settings.logger.level))
        self._loop = self._stack.enter_context(LoopThread("kizuna-server"))
        listener = listening.bind("127.0.0.1", self._port)
        self._stack.callback(listener.close)
        self._serving: Task[None] | None = None
        self._publish_teams()
        stop_within = shutdown_most(self.settings) + _STOP_WITHIN
        self._stack.callback(lambda: self._loop.run(self._end(), stop_within))
        self._loop.run(self._begin(listener))
        if not self._port:
            self._connect(*listener.getsockname())

    def _publish_teams(self) -> None:
        """Store the Teams configuration, as whoever starts a server does."""
        if self.settings.teams.config is not None:
            content, _ = read_checked(self.settings.teams.config)
            self._loop.run(teams.put(self.database_url, content))

    def _connect(self, host: str, port: int) -> None:
        """Make the client that the players share, for as long as there is this server."""
        self._port = port
        self.url = f"http://{host}:{port}"
        # No certificates: loading them takes longer than a whole test.
        client = httpx.Client(base_url=self.url, timeout=_TIMEOUT, trust_env=False, verify=False)
        self._http = self._client.enter_context(client)

    async def _begin(self, listener: socket.socket) -> None:
        self._application = Application(self.settings, database_url=self.database_url, clock=self.clock)
        self._host = Host(self._application, listener, self.settings, owns_listener=True)
        ready = Event()
        waiting = create_task(ready.wait())
        with _own_memory():
            self._serving = create_task(self._host.run(ready.set))
            await wait((self._serving, waiting), return_when=FIRST_COMPLETED)
        if self._serving.done():
            waiting.cancel()
            await self._application.shutdown()
            self._serving.result()

    async def _end(self) -> None:
        if self._serving is not None and not self._serving.done():
            self._host.abandon()
            await self._serving


class Servers:
    """Starts servers, each on a database of its own, and ends them together.

    `options` makes the settings out of those that a test names.
    """

    def __init__(self, databases: Databases, options: Callable[[Mapping[str, Any]], Settings]) -> None:
        self._databases = databases
        self._options = options
        self._stack = ExitStack()

    def __call__(
        self, settings: Mapping[str, Any] | None = None, clock: MovableClock | None = None
    ) -> Server:
        """A new server. `settings` maps dotted keys to values, as in `{"session.single_session": True}`."""
        options = self._options(settings or {})
        database_url = self._databases.new()
        self._stack.callback(self._databases.drop, database_url)
        server = Server(options, database_url, clock or MovableClock())
        self._stack.callback(server.close)
        server.start()
        return server

    def stop(self) -> None:
        """End all of them, and drop their databases."""
        self._stack.close()


@contextmanager
def _own_memory() -> Iterator[None]:
    """Keep a server, which takes the process for its own when it starts, from what the tests have made.

    It collects garbage, which takes long with so much around it, and exempts the rest from that for ever.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _logging(level: str) -> Iterator[None]:
    """Let the game's loggers say what the settings want, to whoever listens: pytest's `caplog`, for one."""
    game = logging.getLogger("game")
    before = game.level
    game.setLevel(level.upper())
    try:
        yield
    finally:
        game.setLevel(before)
