"""A database that is slow, locked or gone: whoever waits is answered, and its return is noticed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import pytest

from kizuna.db import engine
from kizuna.db.coalesce import KeyedWrites
from kizuna.db.engine import Database, Transaction
from kizuna.db.statements import Command, Query
from tests.support.waiting import wait_until_async

ONE = Query("test.one", "Nothing in particular.", "select 1 as one")
SLEEP = Query("test.sleep", "Take long.", "select pg_sleep(30)")
PID = Query("test.pid", "Who serves this connection.", "select pg_backend_pid() as pid")
LOCK = Query("test.lock", "Lock accounts.", "select 1 from users where id = any($1::uuid[]) for update")
HOLD = Query("test.hold", "Lock an account.", "select from users where id = $1 for no key update")
TOUCH = Command(
    "test.touch", "Write to accounts.", "update users set update_time = now() where id = any($1::uuid[])"
)
ADD = Command(
    "test.add", "An account.", "insert into users (id, username, create_time, update_time) "
    "values ($1::uuid, $1::text, now(), now()) on conflict do nothing"
)  # fmt: skip

FREE, LOCKED = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


class Wire:
    """Stands between a database and its client, and can fall silent without hanging up."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._passable = asyncio.Event()
        self._passable.set()
        self.holds = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        self._passable.clear()

    def mend(self) -> None:
        self._passable.set()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[str]:
        """The URL of the database through this wire."""
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        user, _, _ = self._target.netloc.rpartition("@")
        yield urlunsplit(self._target._replace(netloc=f"{user}@127.0.0.1:{port}", query=""))
        server.close()
        for task in self._tasks:
            task.cancel()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await self._connect()
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            self._tasks.add(asyncio.create_task(self._pass_on(source, sink)))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for part in self._target.query.split("&"):
            if part.startswith("host="):
                port = self._target.port or 5432
                return await asyncio.open_unix_connection(f"{part[5:].replace('%2F', '/')}/.s.PGSQL.{port}")
        return await asyncio.open_connection(self._target.hostname, self._target.port)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                if not self._passable.is_set():
                    self.holds.set()
                await self._passable.wait()
                sink.write(data)
                await sink.drain()
        sink.close()


@asynccontextmanager
async def connected(url: str, *, patience: float = 10, pool_size: int = 2) -> AsyncIterator[Database]:
    database = Database(url, pool_size=pool_size, timeout=patience)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def locked(database: Database) -> AsyncIterator[None]:
    """Somebody holds the lock on one of two accounts."""
    for user_id in (FREE, LOCKED):
        await database.write(ADD, user_id)
    async with database.transaction() as holder:
        await holder.read(LOCK, [LOCKED])
        yield


async def is_asleep(url: str, pid: int) -> bool:
    """Whether a connection is at SLEEP."""
    other = await asyncpg.connect(url)
    query = await other.fetchval(
        "select query from pg_stat_activity where pid = $1 and state = 'active'", pid
    )
    await other.close()
    return SLEEP.sql in (query or "")


async def test_a_silent_database_is_given_up_and_found_again(database_url: str) -> None:
    wire = Wire(database_url)
    async with wire.laid() as url, connected(url, patience=0.3) as database:
        await database.read(ONE)
        wire.cut()
        task = asyncio.create_task(database.read(ONE))
        done, _ = await asyncio.wait([task], timeout=5)
        assert done
        assert isinstance(task.exception(), TimeoutError)
        wire.mend()
        assert [row["one"] for row in await asyncio.wait_for(database.read(ONE), 5)] == [1]


@pytest.mark.parametrize("what", ["statement", "transaction"])
async def test_calling_off_does_not_wait_for_a_silent_database(
    database_url: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_SETTLE", 0.1)
    wire = Wire(database_url)
    async with wire.laid() as url, connected(url) as database:
        begun = asyncio.Event()

        async def work(tx: Transaction) -> None:
            await tx.read(ONE)
            wire.cut()
            begun.set()
            await tx.read(ONE)

        await database.read(ONE)
        if what == "transaction":
            task = asyncio.create_task(database.atomically(work))
            await begun.wait()
        else:
            wire.cut()
            task = asyncio.create_task(database.read(ONE))  # type: ignore[arg-type]
        await wire.holds.wait()
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=5)
        assert done
        assert task.cancelled()
        wire.mend()
        assert await asyncio.wait_for(database.read(ONE), 5)


async def test_who_called_off_leaves_neither_a_transaction_nor_a_statement(database_url: str) -> None:
    async with connected(database_url, pool_size=1) as database:
        [before] = await database.read(PID)

        async def work(tx: Transaction) -> None:
            await tx.write(ADD, FREE)
            await tx.read(SLEEP)

        for call in (database.atomically(work), database.read(SLEEP)):
            task = asyncio.create_task(call)
            await wait_until_async(lambda: is_asleep(database_url, before["pid"]), what="the statement")
            task.cancel()
            await asyncio.wait([task], timeout=5)
            assert task.cancelled()
        [after] = await asyncio.wait_for(database.read(PID), 5)
        assert after["pid"] == before["pid"], "the connection was thrown away"
        assert not await database.read(
            Query("test.found", "Is it there?", "select 1 from users where id = $1"), FREE
        )


async def test_a_locked_row_holds_up_nobody_else_for_long(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_LOCKS", {"lock_timeout": "200ms"})

    async with connected(database_url) as database, locked(database):

        async def run(ids: list[str]) -> list[str]:
            await database.write(TOUCH, ids)
            return ids

        write = KeyedWrites(run, keys=lambda user_id: (user_id,))
        outcomes = await asyncio.wait_for(
            asyncio.gather(write(LOCKED), write(FREE), return_exceptions=True), 5
        )
    assert isinstance(outcomes[0], asyncpg.LockNotAvailableError)
    assert outcomes[1] == FREE


async def is_free(url: str) -> bool:
    """Whether somebody else could lock the account that is locked here and there."""
    other = await asyncpg.connect(url)
    try:
        return bool(await other.fetch("select 1 from users where id = $1 for update nowait", LOCKED))
    except asyncpg.LockNotAvailableError:
        return False
    finally:
        await other.close()


async def waits(url: str, pid: int) -> bool:
    """Whether a connection waits for a lock."""
    other = await asyncpg.connect(url)
    sql = "select count(*) from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'"
    waiting = await other.fetchval(sql, pid)
    await other.close()
    return bool(waiting)


async def test_a_lock_that_comes_with_the_beginning(database_url: str) -> None:
    async with connected(database_url, pool_size=1) as database:
        await database.write(ADD, LOCKED)

        async def work(tx: Transaction) -> bool:
            return await is_free(database_url)

        assert not await database.atomically(work, lock=(HOLD, UUID(LOCKED)))
        assert database.counts["test.hold"] == 1
        assert await is_free(database_url)
        # Of a row that there is not, nothing is told.
        assert await database.atomically(work, lock=(HOLD, UUID(int=7)))


@pytest.mark.parametrize("way", ["called off", "too late", "failed"])
async def test_a_lock_that_is_not_given_leaves_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Neither a transaction nor a lock, and the connection serves the next one."""
    monkeypatch.setattr(engine, "_LOCKS", {"lock_timeout": "200ms" if way == "too late" else "20s"})
    query = Query("test.fail", "Fail.", f"{HOLD.sql}; select 1 / 0") if way == "failed" else HOLD
    begun: list[Transaction] = []

    async def work(tx: Transaction) -> None:
        begun.append(tx)

    async with connected(database_url) as holder, connected(database_url, pool_size=1) as database:
        [before] = await database.read(PID)
        async with locked(holder) if way != "failed" else nullcontext():
            task = asyncio.create_task(database.atomically(work, lock=(query, UUID(LOCKED))))
            if way == "called off":
                await wait_until_async(lambda: waits(database_url, before["pid"]), what="the wait")
                task.cancel()
            await asyncio.wait([task], timeout=5)
            if way == "called off":
                assert task.cancelled()
            else:
                wanted = asyncpg.LockNotAvailableError if way == "too late" else asyncpg.DivisionByZeroError
                assert isinstance(task.exception(), wanted)
            [after] = await asyncio.wait_for(database.read(PID), 5)
        assert after["pid"] == before["pid"], "the connection was thrown away"
        assert not begun
        assert await is_free(database_url)
        await database.atomically(work, lock=(HOLD, UUID(LOCKED)))
        assert len(begun) == 1


async def test_a_transaction_in_which_a_statement_failed_is_not_taken_for_committed(
    database_url: str,
) -> None:
    fail = Query("test.fail", "Fail.", "select 1 / 0")

    async def work(tx: Transaction) -> None:
        await tx.write(ADD, FREE)
        with suppress(asyncpg.DivisionByZeroError):
            await tx.read(fail)

    async with connected(database_url, pool_size=1) as database:
        await database.write(Command("test.drop", "Drop it.", "delete from users where id = $1"), FREE)
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await database.atomically(work)
        assert await database.read(ONE)


@pytest.mark.parametrize("pool_size", [2, 8])
async def test_who_waits_for_locks_leaves_readers_a_connection(database_url: str, pool_size: int) -> None:
    async def touch(tx: Transaction) -> None:
        await tx.write(TOUCH, [LOCKED])

    async def waits(count: int) -> bool:
        sql = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        return bool(await other.fetchval(sql) >= count)

    other = await asyncpg.connect(database_url)
    async with connected(database_url) as holder, connected(database_url, pool_size=pool_size) as database:
        async with locked(holder):
            writers = [asyncio.create_task(database.atomically(touch)) for _ in range(pool_size)]
            writers += [asyncio.create_task(database.write(TOUCH, [LOCKED])) for _ in range(pool_size)]
            await wait_until_async(lambda: waits(pool_size // 2), what="writers that wait")
            async with asyncio.timeout(2):
                assert await database.read(ONE)
            assert not any(writer.done() for writer in writers)
        await asyncio.gather(*writers)
    await other.close()


async def test_a_connection_that_was_ended_is_replaced(database_url: str) -> None:
    async with connected(database_url, pool_size=1) as database:
        [row] = await database.read(PID)
        sleeping = asyncio.create_task(database.read(SLEEP))
        await wait_until_async(lambda: is_asleep(database_url, row["pid"]), what="the statement")
        other = await asyncpg.connect(database_url)
        await other.execute("select pg_terminate_backend($1)", row["pid"])
        await other.close()
        with pytest.raises(asyncpg.PostgresError):
            await sleeping
        assert await database.read(ONE)


@pytest.mark.parametrize("mode", ["disable", "prefer"])
async def test_parameters_of_libpq_are_understood(database_url: str, mode: str) -> None:
    """Hosting providers hand out URLs with them."""
    database = Database(f"{database_url}{'&' if '?' in database_url else '?'}sslmode={mode}")
    try:
        assert [row["one"] for row in await database.read(ONE)] == [1]
    finally:
        await database.close()
