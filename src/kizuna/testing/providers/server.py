"""`Providers`: all parts behind one port of this machine."""

import asyncio
import logging
import os
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from kizuna.clock import Clock, SystemClock
from kizuna.testing.loop import LoopThread
from kizuna.testing.providers import wire
from kizuna.testing.providers.app_store import AppStore
from kizuna.testing.providers.apple import Apple
from kizuna.testing.providers.facebook import Facebook
from kizuna.testing.providers.facebook_instant import FacebookInstant
from kizuna.testing.providers.faults import Fault, Faults
from kizuna.testing.providers.game_center import GameCenter
from kizuna.testing.providers.google import Google
from kizuna.testing.providers.google_play import GooglePlay
from kizuna.testing.providers.huawei import Huawei
from kizuna.testing.providers.index import Desk
from kizuna.testing.providers.instant_store import InstantStore
from kizuna.testing.providers.limited_login import LimitedLogin
from kizuna.testing.providers.part import Part, Request, Response, World
from kizuna.testing.providers.routing import Router
from kizuna.testing.providers.steam import Steam

log = logging.getLogger(__name__)

#: What the address of the fake is called in settings.
_OURS = ("127.0.0.1", "localhost")

#: How many requests are remembered.
_REMEMBERED = 10_000


@dataclass(frozen=True)
class Seen:
    """A request that came to the fake. `path` has its escapes; `raw_query` is the query as it was sent."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    raw_query: str = ""


class Providers:
    """The fake. `url` is its address; it serves from `start` to `stop`, or for a `with` block.

    No proxy that the environment names stands between it and this process, nor those that it starts later.

    `clock` is the time of what it signs, the machine's if there is none; `port` 0 stands for any that is
    free. After `stop` it can start again, at the same address.
    """

    def __init__(self, clock: Clock | None = None, port: int = 0) -> None:
        self._world = World(clock or SystemClock())
        self.apple = Apple(self._world)
        self.facebook = Facebook(self._world)
        self.limited_login = LimitedLogin(self._world)
        self.facebook_instant = FacebookInstant(self._world)
        self.game_center = GameCenter(self._world)
        self.google = Google(self._world)
        self.steam = Steam(self._world)
        self.app_store = AppStore(self._world)
        self.google_play = GooglePlay(self._world)
        self.huawei = Huawei(self._world)
        self.instant_store = InstantStore(self._world)
        self.parts: tuple[Part, ...] = (
            self.apple,
            self.facebook,
            self.limited_login,
            self.facebook_instant,
            self.game_center,
            self.google,
            self.steam,
            self.app_store,
            self.google_play,
            self.huawei,
            self.instant_store,
        )
        self.faults = Faults()
        #: What the parts were asked, in the order in which it came; of very many requests the latest.
        self.requests: list[Seen] = []
        self._router = Router(self.parts)
        offers = {
            f"/fake/{part.name}/{name}": offer for part in self.parts for name, offer in part.offers().items()
        }
        self._desk = Desk(offers, lambda: {**self.settings, **self._more_settings}, self._world)
        self._more_settings: Mapping[str, Any] = {}
        self._port = port
        self._running: ExitStack | None = None

    @property
    def clock(self) -> Clock:
        """The time of what is signed."""
        return self._world.clock

    @property
    def url(self) -> str:
        """The address, once it has started."""
        return self._world.url

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of kizuna, by dotted keys, with which a server believes all parts. Only once started."""
        return {key: value for part in self.parts for key, value in part.settings().items()}

    def serve(self, server: str, server_key: str, settings: Mapping[str, Any]) -> None:
        """Tell developers of the server that believes these fakes: its URL, its key, what else it has set.

        Notifications go there unless somebody says otherwise.
        """
        self._world.server = server
        self._world.server_key = server_key
        self._more_settings = settings

    def asked(self, path: str) -> list[Seen]:
        """The requests for one path."""
        return [seen for seen in self.requests if seen.path == path]

    def start(self) -> None:
        """Begin to serve. OSError if the port is taken."""
        with ExitStack() as stack:
            listener = stack.enter_context(_bound(self._port))
            self._port = listener.getsockname()[1]
            self._world.url = f"http://127.0.0.1:{self._port}"
            self._http = wire.HttpServer(self._serve)
            _pass_proxies_by()
            loop = stack.enter_context(LoopThread("kizuna-providers"))
            stack.callback(lambda: loop.run(self._http.stop()))
            loop.run(self._http.start(listener))
            self._running = stack.pop_all()

    def stop(self) -> None:
        """End, without waiting for requests under way."""
        if self._running is not None:
            running, self._running = self._running, None
            running.close()

    def __enter__(self) -> "Providers":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # One request

    async def _serve(self, scope: wire.Scope, receive: wire.Receive, send: wire.Send) -> None:
        path = scope["raw_path"].decode("ascii", "replace")
        raw_query = scope["query_string"].decode("ascii", "replace")
        seen = Seen(
            method=scope["method"],
            path=path,
            query=dict(parse_qsl(raw_query, keep_blank_values=True)),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body=await wire.read_body(receive),
            raw_query=raw_query,
        )
        if self._desk.is_asked(path):
            # Not in this loop: the server may ask us something before it takes what we tell it.
            response = await asyncio.to_thread(self._desk.answer, seen.method, path, seen.body)
            await wire.answer(send, response)
            return
        self.requests.append(seen)
        if len(self.requests) > _REMEMBERED:
            del self.requests[: _REMEMBERED // 2]
        await self._serve_part(seen, scope, receive, send)

    async def _serve_part(
        self, seen: Seen, scope: wire.Scope, receive: wire.Receive, send: wire.Send
    ) -> None:
        found = self._router.find(seen.method, seen.path)
        fault = self.faults.take(seen.path, *([found[0].path] if found else []))
        if fault is None:
            await wire.answer(send, self._answer(seen))
            return
        if fault.delay and not await wire.pause(fault.delay, receive):
            return  # nobody waits for it any more
        response = self._answer_at_fault(seen, fault)
        await wire.go_wrong(send, receive, response, fault, self._http.transport(scope))

    def _answer_at_fault(self, seen: Seen, fault: Fault) -> Response:
        return (fault.answer or Response()) if fault.replaces else self._answer(seen)

    def _answer(self, seen: Seen) -> Response:
        found = self._router.find(seen.method, seen.path)
        if found is None:
            return Response(404, b"Nothing here answers that.\n", "text/plain")
        route, params = found
        request = Request(seen.method, seen.path, dict(params), seen.query, seen.headers, seen.body)
        try:
            return route.handler(request)
        except Exception:
            log.exception("The fake of %s %s failed.", route.method, route.path)
            return Response(500, b"The fake itself has failed.\n", "text/plain")


def _pass_proxies_by() -> None:
    """Add this machine to what is reached without a proxy: one elsewhere would take it for itself."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        missing = [host for host in _OURS if host not in hosts]
        if missing and "*" not in hosts:
            os.environ[name] = ",".join(hosts + missing)


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener
