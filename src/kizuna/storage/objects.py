"""What is read, written and deleted: ids, writes, stored objects."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import Record
from kizuna.errors import ApiError, Code, invalid
from kizuna.wire.encode import rfc3339, rfc3339_seconds
from kizuna.wire.scanner import scan
from kizuna.wire.uuids import parse_uuid

WRITE_FAILED = "Error writing storage objects."
PERMISSION_DENIED = "Storage write rejected - permission denied."
VERSION_MISMATCH = "Storage write rejected - version check failed."
DELETE_REJECTED = "Storage delete rejected - not found, version check failed, or permission denied."

#: The width of the columns for collections and keys, in characters.
_LONGEST_NAME = 128

#: How many digits a value's numbers may take beyond their own length when they are written out.
_MOST_DIGITS = 262_144
_EXPONENT = re.compile(r"[0-9][eE][+-]?0*([0-9]+)")


class ObjectId(NamedTuple):
    """Where an object is. Sorted, ids are in the order in which objects are locked."""

    collection: str
    key: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Write:
    """An object to be written.

    `value` is the text of a JSON object. `expected` is "" for any stored version, "*" for none at all, or the
    version that must be stored. `authoritative` ignores the stored write permission.
    """

    id: ObjectId
    value: str
    expected: str = ""
    permission_read: int = 1
    permission_write: int = 1
    authoritative: bool = False

    @property
    def version(self) -> str:
        """The new version: the MD5 of the text as it was submitted."""
        return hashlib.md5(self.value.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Ack:
    """What was stored."""

    id: ObjectId
    version: str
    create_time: datetime
    update_time: datetime

    def message(self) -> dict[str, Any]:
        """The `StorageObjectAck` message."""
        return {
            "collection": self.id.collection,
            "key": self.id.key,
            "version": self.version,
            "user_id": self.id.user_id,
            "create_time": rfc3339(self.create_time),
            "update_time": rfc3339(self.update_time),
        }


class StorageRefusal(ApiError):
    """A write or delete that was refused for what is stored; game code can tell it by its type."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.INVALID_ARGUMENT, message)


def object_message(row: Record) -> dict[str, Any]:
    """The `StorageObject` message of a row."""
    message = {
        "collection": row["collection"],
        "key": row["key"],
        "user_id": row["user_id"],
        "value": row["value"],
        "version": row["version"],
        "create_time": rfc3339_seconds(row["create_time"]),
        "update_time": rfc3339_seconds(row["update_time"]),
    }
    if row["read"]:
        message["permission_read"] = row["read"]
    if row["write"]:
        message["permission_write"] = row["write"]
    return message


def is_json_object(text: str) -> bool:
    """Whether the text is one JSON object and nothing else."""
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return _is_unusual_json_object(text.encode())


def _is_unusual_json_object(data: bytes) -> bool:
    """The same for what orjson refuses and PostgreSQL may take: deep nesting, numbers beyond a double."""
    try:
        tokens = scan(data)
    except ApiError:
        return False
    return bool(tokens) and data[tokens[0][0]] == ord("{") and not data[tokens[-1][1] :].strip(b" \t\r\n")


def grows_too_long(text: str) -> bool:
    """Whether the numbers of a JSON text would fill pages and pages.

    The database gives back `1e9` as ten digits, and `1e131071` as 131,072: a small object could fill the
    memory of whoever reads it.
    """
    if _digits(text) <= _MOST_DIGITS:
        return False
    data = text.encode()  # Digits and letters inside strings are innocent.
    numbers = (data[start:end] for start, end in scan(data) if data[start] in b"-0123456789")
    return _digits(b" ".join(numbers).decode()) > _MOST_DIGITS


def _digits(text: str) -> int:
    """The sum of all exponents; one beyond six digits is no number that the database knows."""
    return sum(int(exponent[:7]) for exponent in _EXPONENT.findall(text))


def check_name(collection: str, key: str) -> None:
    """400 unless both are given."""
    if not collection or not key:
        raise invalid("Invalid collection or key value supplied. They must be set.")


def check_write(write: Write) -> None:
    """The checks on one object of a write, in the reference's order."""
    if not write.value:
        raise invalid("Invalid collection or key value supplied. They must be set.")
    check_name(write.id.collection, write.id.key)
    if write.permission_read not in (0, 1, 2):
        raise invalid("Invalid Read permission supplied. It must be either 0, 1 or 2.")
    if write.permission_write not in (0, 1):
        raise invalid("Invalid Write permission supplied. It must be either 0 or 1.")
    if not is_json_object(write.value):
        raise invalid("Value must be a JSON object.")
    if max(len(write.id.collection), len(write.id.key)) > _LONGEST_NAME or grows_too_long(write.value):
        # Of names, the reference lets its database fail, with a 500; numbers of any length it accepts.
        raise invalid(WRITE_FAILED)


def owner_to_read(user_id: str) -> str:
    """Whose object is meant: "" is the system's. 400 for what is no id; clients may not name the system's."""
    if not user_id:
        return SYSTEM_USER
    owner = parse_uuid(user_id)
    if owner is None or owner == SYSTEM_USER:
        raise invalid("Invalid user ID - make sure user ID is a valid UUID.")
    return owner


def columns(ids: Sequence[ObjectId]) -> tuple[list[str], list[str], list[str]]:
    """Ids as the three arrays that the statements take."""
    return [i.collection for i in ids], [i.key for i in ids], [i.user_id for i in ids]
