"""Storage objects: read, write, delete, list, for players and for the server itself.

A request with one object shares its statement with others of its kind. One with several is all or nothing, in
a transaction of its own.
"""

from collections.abc import Sequence

from kizuna.clock import Clock
from kizuna.db.coalesce import KeyedWrites, SharedReads
from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.statements import Command
from kizuna.errors import ApiError, Code
from kizuna.storage import queries
from kizuna.storage.listing import Listing, Page
from kizuna.storage.objects import (
    DELETE_REJECTED,
    Ack,
    ObjectId,
    StorageRefusal,
    Write,
    check_name,
    check_write,
    columns,
)
from kizuna.storage.writing import Outcome, kind, put, rounds

#: A read of more objects than this does not share its statement: others would wait for it.
_SHARED_IDS = 4

#: Such a read is done in parts, so that it is known to be too large before it is all in memory. Characters.
_IDS_AT_ONCE = 64
_LARGEST_READ = 32 * 1024 * 1024


class Storage:
    """The use cases. A caller of None is the server itself: every permission, every owner."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._listing = Listing(database)
        self._read: SharedReads[tuple[str | None, tuple[ObjectId, ...]], list[Record]] = SharedReads(
            self._reads
        )
        self._write = {
            command: self._coalesced(command)
            for command in (queries.PUT, queries.PUT_AS_SERVER, queries.CREATE, queries.REPLACE)
        }

    async def read(self, caller: str | None, ids: Sequence[ObjectId]) -> list[Record]:
        """The objects that exist and that the caller may see, each once, in no order."""
        wanted = tuple(dict.fromkeys(ids))
        if len(wanted) <= _SHARED_IDS:
            return await self._read((caller, wanted)) if wanted else []
        rows: list[Record] = []
        size = 0
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            [part] = await self._reads([(caller, wanted[start : start + _IDS_AT_ONCE])])
            rows += part
            size += sum(len(row["value"]) for row in part)
            if size > _LARGEST_READ:
                raise ApiError(
                    Code.RESOURCE_EXHAUSTED, f"received message larger than max ({size} vs. {_LARGEST_READ})"
                )
        return rows

    async def write(self, writes: Sequence[Write]) -> list[Ack]:
        """Write objects, all or none. 400 for a bad one, or for what is stored (`StorageRefusal`)."""
        for write in writes:
            check_write(write)
        if len(writes) == 1:
            return [await self._write[kind(writes[0])](writes[0])]
        return await self._database.atomically(lambda tx: self.write_within(tx, writes)) if writes else []

    async def write_within(self, tx: Transaction, writes: Sequence[Write]) -> list[Ack]:
        """The same as part of a transaction, the objects already checked. The acks are in the given order."""
        now = self._clock.now()
        await tx.read(queries.LOCK, *columns([write.id for write in writes]))
        acks: dict[int, Ack] = {}
        for turn in rounds(writes):
            outcomes: list[tuple[Write, Outcome]] = []
            for command in dict.fromkeys(map(kind, turn)):
                batch = [write for write in turn if kind(write) is command]
                outcomes += zip(batch, await put(tx, command, batch, now), strict=True)
            for write, outcome in sorted(outcomes, key=lambda pair: pair[0].id):
                if isinstance(outcome, StorageRefusal):
                    raise outcome
                acks[id(write)] = outcome
        return [acks[id(write)] for write in writes]

    async def delete(self, ids: Sequence[tuple[ObjectId, str]], *, authoritative: bool = False) -> None:
        """Delete objects, each with the version that must be stored before or "", all or none.

        A client's missing object is a refusal; the server's only if a version was given.
        """
        for target, _ in ids:
            check_name(target.collection, target.key)
        if ids:
            await self._database.atomically(
                lambda tx: self.delete_within(tx, ids, authoritative=authoritative)
            )

    async def delete_within(
        self, tx: Transaction, ids: Sequence[tuple[ObjectId, str]], *, authoritative: bool
    ) -> None:
        """The same as part of a transaction, the ids already checked."""
        targets = [target for target, _ in ids]
        await tx.read(queries.LOCK, *columns(targets))
        versions = [version or None for _, version in ids]
        rows = await tx.write(queries.DELETE, *columns(targets), versions, authoritative)
        deleted = {ObjectId(row["collection"], row["key"], row["user_id"]): row["version"] for row in rows}
        # Each entry is asked: of two for one object, another version in one refuses what the other deletes.
        wrong = any(version and deleted.get(target) != version for target, version in ids)
        missing = not authoritative and any(target not in deleted for target in targets)
        if wrong or missing or (len(set(targets)) < len(targets) and not authoritative):
            raise StorageRefusal(DELETE_REJECTED)

    async def hold(self, tx: Transaction, ids: Sequence[ObjectId]) -> None:
        """Let nobody else change these objects, as far as they exist, until the transaction ends.

        Whoever writes some and deletes others must begin with this, or two such transactions wait for each
        other.
        """
        await tx.read(queries.LOCK, *columns(ids))

    async def page(
        self, caller: str | None, collection: str, owner: str | None, limit: int, cursor: str
    ) -> Page:
        """A page of a collection, of one owner's part where an owner is given."""
        return await self._listing.page(caller, collection, owner, limit, cursor)

    def _coalesced(self, command: Command) -> KeyedWrites[Write, Ack]:
        async def run(writes: list[Write]) -> list[Outcome]:
            return await put(self._database, command, writes, self._clock.now())

        return KeyedWrites(run, keys=lambda write: (write.id,))

    async def _reads(self, requests: list[tuple[str | None, tuple[ObjectId, ...]]]) -> list[list[Record]]:
        wanted = [(place, caller, target) for place, (caller, ids) in enumerate(requests) for target in ids]
        rows = await self._database.read(
            queries.READ,
            [place for place, _, _ in wanted],
            *columns([target for _, _, target in wanted]),
            [caller for _, caller, _ in wanted],
        )
        found: list[list[Record]] = [[] for _ in requests]
        for row in rows:
            found[row["place"]].append(row)
        return found
