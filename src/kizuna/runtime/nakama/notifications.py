"""Notifications for game code."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kizuna.caller import SYSTEM_USER
from kizuna.notifications.notification import NewNotification, NotificationChange
from kizuna.runtime.nakama.services import Calls, refusing
from kizuna.runtime.nakama.words import in_words
from kizuna.runtime.social import (
    Notification,
    NotificationDelete,
    NotificationSend,
    NotificationUpdate,
    notification_of,
)
from kizuna.runtime.values import flag_of, integer_of, item_of, limit_of, object_text, text_of, uuid_of

_SMALL = 2**15

#: Codes of the game's own below zero.
_LOWEST, _HIGHEST = -2000, -1000

_TEXTS = {"User not found.": "user not found", "Notification not found.": "notification not found"}


class NotificationCalls(Calls):
    """Send to one, many and all; list, change, delete.

    A `subject` has 1 to 255 characters; `content` is a dict. A `sender_id` of "" is the server itself.
    """

    async def notification_send(
        self,
        user_id: str,
        subject: str,
        content: Mapping[str, Any],
        code: int,
        sender_id: str = "",
        persistent: bool = True,
    ) -> None:
        """Notify a user. `code` is the game's own: more than 0, or from -2000 to -1000.

        One that is not `persistent` reaches only a player who is connected. `ApiError` "user not found" for
        nobody, and for a subject that is too long.
        """
        await self.notifications_send(
            [NotificationSend(user_id, subject, content, code, sender_id, persistent)]
        )

    async def notifications_send(self, notifications: Sequence[NotificationSend]) -> None:
        """Send notifications, all or none, as `notification_send` does."""
        new = [_new(notification) for notification in notifications]
        if new:
            with in_words(_TEXTS), refusing("Error sending notifications."):
                await self._services.notifications.send(new)

    async def notification_send_all(
        self, subject: str, content: Mapping[str, Any], code: int, *, persistent: bool = True
    ) -> None:
        """Notify every user; `code` is more than 0.

        Returns when all have it, 1000 at a time, and goes on if the caller does not wait. A player who
        signs up meanwhile may get it or not.
        """
        notification = replace(
            _new(NotificationSend(SYSTEM_USER, subject, content, code, "", persistent)),
            code=integer_of(code, "code", 1, _SMALL - 1),
        )
        await self._services.notifications.send_all(
            notification.subject, notification.content, notification.code, persistent=notification.persistent
        )

    async def notifications_list(
        self, user_id: str, *, limit: int = 100, cursor: str = ""
    ) -> tuple[list[Notification], str]:
        """A page of a user's stored notifications, oldest first, and the cursor to the next, "" for none.

        `limit` is 0 (all) to 1000. `ApiError` for a cursor that is none.
        """
        found, following = await self._services.notifications.list(
            uuid_of(user_id), limit_of(limit, 0, 1000), text_of(cursor, "cursor")
        )
        return [notification_of(each) for each in found], following

    async def notifications_get_id(self, ids: Sequence[str], *, user_id: str = "") -> list[Notification]:
        """The stored notifications with these ids, as far as they exist, each once and in no order; with a
        `user_id` only that user's."""
        found = await self._services.notifications.by_ids(_ids(ids), _owner(user_id))
        return [notification_of(each) for each in found]

    async def notifications_update(self, updates: Sequence[NotificationUpdate]) -> None:
        """Change stored notifications, all or none.

        `ApiError` "notification not found" if one does not exist, and for a subject that is too long.
        """
        changes = [_change(update) for update in updates]
        if changes:
            with in_words(_TEXTS), refusing("Error updating notifications."):
                await self._services.notifications.update(changes)

    async def notifications_delete(self, notifications: Sequence[NotificationDelete]) -> None:
        """Delete stored notifications of users, all or none. Those that do not exist are fine."""
        await self._services.notifications.delete_each(
            [
                (uuid_of(each.user_id), uuid_of(each.id, "notification id"))
                for each in (item_of(each, NotificationDelete, "notifications") for each in notifications)
            ]
        )

    async def notifications_delete_id(self, ids: Sequence[str], *, user_id: str = "") -> None:
        """The same by ids alone; with a `user_id` only that user's."""
        await self._services.notifications.delete(_ids(ids), _owner(user_id))


def _new(notification: NotificationSend) -> NewNotification:
    """A notification as the notifications take it, checked."""
    item_of(notification, NotificationSend, "notifications")
    return NewNotification(
        user_id=uuid_of(notification.user_id),
        subject=_subject(notification.subject),
        content=object_text(notification.content, "content"),
        code=_code(notification.code),
        sender_id=_sender(notification.sender_id),
        persistent=flag_of(notification.persistent, "persistent"),
    )


def _change(update: NotificationUpdate) -> NotificationChange:
    item_of(update, NotificationUpdate, "updates")
    return NotificationChange(
        id=uuid_of(update.id, "notification id"),
        subject=None if update.subject is None else _subject(update.subject),
        content=None if update.content is None else object_text(update.content, "content"),
        sender_id=None if update.sender_id is None else _sender(update.sender_id),
    )


def _subject(value: str) -> str:
    if not text_of(value, "subject"):
        raise ValueError("subject must not be empty")
    return value


def _code(value: int) -> int:
    code = integer_of(value, "code", _LOWEST, _SMALL - 1)
    if _HIGHEST < code <= 0:
        raise ValueError("code must be more than 0, or from -2000 to -1000")
    return code


def _sender(user_id: str) -> str:
    return SYSTEM_USER if user_id == "" else uuid_of(user_id, "sender id")


def _ids(ids: Sequence[str]) -> list[str]:
    return [uuid_of(id, "notification id") for id in ids]


def _owner(user_id: str) -> str | None:
    return None if user_id == "" else uuid_of(user_id)
