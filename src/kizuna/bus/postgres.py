"""The bus over PostgreSQL's LISTEN and NOTIFY: nothing else to run, good for a few nodes."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import asyncpg

from kizuna.bus.interface import Handler, Reread
from kizuna.db.engine import Transaction
from kizuna.db.statements import Command

log = logging.getLogger(__name__)

CHANNEL = "kizuna"
NOTIFY = Command(
    "bus.notify",
    "Send a notice when the transaction commits.",
    f"select pg_notify('{CHANNEL}', $1)",
)

#: Seconds between two proofs that the listening connection lives, and how long one may take: together less
#: than the second within which every process must obey.
HEARTBEAT = 0.4
PATIENCE = 0.4

#: Seconds after which a connection is given up that gives no proof. One that is only slow has lost nothing.
_GIVE_UP = 10.0

#: Seconds between two attempts to connect: the first pause, doubled up to the longest.
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0


class PostgresBus:
    """A listening connection of its own, restored whenever it is lost."""

    alone = False

    def __init__(self, url: str) -> None:
        self._url = url
        self._handlers: dict[str, Handler] = {}
        self._rereads: list[Reread] = []
        self._arrived: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._pause = _FIRST_PAUSE
        self._first = asyncio.Event()
        self._lost = False
        self.connected = False

    def subscribe(self, topic: str, handler: Handler, *, on_reconnect: Reread) -> None:
        self._handlers[topic] = handler
        self._rereads.append(on_reconnect)

    async def announce(self, tx: Transaction, topic: str, text: str) -> None:
        await tx.write(NOTIFY, f"{topic} {text}")

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._stay_connected()), asyncio.create_task(self._deliver())]
        await self._first.wait()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:
                # Whatever it was: this task must go on, or no notice would ever arrive again.
                log.warning("no connection for notices: %s", error)
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    async def _listen(self) -> None:
        """Listen until the connection is lost, which raises."""
        connection: asyncpg.Connection[Any] = await asyncpg.connect(self._url, timeout=5)
        try:
            connection.add_termination_listener(self._on_loss)
            await connection.add_listener(CHANNEL, self._on_notice)
            # Whatever was announced before this moment is in the tables that are now read again.
            for reread in self._rereads:
                await reread()
            self._pause = _FIRST_PAUSE
            self._lost = connection.is_closed()
            while not self._lost:
                self.connected = True
                self._first.set()
                await asyncio.sleep(HEARTBEAT)
                await self._prove(connection)
        finally:
            self.connected = False
            connection.terminate()

    async def _prove(self, connection: "asyncpg.Connection[Any]") -> None:
        """Return when the connection has proved to live, and every notice before that has been obeyed."""
        proof = asyncio.create_task(connection.fetchval("select 1"))
        try:
            await asyncio.wait((proof,), timeout=PATIENCE)
            if not proof.done():
                self.connected = False
                async with asyncio.timeout(_GIVE_UP):
                    await proof
                    await self._arrived.join()
            await proof
        finally:
            proof.cancel()

    def _on_loss(self, connection: object) -> None:
        """Known at once where the other end says goodbye; a silent end is found by the heartbeat."""
        self.connected = False
        self._lost = True

    def _on_notice(self, connection: object, pid: int, channel: str, payload: object) -> None:
        self._arrived.put_nowait(str(payload))

    async def _deliver(self) -> None:
        while True:
            topic, _, text = (await self._arrived.get()).partition(" ")
            try:
                if (handler := self._handlers.get(topic)) is not None:
                    await handler(text)
            except Exception:
                log.exception("a notice about %s could not be obeyed", topic)
                # Its effect is missing here: make the connection start over, which reads everything again.
                self.connected = False
                self._lost = True
            finally:
                self._arrived.task_done()
