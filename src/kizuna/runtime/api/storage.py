"""The storage engine.

`permission_read` is 0 for nobody, 1 for the owner, 2 for everybody; `permission_write` 0 for the server
alone, 1 for the owner too.
"""

from dataclasses import dataclass, field
from datetime import datetime

from kizuna.runtime.api.message import Int32, Message


@dataclass(slots=True)
class ReadStorageObjectId(Message):
    """Which object to read; a `user_id` of "" means the server's own."""

    collection: str = ""
    key: str = ""
    user_id: str = ""


@dataclass(slots=True)
class ReadStorageObjectsRequest(Message):
    """The request of ReadStorageObjects."""

    object_ids: list[ReadStorageObjectId] = field(default_factory=list)


@dataclass(slots=True)
class WriteStorageObject(Message):
    """An object to write. `value` is a JSON object's text; permissions that are absent are 1.

    `version` is "" to write whatever is stored, "*" to write only if nothing is, or the version that must be
    stored.
    """

    collection: str = ""
    key: str = ""
    value: str = ""
    version: str = ""
    permission_read: Int32 | None = None
    permission_write: Int32 | None = None


@dataclass(slots=True)
class WriteStorageObjectsRequest(Message):
    """The request of WriteStorageObjects: all are written, or none."""

    objects: list[WriteStorageObject] = field(default_factory=list)


@dataclass(slots=True)
class DeleteStorageObjectId(Message):
    """Which object to delete; with a version, only if that is stored."""

    collection: str = ""
    key: str = ""
    version: str = ""


@dataclass(slots=True)
class DeleteStorageObjectsRequest(Message):
    """The request of DeleteStorageObjects: all are deleted, or none."""

    object_ids: list[DeleteStorageObjectId] = field(default_factory=list)


@dataclass(slots=True)
class ListStorageObjectsRequest(Message):
    """The request of ListStorageObjects. `limit` is 1 to 100; a `user_id` of "" shows all owners' objects."""

    user_id: str = ""
    collection: str = ""
    limit: Int32 | None = None
    cursor: str = ""


@dataclass(slots=True)
class StorageObject(Message):
    """A stored object. `value` is a JSON object's text."""

    collection: str = ""
    key: str = ""
    user_id: str = ""
    value: str = ""
    version: str = ""
    permission_read: Int32 = 0
    permission_write: Int32 = 0
    create_time: datetime | None = None
    update_time: datetime | None = None


@dataclass(slots=True)
class StorageObjects(Message):
    """The response of ReadStorageObjects: the objects that exist and that the caller may read."""

    objects: list[StorageObject] = field(default_factory=list)


@dataclass(slots=True)
class StorageObjectAck(Message):
    """Where an object was written, and its new version."""

    collection: str = ""
    key: str = ""
    version: str = ""
    user_id: str = ""
    create_time: datetime | None = None
    update_time: datetime | None = None


@dataclass(slots=True)
class StorageObjectAcks(Message):
    """The response of WriteStorageObjects, in the order of the request."""

    acks: list[StorageObjectAck] = field(default_factory=list)


@dataclass(slots=True)
class StorageObjectList(Message):
    """The response of ListStorageObjects. `cursor` leads to the next page, "" for none."""

    objects: list[StorageObject] = field(default_factory=list)
    cursor: str = ""
