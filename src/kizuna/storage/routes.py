"""Storage operations over HTTP."""

from typing import Any

from kizuna.errors import invalid
from kizuna.http.call import Call, EmptyReply
from kizuna.http.routes import Routes
from kizuna.storage.objects import (
    WRITE_FAILED,
    ObjectId,
    Write,
    check_name,
    object_message,
    owner_to_read,
)
from kizuna.storage.service import Storage
from kizuna.wire.uuids import parse_uuid


def routes(storage: Storage) -> Routes:
    """Read, write, delete and both lists."""
    api = Routes("Storage")

    @api.operation("ReadStorageObjects", failure="Error reading storage objects.")
    async def read_storage_objects(call: Call) -> dict[str, Any]:
        if not call.input.get("object_ids"):
            return EmptyReply()
        ids = []
        for wanted in call.input["object_ids"]:
            collection, key = wanted.get("collection", ""), wanted.get("key", "")
            check_name(collection, key)
            ids.append(ObjectId(collection, key, owner_to_read(wanted.get("user_id", ""))))
        rows = await storage.read(call.caller.user_id, ids)
        return {"objects": [object_message(row) for row in rows]} if rows else {}

    @api.operation("WriteStorageObjects", failure=WRITE_FAILED)
    async def write_storage_objects(call: Call) -> dict[str, Any]:
        if not call.input.get("objects"):
            return EmptyReply()
        caller = call.caller.user_id
        acks = await storage.write([_write(caller, wanted) for wanted in call.input["objects"]])
        return {"acks": [ack.message() for ack in acks]}

    @api.operation("DeleteStorageObjects", failure="Error deleting storage objects.")
    async def delete_storage_objects(call: Call) -> dict[str, Any]:
        if not call.input.get("object_ids"):
            return EmptyReply()
        caller = call.caller.user_id
        await storage.delete(
            [
                (
                    ObjectId(target.get("collection", ""), target.get("key", ""), caller),
                    target.get("version", ""),
                )
                for target in call.input["object_ids"]
            ]
        )
        return {}

    async def list_storage_objects(call: Call) -> dict[str, Any]:
        wanted = call.input
        limit = wanted.get("limit", 1)
        if not 1 <= limit <= 100:
            raise invalid("Invalid limit - limit must be between 1 and 100.")
        owner = None
        if wanted.get("user_id"):
            owner = parse_uuid(wanted["user_id"])
            if owner is None:
                raise invalid("Invalid user ID - make sure user ID is a valid UUID.")
        page = await storage.page(
            call.caller.user_id, wanted.get("collection", ""), owner, limit, wanted.get("cursor", "")
        )
        message: dict[str, Any] = {"objects": [object_message(row) for row in page.rows]} if page.rows else {}
        if page.cursor:
            message["cursor"] = page.cursor
        return message

    for name in ("ListStorageObjects", "ListStorageObjects2"):
        api.operation(name, failure="Error listing storage objects.")(list_storage_objects)
    return api


def _write(caller: str, wanted: dict[str, Any]) -> Write:
    return Write(
        id=ObjectId(wanted.get("collection", ""), wanted.get("key", ""), caller),
        value=wanted.get("value", ""),
        expected=wanted.get("version", ""),
        permission_read=wanted.get("permission_read", 1),
        permission_write=wanted.get("permission_write", 1),
    )
