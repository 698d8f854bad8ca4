"""The database as the features see it: named statements, one by one or in a transaction.

SQLAlchemy's engine owns the connections (pool, URL, recovery); statements run on the asyncpg connection below
it, because the SQL is written out and the layers between would cost more than the statement itself.

A single statement is its own transaction. `Database.transaction` groups several; what it gives is a
`Transaction`, so a function that must be part of one says so in its signature.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolProxiedConnection

from kizuna.db.statements import Command, Query, Statement
from kizuna.errors import ApiError

log = logging.getLogger(__name__)

T = TypeVar("T")
Record = asyncpg.Record
if TYPE_CHECKING:
    Connection = asyncpg.Connection[Record]
else:  # generic for the type checker alone
    Connection = asyncpg.Connection

#: How often a transaction is tried when PostgreSQL ends it for a deadlock or a serialization failure.
ATTEMPTS = 5

#: Every statement of ours finds its rows by an index. Plans are made once and kept: one that was made while a
#: table was small would otherwise read the whole of it for every request until PostgreSQL's next ANALYZE.
_PLANNER = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_incremental_sort": "off",  # there is an index for each order, which it would pass over
    "jit": "off",
}

#: The longest wait for a row that another transaction has locked. A statement that waits keeps its
#: connection, and all requests that share the statement wait with it. The server's own transactions free
#: their locks within milliseconds: a longer wait is somebody else's doing.
_LOCKS = {"lock_timeout": "5s"}

#: Connections that whoever writes leaves to those who read: writers may wait for each other's locks, readers
#: never do. At most half of a pool.
_KEPT_FOR_READERS = 3

#: Pieces of a long answer that are read ahead of whoever takes them.
_PIECES_AHEAD = 2

#: How long a statement that was called off may take to end, before its connection is given up. Seconds.
_SETTLE = 1.0

#: Errors after which the connection is of no further use.
CONNECTION_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    OSError,  # and so TimeoutError: a statement took too long
)

#: The database cannot be asked now. The last is how SQLAlchemy tells of a connection that was refused.
UNREACHABLE = (*CONNECTION_LOST, SQLAlchemyError, asyncpg.PostgresError, AsyncAdapt_asyncpg_dbapi.Error)

#: The client's own value is at fault: SQLSTATE classes 22 (data), 23 (constraint) and 54 (too deeply nested).
REFUSED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)

#: Somebody else holds a lock for too long.
LOCKED = asyncpg.LockNotAvailableError

#: PostgreSQL has ended a transaction for another one: a deadlock, or a serialization failure.
COLLIDED = asyncpg.TransactionRollbackError

#: A transaction that ends with one of these has had no effect. After others, such as a lost connection or a
#: cancelled task, nobody knows.
ROLLED_BACK = (*REFUSED, LOCKED, COLLIDED, ApiError)


class Transaction:
    """An open transaction. Its statements take effect together, when the block that opened it ends."""

    def __init__(self, connection: Connection, counts: Counter[str]) -> None:
        self._connection = connection
        self._counts = counts

    async def read(self, query: Query, *args: Any) -> list[Record]:
        """The rows of a query as this transaction sees them."""
        return await self._fetch(query, args)

    async def write(self, command: Command, *args: Any) -> list[Record]:
        """Run a command; the rows are those of its RETURNING clause."""
        return await self._fetch(command, args)

    async def copy(self, query: Query, *args: Any, patience: float) -> AsyncGenerator[bytes, None]:
        """The rows of a long query in PostgreSQL's binary format, in pieces as they come.

        It may take `patience` seconds. Whoever does not read to the end must close it.
        """
        self._counts[query.name] += 1
        pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        room = asyncio.Semaphore(_PIECES_AHEAD)

        async def take(piece: bytes) -> None:
            await room.acquire()
            pieces.put_nowait(piece)

        copying = asyncio.create_task(
            self._connection.copy_from_query(query.sql, *args, output=take, format="binary", timeout=patience)
        )
        copying.add_done_callback(lambda _: pieces.put_nowait(None))
        try:
            while (piece := await pieces.get()) is not None:
                yield piece
                room.release()
            await copying
        finally:
            if not copying.done():
                copying.cancel()
                self._connection.terminate()
                await asyncio.wait((copying,))

    async def _fetch(self, statement: Statement, args: tuple[Any, ...]) -> list[Record]:
        self._counts[statement.name] += 1
        return await self._connection.fetch(statement.sql, *args)


class Database:
    """A pool of connections to one PostgreSQL database.

    `counts` holds how often each statement was sent, by name. `timeout` is the longest, in seconds, that
    connecting, waiting for a free connection and a statement may take.
    """

    def __init__(self, url: str, *, pool_size: int = 8, timeout: float = 30.0) -> None:
        self.url = url
        self.counts: Counter[str] = Counter()
        #: How many transactions that write there can be at a time.
        self.writers = pool_size - min(_KEPT_FOR_READERS, pool_size // 2)
        self._writers = asyncio.Semaphore(self.writers)

        async def connect(*_: Any, **__: Any) -> Connection:
            return await asyncpg.connect(
                url, timeout=timeout, command_timeout=timeout, server_settings=_PLANNER | _LOCKS
            )

        # asyncpg reads the URL, here as everywhere: it knows libpq's parameters, such as sslmode.
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=timeout,
            pool_reset_on_return=None,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def read(self, query: Query, *args: Any) -> list[Record]:
        """The rows of a query on its own."""
        async with self._session() as session:
            return await session.read(query, *args)

    async def write(self, command: Command, *args: Any) -> list[Record]:
        """Run a command in a transaction of its own, committed when this returns."""
        return await self._retrying(lambda session: session.write(command, *args))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction, committed at the end of the block and rolled back by any exception."""
        async with self._connection() as connection, _begun(connection):
            yield Transaction(connection, self.counts)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads, and sees one state of the database however long it takes."""
        async with (
            self._connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield Transaction(connection, self.counts)

    async def atomically(
        self, work: Callable[[Transaction], Awaitable[T]], *, lock: tuple[Query, UUID] | None = None
    ) -> T:
        """Run `work` in a transaction, again from its start after a deadlock or a serialization failure.

        `lock` is a query that locks the row of an id, its only parameter. It is sent along with `begin`, so
        that it costs no round trip of its own; its rows are not returned.
        """
        first = ""
        if lock is not None:
            query, id = lock
            # A UUID is nothing but digits and hyphens.
            first = query.sql.replace("$1", f"'{id}'")

        async def attempt(session: Transaction) -> T:
            if lock is not None:
                self.counts[lock[0].name] += 1
            async with _begun(session._connection, first):
                return await work(session)

        return await self._retrying(attempt)

    async def _retrying(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        for left in range(ATTEMPTS - 1, -1, -1):
            try:
                async with self._writers, self._session() as session:
                    return await work(session)
            except COLLIDED:
                if not left:
                    raise
                await asyncio.sleep(random.uniform(0, 0.02) * (ATTEMPTS - left))
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Transaction]:
        async with self._connection() as connection:
            yield Transaction(connection, self.counts)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        pooled, connection = await self._checkout()
        try:
            yield connection
        except CONNECTION_LOST:
            pooled.invalidate()
            raise
        except asyncio.CancelledError:
            if not await _has_settled(connection):
                pooled.invalidate()
            raise
        finally:
            pooled.close()

    async def _checkout(self) -> tuple[PoolProxiedConnection, Connection]:
        """A live connection: those that died in the pool (a restarted database) are replaced."""
        while True:
            pooled = await self._engine.raw_connection()
            connection = pooled.driver_connection
            if connection is not None and not connection.is_closed():
                return pooled, connection
            pooled.invalidate()
            pooled.close()


@asynccontextmanager
async def _begun(connection: Connection, first: str = "") -> AsyncIterator[None]:
    """A transaction around the block, with a statement that is sent along with its beginning.

    One that cannot be rolled back in time ends with its connection.
    """
    try:
        await connection.execute(f"begin; {first}")
        yield
    except BaseException:
        try:
            async with asyncio.timeout(_SETTLE):
                await connection.execute("rollback")
        except Exception:
            connection.terminate()
        raise
    # After the failure of a statement, PostgreSQL answers so to a commit, and reports no error.
    if await connection.execute("commit") == "ROLLBACK":
        raise asyncpg.InFailedSQLTransactionError("nothing is committed: a statement has failed before")


async def _has_settled(connection: Connection) -> bool:
    """Whether a connection whose statement was called off can serve others: the statement has ended."""
    if connection.is_closed() or connection.is_in_transaction():
        return False
    try:
        async with asyncio.timeout(_SETTLE):
            await connection.execute("select")
    except (Exception, asyncio.CancelledError):
        return False
    return True
