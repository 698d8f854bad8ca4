"""HTTP/1.1 connections: uvicorn's, with the limits of a server that strangers talk to.

Beyond what uvicorn does, a connection here
- refuses a request line and headers that are too long (431),
- ends a request that has not arrived in time (408), and an answer that is not taken in time,
- finishes the request it is answering when what the client sends next makes no sense,
- lets no reset overtake an answer that is given before the whole request has arrived,
- can be told that the server is about to end, and then finishes what it has begun.

There are no timers: whoever owns the connections calls `GameProtocol.sweep` now and then. A request pays for
its limits with a few assignments and two readings of the loop's clock.
"""

import array
import asyncio
import fcntl
import termios
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from kizuna.host.cycle import AnswerCycle
from kizuna.settings import Socket

#: What arrives at once is looked at in slices of this many bytes.
SLICE = 4096

#: Requests that a client may send ahead before the rest has to wait, and how many bytes of it.
MOST_AHEAD = 16
MOST_HELD = 1024 * 1024

#: How long a connection stays half open after a refusal, so that the client can read it. Seconds.
LINGER = 1.0

#: How long a client that has just connected may take to say something while the server ends. Seconds.
FIRST_BYTES = 1.0

#: Headers that tell of a body.
_FRAMING = frozenset((b"content-length", b"transfer-encoding"))

Phase = Literal["head", "body", "answer", "idle", "last", "end"]


@dataclass(slots=True)
class Limits:
    """What clients have to keep to, in bytes and seconds, and whether the server is about to end."""

    head: int
    read: float
    write: float
    idle: float
    closing: bool = False

    @classmethod
    def of(cls, socket: Socket) -> "Limits":
        """As the settings say."""
        return cls(
            head=socket.header_limit,
            read=socket.read_timeout_ms / 1000,
            write=socket.write_timeout_ms / 1000,
            idle=socket.idle_timeout_ms / 1000,
        )


class GameProtocol(HttpToolsProtocol):
    """One connection of a client.

    `phase` tells what comes next: the "head" or the "body" of a request, the application's "answer", a new
    request after an "idle" time, the "last" answer (input is no longer read), or, after a refusal, the "end".
    `since` is the loop's time at which the request, the idle time or the end began.
    """

    def __init__(
        self, config: Config, state: ServerState, loop: asyncio.AbstractEventLoop, limits: Limits
    ) -> None:
        super().__init__(config, state, {}, loop)
        self.limits = limits
        self.phase: Phase = "head"
        self.since = loop.time()
        self.head_bytes = 0  # received of a head that is not complete
        self.head_tail = b""  # its last bytes
        self.loose_bytes = 0  # received of a body since it last gave content: chunk sizes, trailers
        self.held = b""  # received behind many requests sent ahead, and not looked at yet
        self.severed = False  # the parser takes a request's body for another protocol
        self.rejoining = False  # the parser is told of the body again
        self.unsent_since: float | None = None
        self.answering: RequestResponseCycle | None = None  # known only when requests are sent ahead

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _Flow(self, transport)

    # What comes from the client

    def data_received(self, data: bytes) -> None:
        if self.held:
            self.flow.pause_reading()
            self.held += data
            if len(self.held) > MOST_HELD:
                self.transport.abort()
        elif len(data) <= SLICE:
            if rest := self._parse(data):
                self._take(rest)
        else:
            self._take_slices(data)

    def _take_slices(self, data: bytes) -> None:
        """Take what is long bit by bit, and hold back what is behind too many requests sent ahead."""
        position = 0
        while position < len(data) and self.phase != "end" and not self.transport.is_closing():
            if len(self.pipeline) >= MOST_AHEAD:
                self.flow.pause_reading()
                self.held = data[position:]
                return
            self._take(data[position : position + SLICE])
            position += SLICE

    def _take(self, data: bytes) -> None:
        while data:
            data = self._parse(data)

    def _parse(self, data: bytes) -> bytes:
        """Parse what has arrived; what is left of it behind a request for another protocol."""
        if self.phase == "body":
            if self.loose_bytes > self.limits.head:
                self._refuse_malformed()
                return b""
            self.loose_bytes += len(data)
        elif self.phase == "last" or self.phase == "end":
            return b""
        else:
            self.head_bytes += len(data)
            if self.head_bytes > self.limits.head and self._head_is_too_long(data):
                self._refuse(431, "431 Request Header Fields Too Large")
                return b""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._after_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse_malformed()
            return b""
        if self.phase == "body":
            self.cycle.transport = _LingeringTransport(self)  # type: ignore[assignment]
        elif self.phase == "head":
            self.head_tail = (self.head_tail + data if self.head_bytes > len(data) else data)[-3:]
        return b""

    def _head_is_too_long(self, data: bytes) -> bool:
        """Whether the head that is arriving, blank line included, is over the limit; `data` came last.

        A head that was sent ahead, behind another request in one packet, is measured from the next packet on.
        """
        before = self.head_bytes - len(data)
        known = self.head_tail + data if before else data.lstrip(b"\r\n")
        end = known.find(b"\r\n\r\n")
        return end < 0 or before + end + 4 - (len(known) - len(data)) > self.limits.head

    def _after_upgrade(self, rest: bytes) -> bytes:
        """A request asked for another protocol. Only WebSocket is known; any other wish is left unheard."""
        if self._should_upgrade():
            self.handle_websocket_upgrade()
            return b""
        if self.severed:
            self._rejoin()
        return rest

    def _rejoin(self) -> None:
        """Tell the parser that the body of the request follows: it expects none once upgrade is asked for."""
        framing = b"".join(b"%b: %b\r\n" % header for header in self.headers if header[0] in _FRAMING)
        self.headers = []  # the request keeps the list it has
        self.severed, self.rejoining = False, True
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + b"\r\n")
        self.rejoining = False
        if self.phase == "body":
            self.cycle.transport = _LingeringTransport(self)  # type: ignore[assignment]

    def on_message_begin(self) -> None:
        if self.rejoining:
            return
        self.phase = "head"
        self.since = self.loop.time()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self.rejoining:
            return
        self._complete_scope()
        previous, self.cycle = self.cycle, self._new_cycle()
        if previous is None or previous.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))
            if len(self.pipeline) == 1:
                self.answering = previous
        self.phase = "body"
        self.head_bytes = self.loose_bytes = 0
        self.severed = self.parser.should_upgrade() and any(name in _FRAMING for name, _ in self.headers)

    def _complete_scope(self) -> None:
        """Add what the request line says. A target that is none raises: the request is malformed."""
        scope, url = self.scope, self.url
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = self.parser.get_http_version()
        if url.startswith(b"/") and b"#" not in url:
            raw_path, _, query = url.partition(b"?")
        else:  # a whole URL, as proxies are asked
            parsed = httptools.parse_url(url)
            raw_path, query = parsed.path, parsed.query or b""
        path = raw_path.decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = raw_path
        scope["query_string"] = query

    def _new_cycle(self) -> AnswerCycle:
        lasting = self.scope["http_version"] != "1.0" and self.parser.should_keep_alive()
        return AnswerCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=lasting and not self.limits.closing,
            on_response=self.on_response_complete,
        )

    def on_body(self, body: bytes) -> None:
        self.loose_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.severed:
            return
        cycle = self.cycle
        self.phase = "idle" if cycle is not None and cycle.response_complete else "answer"
        super().on_message_complete()

    # What goes to the client

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing() or self.phase == "end":
            return
        self.since = self.loop.time()
        if not self.held:
            self.flow.resume_reading()
        if self.pipeline:
            self.answering, app = self.pipeline.pop()
            self._start_asgi_task(self.answering, app)
        elif self.phase == "answer":
            self.phase = "idle"
        if self.held and not self.pipeline:
            self.loop.call_soon(self._take_held)

    def _take_held(self) -> None:
        held, self.held = self.held, b""
        self.flow.resume_reading()
        self._take_slices(held)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)  # tells the newest request
        if self.answering is not None:
            self.answering.disconnected = True
            self.answering.message_event.set()

    def _refuse_malformed(self) -> None:
        self._refuse(400, "Invalid HTTP request received.")

    def _refuse(self, status: int, text: str) -> None:
        """Answer what cannot be handed to the application, then hang up."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:  # an earlier request is still being answered: it keeps its answer
                cycle.keep_alive = False
                self.phase = "last"
                return
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started or self.pipeline:
                self.transport.close()
                return
        elif self.phase == "body":  # answered before its body had arrived
            self.transport.close()
            return
        self.transport.write(self._plain_answer(status, text))
        self.linger()

    def _plain_answer(self, status: int, text: str) -> bytes:
        headers = (
            *self.server_state.default_headers,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(text)),
            (b"connection", b"close"),
        )
        lines = b"".join(b"%s: %s\r\n" % header for header in headers)
        return STATUS_LINE[status] + lines + b"\r\n" + text.encode()

    def linger(self) -> None:
        """Hang up, but go on reading for a while.

        Closing a socket with unread input resets it, and the reset destroys answers on their way.
        """
        self.phase = "end"
        self.since = self.loop.time()
        self.flow.resume_reading()
        if not self.transport.is_closing():
            self.transport.write_eof()

    # Time

    def sweep(self, now: float) -> None:
        """End what takes too long; `now` is the loop's time."""
        if self._is_stuck_sending(now):
            self.transport.abort()
        elif self.transport.is_closing() or self.flow.read_paused:
            return
        elif self.phase == "head" or self.phase == "body":
            if now - self.since > self.limits.read:
                self._time_out()
        elif self.phase == "idle":
            if now - self.since > self.limits.idle:
                self.transport.close()
        elif self.phase == "end" and now - self.since > LINGER:
            self.transport.close()

    def _is_stuck_sending(self, now: float) -> bool:
        if not self.transport.get_write_buffer_size():
            self.unsent_since = None
            return False
        if self.unsent_since is None:
            self.unsent_since = now
        return now - self.unsent_since > self.limits.write

    def _time_out(self) -> None:
        if self.phase == "head" and not self.head_bytes:  # connected, and not a word since
            self.transport.close()
        else:
            self._refuse(408, "408 Request Timeout")

    # The end of the server

    def announce_end(self) -> None:
        """The answer that comes next tells the client to use another connection, if it still can."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_started:
            cycle.keep_alive = False

    def finish(self, now: float) -> None:
        """Close the connection, unless a request or an answer is under way; those close it when they end."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        elif self._is_quiet(now) and not self._has_unread_input():
            self.transport.close()

    def _is_quiet(self, now: float) -> bool:
        newcomer = self.phase == "head" and not self.head_bytes and self.cycle is None
        return self.phase == "idle" or (newcomer and now - self.since > FIRST_BYTES)

    def _has_unread_input(self) -> bool:
        waiting = array.array("i", [0])
        fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.FIONREAD, waiting)
        return bool(waiting[0])


class _Flow(FlowControl):
    """Does not resume reading, whoever asks for it, while there are bytes that wait to be looked at."""

    def __init__(self, protocol: GameProtocol, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self._protocol = protocol

    def resume_reading(self) -> None:
        if not self._protocol.held:
            super().resume_reading()


class _LingeringTransport:
    """The transport of an answer that may be complete before its request has fully arrived."""

    def __init__(self, protocol: GameProtocol) -> None:
        self._protocol = protocol
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing

    def close(self) -> None:
        if self._protocol.phase == "body":
            self._protocol.linger()
        else:
            self._protocol.transport.close()
