"""Notifications: sent, listed, changed, deleted."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any
from uuid import uuid4

from kizuna.caller import SYSTEM_USER
from kizuna.clock import Clock
from kizuna.db.engine import Database, Transaction
from kizuna.errors import invalid, not_found
from kizuna.notifications import queries
from kizuna.notifications.listing import Listing, cursor_after
from kizuna.notifications.notification import (
    LONGEST_SUBJECT,
    NewNotification,
    Notification,
    NotificationChange,
    check_code,
    check_content,
    check_subject,
)
from kizuna.wire.uuids import parse_uuid

__all__ = ["NewNotification", "Notification", "NotificationChange", "Notifications"]

log = logging.getLogger(__name__)

DELETE_FAILED = "Error while deleting notifications."

#: Users who get one and the same notification in one transaction. Nobody else changes their rows meanwhile.
_SLICE = 1_000


class Notifications:
    """The use cases. Ids are canonical unless said otherwise.

    Nobody can be connected to this server yet: what is not persistent is checked, and goes no further.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._listing = Listing(database)
        self._announcements: set[asyncio.Task[None]] = set()

    async def send(self, notifications: Sequence[NewNotification]) -> None:
        """Send all or none. 400 for a value that does not fit, 404 for a recipient who does not exist."""
        for one in notifications:
            check_subject(one.subject)
            check_content(one.content)
            check_code(one.code)

        async def work(tx: Transaction) -> None:
            if await self._keep(tx, notifications) < sum(one.persistent for one in notifications):
                raise not_found("User not found.")

        if any(one.persistent for one in notifications):
            await self._database.atomically(work)

    async def send_within(self, tx: Transaction, notifications: Sequence[NewNotification]) -> None:
        """Send as part of a transaction; skips recipients that are gone, cuts subjects that are too long."""
        await self._keep(tx, notifications)

    async def send_all(
        self, subject: str, content: str, code: int, sender_id: str = SYSTEM_USER, persistent: bool = True
    ) -> None:
        """Send to everybody. 400 for a value that does not fit.

        Returns when all have it. Every 1,000 users are a transaction of their own, so that a failure comes
        too late for those before; whoever signs up meanwhile may get it or not. It goes on to its end even
        if the caller does not wait for it.
        """
        check_subject(subject)
        check_content(content)
        check_code(code)
        if persistent:
            announcement = asyncio.create_task(self._announce(subject, content, code, sender_id))
            self._announcements.add(announcement)
            announcement.add_done_callback(self._announced)
            await asyncio.shield(announcement)

    async def finish(self) -> None:
        """Wait for what is still being sent to everybody."""
        await asyncio.gather(*self._announcements, return_exceptions=True)

    async def page(self, user_id: str, limit: int, cursor: str) -> dict[str, Any]:
        """The `NotificationList` message: from the cursor on, and always a cursor to what comes later.

        400 for a cursor that is none.
        """
        page = await self._listing.page(user_id, limit, cursor)
        message: dict[str, Any] = {"notifications": [one.message() for one in page]} if page else {}
        message["cacheable_cursor"] = cursor if cursor and not page else cursor_after(page)
        return message

    async def by_ids(self, ids: Sequence[str], user_id: str | None = None) -> list[Notification]:
        """Those that exist, each once and in no order; only a player's, where one is given."""
        rows = await self._database.read(queries.BY_IDS, ids, user_id)
        return [Notification.of(row) for row in rows]

    async def list(self, user_id: str, limit: int = 0, cursor: str = "") -> tuple[list[Notification], str]:
        """A player's notifications, all for a limit of 0, and the cursor to more, "" where there are none."""
        found = await self._listing.of_user(user_id, limit + 1 if limit else None, cursor)
        if not limit or len(found) <= limit:
            return found, ""
        return found[:limit], cursor_after(found[:limit])

    async def update(self, changes: Sequence[NotificationChange]) -> None:
        """Change notifications, all or none, in the given order. 404 for an id that does not exist."""
        merged: dict[str, NotificationChange] = {}
        for change in changes:
            _check_change(change)
            merged[change.id] = _merged(merged[change.id], change) if change.id in merged else change

        async def work(tx: Transaction) -> None:
            if len(await tx.write(queries.UPDATE, *_columns(list(merged.values())))) < len(merged):
                raise not_found("Notification not found.")

        await self._database.atomically(work)

    async def delete(self, ids: Sequence[str], user_id: str | None = None) -> None:
        """Delete by ids in any spelling; only a player's, where one is given, and ignoring the others.

        400 for text that is no id, and nothing is deleted.
        """
        # The reference leaves spellings to its database, which does not know all, and blames itself: 500.
        parsed = [parse_uuid(id) for id in ids]
        if None in parsed:
            raise invalid(DELETE_FAILED)
        await self._database.write(queries.DELETE, [user_id] * len(parsed), parsed)

    async def delete_each(self, targets: Sequence[tuple[str, str]]) -> None:
        """Delete by (user id, id); what does not exist is ignored."""
        await self._database.write(queries.DELETE, [user for user, _ in targets], [id for _, id in targets])

    async def _announce(self, subject: str, content: str, code: int, sender_id: str) -> None:
        # Unlike in the reference, the system's own row in `users`, with the first of all ids, gets nothing.
        last: str | None = SYSTEM_USER
        while last:
            last = await self._database.atomically(
                partial(self._announce_after, last, (subject, content, code, sender_id))
            )

    async def _announce_after(
        self, last: str, what: tuple[str, str, int, str], tx: Transaction
    ) -> str | None:
        """Send to the users behind this one, a slice of them; the last who got it, None for nobody."""
        held = await tx.write(queries.LOCK_EVERYBODY, last, _SLICE)
        if not held:
            return None
        await tx.write(queries.SEND_ALL, [row["id"] for row in held], *what, self._clock.now())
        return str(held[-1]["id"])

    def _announced(self, announcement: asyncio.Task[None]) -> None:
        self._announcements.discard(announcement)
        if not announcement.cancelled() and (error := announcement.exception()):
            log.error("A notification to everybody has not reached all.", exc_info=error)

    async def _keep(self, tx: Transaction, notifications: Sequence[NewNotification]) -> int:
        """How many of those that are persistent have a recipient, and so are kept."""
        recipients = sorted({one.user_id for one in notifications if one.persistent})
        if not recipients:
            return 0
        held = {row["id"] for row in await tx.write(queries.LOCK_RECIPIENTS, recipients)}
        kept = [one for one in notifications if one.persistent and one.user_id in held]
        if kept:
            await tx.write(
                queries.SEND,
                [uuid4() for _ in kept],
                [one.user_id for one in kept],
                [one.subject[:LONGEST_SUBJECT] for one in kept],
                [one.content for one in kept],
                [one.code for one in kept],
                [one.sender_id for one in kept],
                self._clock.now(),  # not before the recipients are held
            )
        return len(kept)


def _check_change(change: NotificationChange) -> None:
    if change.subject is not None:
        check_subject(change.subject)
    if change.content is not None:
        check_content(change.content)


def _merged(earlier: NotificationChange, later: NotificationChange) -> NotificationChange:
    """Both changes of one notification, the later one after the earlier."""
    values = {field.name: getattr(later, field.name) for field in fields(later)}
    return replace(earlier, **{name: value for name, value in values.items() if value is not None})


def _columns(changes: Sequence[NotificationChange]) -> list[list[str | None]]:
    """Changes as the arrays that the statement takes."""
    return [[getattr(change, field.name) for change in changes] for field in fields(NotificationChange)]
