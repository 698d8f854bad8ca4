"""Finding accounts: by id, by device, by any identifier."""

from dataclasses import dataclass
from functools import partial

from kizuna.accounts import queries
from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.db.statements import Query
from kizuna.wire.microseconds import EPOCH


@dataclass(frozen=True, slots=True)
class Player:
    """What signing in needs to know of an account.

    `password` is its bcrypt hash; `sessions_since` the earliest time of issue of its living tokens (seconds
    since 1970).
    """

    id: str
    username: str
    disabled: bool
    password: bytes | None = None
    sessions_since: int = 0


class AccountLookup:
    """Reads on accounts; the frequent ones are coalesced."""

    def __init__(self, database: Database) -> None:
        self._database = database
        #: The account's row by user id, with what `queries.ACCOUNTS` selects; None for nobody.
        self.account: SharedReads[str, Record | None] = SharedReads(self._accounts)
        #: The player by device id, None for a device nobody has linked.
        self.by_device: SharedReads[str, Player | None] = SharedReads(partial(self._by, queries.BY_DEVICE))
        self._by_identifier: dict[str, SharedReads[str, Player | None]] = {
            column: SharedReads(partial(self._by, query)) for column, query in queries.BY_IDENTIFIER.items()
        }

    async def by_id(self, user_id: str) -> Player | None:
        """The player with this id."""
        row = await self.account(user_id)
        return None if row is None else Player(row["id"], row["username"], row["disable_time"] != EPOCH)

    async def by_username(self, username: str) -> Player | None:
        """The player with exactly this username."""
        return _first(await self._database.read(queries.BY_USERNAME, username))

    async def by_identifier(self, column: str, value: str) -> Player | None:
        """The player who holds this value of an identifier (a column of `tables.IDENTIFIERS`)."""
        return await self._by_identifier[column](value)

    async def _accounts(self, user_ids: list[str]) -> list[Record | None]:
        rows = await self._database.read(queries.ACCOUNTS, user_ids)
        found = {row["id"]: row for row in rows}
        return [found.get(user_id) for user_id in user_ids]

    async def _by(self, query: Query, keys: list[str]) -> list[Player | None]:
        rows = await self._database.read(query, keys)
        found = {row["key"]: _player(row) for row in rows}
        return [found.get(key) for key in keys]


def _player(row: Record) -> Player:
    return Player(
        row["id"], row["username"], row["disable_time"] != EPOCH, row["password"], row["cutoff"] or 0
    )


def _first(rows: list[Record]) -> Player | None:
    return _player(rows[0]) if rows else None
