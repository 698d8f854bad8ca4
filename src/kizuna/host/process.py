"""Runs a `Server` in this process: its event loop, its signals, and what makes it stop."""

import asyncio
import contextlib
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from kizuna import cancellation
from kizuna.host.errors import HostError
from kizuna.host.server import Application, Server
from kizuna.settings import Settings

log = logging.getLogger(__name__)

#: Makes the application, from the settings and, by name, `database_url`, `single_process` and `reload`.
Factory = Callable[..., Application]

#: What SIGHUP does; it is given what ends the server.
OnHangup = Callable[[Callable[[], None]], None]

#: Time between questions whether the outside world still allows to go on. Seconds.
WATCH_PERIOD = 0.25

#: Open files that are enough for every game, where the system sets no limit.
_MOST_FILES = 1 << 20


class Leftovers:
    """Game code that does not end, in tasks or threads. It would keep the whole process from ending."""

    def __init__(self) -> None:
        self._names: list[str] = []

    async def clear_away(self) -> None:
        """End whatever still runs in this loop, as far as it lets itself be ended."""
        loop, own = asyncio.get_running_loop(), asyncio.current_task()
        left = await cancellation.end([task for task in asyncio.all_tasks() if task is not own])
        self._names += [cancellation.described(task) for task in left]
        if not left:
            await self._finish(loop.shutdown_asyncgens(), "an asynchronous generator")
            await self._finish(loop.shutdown_default_executor(), "a thread")

    async def _finish(self, end: Coroutine[Any, Any, None], name: str) -> None:
        _, left = await asyncio.wait({asyncio.create_task(end)}, timeout=cancellation.PATIENCE)
        self._names += [name] * len(left)

    def __bool__(self) -> bool:
        return bool(self._names)

    def leave(self, status: int) -> int:
        """The exit status, if the process can end in the ordinary way; otherwise it ends here and now.

        To be called when everything else is closed.
        """
        if not self._names:
            return status
        log.error("The process ends by force, game code goes on: %s.", ", ".join(self._names))
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def load_factory(where: str | Factory) -> Factory:
    """A factory by its place, "package.module:name"; a factory itself passes through."""
    if not isinstance(where, str):
        return where
    module, _, name = where.partition(":")
    factory: Factory = getattr(importlib.import_module(module), name)
    return factory


def run(
    make_application: Callable[[], Application],
    listener: socket.socket,
    settings: Settings,
    *,
    owns_listener: bool,
    on_ready: Callable[[], None],
    leftovers: Leftovers,
    failure: Callable[[], str | None] = lambda: None,
    on_hangup: OnHangup | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way; a second SIGINT ends at once.

    So does a second SIGTERM during the start-up. `failure` is asked regularly whether there is a reason to
    give up; its sentence is raised as HostError. What the application raises in its start-up passes through.
    `leftovers` are told of what does not end. `on_hangup` is called for each SIGHUP.
    """
    _allow_many_files()
    runner = asyncio.Runner(loop_factory=_loop_factory())
    try:
        runner.run(_main(make_application, listener, settings, owns_listener, on_ready, failure, on_hangup))
    finally:
        runner.run(leftovers.clear_away())
        if not leftovers:  # it would wait for them
            runner.close()


def _allow_many_files() -> None:
    """Raise the limit on open files as far as this process may. Each connection is one, also those to other
    companies, and systems begin with 1024 for the sake of programs that are older than this one.
    """
    if sys.platform == "win32":
        return
    import resource

    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if most == resource.RLIM_INFINITY else min(most, _MOST_FILES)
    if now == resource.RLIM_INFINITY or now >= wanted:
        return
    with contextlib.suppress(ValueError, OSError):  # it is a service to the operator, no condition
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _main(
    make_application: Callable[[], Application],
    listener: socket.socket,
    settings: Settings,
    owns_listener: bool,
    on_ready: Callable[[], None],
    failure: Callable[[], str | None],
    on_hangup: OnHangup | None,
) -> None:
    server = Server(make_application(), listener, settings, owns_listener=owns_listener)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, server.stop)
    loop.add_signal_handler(signal.SIGINT, server.stop_or_hurry)
    if on_hangup is not None:
        loop.add_signal_handler(signal.SIGHUP, on_hangup, server.stop)
    serving = loop.create_task(server.run(on_ready))
    reason = await _first_failure(serving, failure)
    if reason:
        server.abandon()
    await serving
    if reason:
        raise HostError(reason)


async def _first_failure(serving: asyncio.Task[Any], failure: Callable[[], str | None]) -> str | None:
    """What `failure` says first; None when the serving ends before that."""
    while not serving.done():
        if reason := failure():
            return reason
        await asyncio.wait([serving], timeout=WATCH_PERIOD)
    return None
