"""The storage engine."""

from kizuna.wire.messages import Message, int32_value, messages, string

READ_STORAGE_OBJECT_ID = Message(
    "ReadStorageObjectId", string("collection"), string("key"), string("user_id")
)
READ_STORAGE_OBJECTS = Message("ReadStorageObjectsRequest", messages("object_ids", READ_STORAGE_OBJECT_ID))

WRITE_STORAGE_OBJECT = Message(
    "WriteStorageObject",
    string("collection"),
    string("key"),
    string("value"),
    string("version"),
    int32_value("permission_read"),
    int32_value("permission_write"),
)
WRITE_STORAGE_OBJECTS = Message("WriteStorageObjectsRequest", messages("objects", WRITE_STORAGE_OBJECT))

DELETE_STORAGE_OBJECT_ID = Message(
    "DeleteStorageObjectId", string("collection"), string("key"), string("version")
)
DELETE_STORAGE_OBJECTS = Message(
    "DeleteStorageObjectsRequest", messages("object_ids", DELETE_STORAGE_OBJECT_ID)
)

LIST_STORAGE_OBJECTS = Message(
    "ListStorageObjectsRequest",
    string("user_id"),
    string("collection"),
    int32_value("limit"),
    string("cursor"),
)
