"""Storage objects for game code."""

import asyncio
import inspect
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from kizuna.caller import SYSTEM_USER
from kizuna.errors import ApiError, Code
from kizuna.runtime.data import (
    Ack,
    StorageDelete,
    StorageObject,
    StorageRead,
    StorageWrite,
    ack_of,
    object_of,
)
from kizuna.runtime.nakama.services import Calls, refusing
from kizuna.runtime.values import item_of, limit_of, object_text, text_of, uuid_of
from kizuna.storage.objects import WRITE_FAILED, ObjectId, StorageRefusal, Write, check_name, check_write

#: Given the objects that were found, says what to write.
Revise = Callable[[list[StorageObject]], Sequence[StorageWrite] | Awaitable[Sequence[StorageWrite]]]

_MOST_RETRIES = 10


class StorageCalls(Calls):
    """Read, write, delete, list."""

    async def storage_read(self, ids: Sequence[StorageRead]) -> list[StorageObject]:
        """The objects that exist, whatever their permissions, each once and in no order."""
        rows = await self._services.storage.read(
            None, [_id(item_of(read, StorageRead, "ids")) for read in ids]
        )
        return [object_of(row) for row in rows]

    async def storage_list(
        self,
        collection: str,
        *,
        user_id: str | None = None,
        caller_id: str | None = None,
        limit: int = 100,
        cursor: str = "",
    ) -> tuple[list[StorageObject], str]:
        """A page of a collection and the cursor to the next one, "" where there is none.

        With `user_id` only that user's objects ("" for the server's own). `caller_id` shows only what that
        user may see. `ApiError` for a cursor that is none.
        """
        page = await self._services.storage.page(
            None if caller_id is None else uuid_of(caller_id, "caller id"),
            text_of(collection, "collection"),
            None if user_id is None else _owner(user_id),
            limit_of(limit, 0),
            text_of(cursor, "cursor"),
        )
        return [object_of(row) for row in page.rows], page.cursor

    async def storage_write(self, writes: Sequence[StorageWrite]) -> list[Ack]:
        """Write objects, all or none; the acks are in the given order.

        Stored write permissions do not matter. `StorageRefusal` if a version is not the stored one.
        `ApiError` "user not found" if an owner does not exist.
        """
        prepared = [prepared_write(write) for write in writes]
        with refusing(WRITE_FAILED):
            return [ack_of(stored) for stored in await self._services.storage.write(prepared)]

    async def storage_write_retry(
        self, ids: Sequence[StorageRead], revise: Revise, *, max_retries: int = 5
    ) -> list[Ack]:
        """Read objects, let `revise` say what to write in view of them, and write that.

        `revise` may be a plain or an async function. What it says without a version is written only over what
        it was shown (or over nothing, where nothing was); if somebody else was faster, it is asked again, at
        most `max_retries` (0 to 10) times; then `ApiError` "exhausted retries".
        """
        if not 0 <= max_retries <= _MOST_RETRIES:
            raise ValueError(f"max_retries must be 0 to {_MOST_RETRIES}, not {max_retries!r}")
        for retry in range(max_retries + 1):
            if retry:
                await asyncio.sleep((min(2**retry, 20) + random.uniform(0, 9)) / 1000)
            found = await self.storage_read(ids)
            try:
                return await self.storage_write(_conditional(ids, found, await _revised(revise, found)))
            except StorageRefusal:
                continue
        raise ApiError(Code.ABORTED, "exhausted retries")

    async def storage_delete(self, targets: Sequence[StorageDelete]) -> None:
        """Delete objects, all or none. What does not exist is fine, unless a version was given for it:
        then, as for another version, `StorageRefusal`."""
        deletes = [prepared_delete(target) for target in targets]
        await self._services.storage.delete(deletes, authoritative=True)


def prepared_write(write: StorageWrite) -> Write:
    """A write as the storage takes it, checked."""
    item_of(write, StorageWrite, "writes")
    prepared = Write(
        id=_id(write),
        value=object_text(write.value, "value"),
        expected=text_of(write.version, "version"),
        permission_read=write.permission_read,
        permission_write=write.permission_write,
        authoritative=True,
    )
    check_write(prepared)
    return prepared


def prepared_delete(target: StorageDelete) -> tuple[ObjectId, str]:
    """A deletion as the storage takes it, checked."""
    item_of(target, StorageDelete, "deletions")
    return _id(target), text_of(target.version, "version")


def _id(named: StorageRead | StorageWrite | StorageDelete) -> ObjectId:
    collection, key = text_of(named.collection, "collection"), text_of(named.key, "key")
    check_name(collection, key)
    return ObjectId(collection, key, _owner(named.user_id))


def _owner(user_id: str) -> str:
    return SYSTEM_USER if user_id == "" else uuid_of(user_id)


async def _revised(revise: Revise, found: list[StorageObject]) -> Sequence[StorageWrite]:
    writes = revise(found)
    return await writes if inspect.isawaitable(writes) else writes


def _conditional(
    ids: Sequence[StorageRead], found: Sequence[StorageObject], writes: Sequence[StorageWrite]
) -> list[StorageWrite]:
    """The writes, each bound to what was read of its object."""
    versions = {_id(read): "*" for read in ids}
    versions |= {ObjectId(known.collection, known.key, known.user_id): known.version for known in found}
    return [replace(write, version=write.version or versions.get(_id(write), "")) for write in writes]
