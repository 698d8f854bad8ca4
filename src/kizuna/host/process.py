"""Runs a `Server` in this process: its event loop, its signals, and what makes it stop."""

import asyncio
import importlib
import signal
import socket
from collections.abc import Callable
from typing import Any

from kizuna.host.errors import HostError
from kizuna.host.server import Application, Server
from kizuna.settings import Settings

#: Makes the application, from the settings and, by name, `database_url`, `single_process` and `reload`.
Factory = Callable[..., Application]

#: Time between questions whether the outside world still allows to go on. Seconds.
WATCH_PERIOD = 0.25


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
    failure: Callable[[], str | None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way; a second SIGINT ends at once.

    `failure` is asked regularly whether there is a reason to give up; its sentence is raised as HostError.
    What the application raises in its start-up passes through.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_main(make_application, listener, settings, owns_listener, on_ready, failure))


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
) -> None:
    server = Server(make_application(), listener, settings, owns_listener=owns_listener)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, server.stop)
    loop.add_signal_handler(signal.SIGINT, server.stop_or_hurry)
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
