"""What game code passes to the server API and gets from it.

Times are aware UTC datetimes. JSON objects (metadata, values) are dicts. An owner of "" means the server
itself; what it owns comes back with `SYSTEM_USER`, the all-zero id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, NamedTuple

from kizuna.accounts.service import account_message
from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import Record
from kizuna.runtime.values import parsed
from kizuna.storage.objects import Ack as Stored
from kizuna.wire.microseconds import EPOCH
from kizuna.wire.timestamps import parse_timestamp


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who has signed in, and whether the account was made on the way."""

    user_id: str
    username: str
    created: bool


class SessionToken(NamedTuple):
    """A session token, and when it ends in seconds since 1970."""

    token: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class User:
    """A user's public profile. What is not set is ""; times are in whole seconds.

    `edge_count` is the number of friends, invitations and blocks; lists of friends leave it at 0.
    """

    id: str
    username: str = ""
    display_name: str = ""
    avatar_url: str = ""
    lang_tag: str = ""
    location: str = ""
    timezone: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    facebook_id: str = ""
    google_id: str = ""
    gamecenter_id: str = ""
    steam_id: str = ""
    apple_id: str = ""
    facebook_instant_game_id: str = ""
    edge_count: int = 0
    online: bool = False
    create_time: datetime = EPOCH
    update_time: datetime = EPOCH


@dataclass(frozen=True, slots=True)
class Account:
    """An account as only its owner and the server see it.

    `verify_time` is None for an e-mail address that was not verified, `disable_time` unless banned.
    """

    user: User
    wallet: dict[str, int]
    email: str
    devices: list[str]
    custom_id: str
    verify_time: datetime | None
    disable_time: datetime | None


@dataclass(frozen=True, slots=True)
class AccountUpdate:
    """New values of an account; None leaves one as it is, "" clears it.

    `username` and `lang_tag` cannot be cleared. `metadata` replaces the old one.
    """

    user_id: str
    username: str | None = None
    display_name: str | None = None
    avatar_url: str | None = None
    lang_tag: str | None = None
    location: str | None = None
    timezone: str | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StorageRead:
    """Which object to read."""

    collection: str
    key: str
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class StorageWrite:
    """An object to write.

    `version` is "" to write whatever is stored, "*" to write only if nothing is, or the version that must be
    stored. `permission_read` is 0 for nobody, 1 for the owner, 2 for everybody; `permission_write` 0 for the
    server alone, 1 for the owner too.
    """

    collection: str
    key: str
    value: Mapping[str, Any]
    user_id: str = ""
    version: str = ""
    permission_read: int = 1
    permission_write: int = 1


@dataclass(frozen=True, slots=True)
class StorageDelete:
    """Which object to delete; with a version, only if that is stored."""

    collection: str
    key: str
    user_id: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class StorageObject:
    """A stored object."""

    collection: str
    key: str
    user_id: str
    value: dict[str, Any]
    version: str
    permission_read: int
    permission_write: int
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, slots=True)
class Ack:
    """Where an object was written, and its new version."""

    collection: str
    key: str
    user_id: str
    version: str
    create_time: datetime
    update_time: datetime


_USER_FIELDS = frozenset(each.name for each in fields(User))


def user_of(message: Mapping[str, Any]) -> User:
    """The profile of a `User` message."""
    values = {name: value for name, value in message.items() if name in _USER_FIELDS}
    values["metadata"] = parsed(message["metadata"])
    for name in ("create_time", "update_time"):
        values[name] = parse_timestamp(message[name])
    return User(**values)


def account_of(row: Record) -> Account:
    """The account of a row of the accounts' lookup."""
    return Account(
        user=user_of(account_message(row)["user"]),
        wallet=parsed(row["wallet"]),
        email=row["email"] or "",
        devices=list(row["devices"] or ()),
        custom_id=row["custom_id"] or "",
        verify_time=_set_time(row["verify_time"]),
        disable_time=_set_time(row["disable_time"]),
    )


def object_of(row: Record) -> StorageObject:
    """The object of a row of the storage service."""
    return StorageObject(
        collection=row["collection"],
        key=row["key"],
        user_id=row["user_id"],
        value=parsed(row["value"]),
        version=row["version"],
        permission_read=row["read"],
        permission_write=row["write"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )


def ack_of(stored: Stored) -> Ack:
    """What game code sees of a written object."""
    return Ack(*stored.id, stored.version, stored.create_time, stored.update_time)


def _set_time(time: datetime) -> datetime | None:
    return None if time == EPOCH else time


__all__ = [
    "SYSTEM_USER",
    "Account",
    "AccountUpdate",
    "Ack",
    "Authenticated",
    "SessionToken",
    "StorageDelete",
    "StorageObject",
    "StorageRead",
    "StorageWrite",
    "User",
    "account_of",
    "ack_of",
    "object_of",
    "user_of",
]
