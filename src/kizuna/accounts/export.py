"""All that a player has, as one document."""

from collections.abc import Callable

from kizuna.accounts import export_queries
from kizuna.accounts.queries import ACCOUNTS
from kizuna.accounts.service import account_message
from kizuna.channels.ids import Channel, channel_id
from kizuna.channels.messages import message_of
from kizuna.db.engine import Database, Record
from kizuna.db.statements import Query
from kizuna.errors import not_found
from kizuna.friends.messages import friend_message
from kizuna.groups.profile import group_message
from kizuna.leaderboards.records import record_message
from kizuna.notifications.notification import Notification
from kizuna.storage.objects import object_message
from kizuna.wire.encode import JsonObject, rfc3339_seconds


async def export(database: Database, user_id: str) -> JsonObject:
    """The `AccountExport` message of a user, everything as it is at one moment. 404 for nobody."""
    async with database.snapshot() as tx:
        accounts = await tx.read(ACCOUNTS, [user_id])
        if not accounts:
            raise not_found("Account not found.")
        parts: JsonObject = {"account": account_message(accounts[0])}
        for name, (query, message) in _PARTS.items():
            parts[name] = [message(row) for row in await tx.read(query, user_id)]
    return parts


def _channel_message(row: Record) -> JsonObject:
    channel = Channel(row["stream_mode"], row["subject"], row["descriptor"], row["label"])
    return message_of(channel_id(channel), channel, row)


def _record(row: Record) -> JsonObject:
    return record_message(row["board_id"], row, rank=0)


def _notification(row: Record) -> JsonObject:
    return Notification.of(row).message()


def _ledger_item(row: Record) -> JsonObject:
    times = {name: rfc3339_seconds(row[name]) for name in ("create_time", "update_time")}
    return {name: row[name] for name in ("id", "user_id", "changeset", "metadata")} | times


_PARTS: dict[str, tuple[Query, Callable[[Record], JsonObject]]] = {
    "objects": (export_queries.OBJECTS, object_message),
    "friends": (export_queries.FRIENDS, friend_message),
    "groups": (export_queries.GROUPS, group_message),
    "messages": (export_queries.MESSAGES, _channel_message),
    "leaderboard_records": (export_queries.RECORDS, _record),
    "notifications": (export_queries.NOTIFICATIONS, _notification),
    "wallet_ledgers": (export_queries.LEDGER, _ledger_item),
}
