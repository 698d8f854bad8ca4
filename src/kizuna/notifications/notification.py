"""Notifications as they are sent, changed and kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import Record
from kizuna.errors import invalid
from kizuna.storage.objects import grows_too_long, is_json_object
from kizuna.wire.encode import omit_empty, rfc3339_seconds

#: Of a subject, in characters: the width of its column.
LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A notification that is to be sent. `content` is the text of a JSON object.

    What is not persistent reaches only players who are connected, and is not kept for the others.
    """

    user_id: str
    subject: str
    content: str
    code: int
    sender_id: str = SYSTEM_USER
    persistent: bool = True


@dataclass(frozen=True, slots=True)
class NotificationChange:
    """New values of a notification that is kept; None leaves one as it is."""

    id: str
    subject: str | None = None
    content: str | None = None
    sender_id: str | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification that is kept. `content` is the text of a JSON object as the database prints it."""

    id: str
    user_id: str
    subject: str
    content: str
    code: int
    sender_id: str
    create_time: datetime

    @classmethod
    def of(cls, row: Record) -> "Notification":
        """The notification of a row."""
        return cls(**{name: row[name] for name in cls.__slots__})

    def message(self) -> dict[str, Any]:
        """The `Notification` message."""
        return omit_empty(
            {
                "id": self.id,
                "subject": self.subject,
                "content": self.content,
                "code": self.code,
                "sender_id": "" if self.sender_id == SYSTEM_USER else self.sender_id,
                "create_time": rfc3339_seconds(self.create_time),
                "persistent": True,
            }
        )


def check_subject(subject: str) -> None:
    """400 for one that is empty or too long."""
    if not 1 <= len(subject) <= LONGEST_SUBJECT:
        raise invalid(f"Notification subject must have 1 to {LONGEST_SUBJECT} characters.")


def check_content(content: str) -> None:
    """400 unless it is a JSON object, of a size that can be stored."""
    if not is_json_object(content) or grows_too_long(content):
        raise invalid("Notification content must be a JSON object.")


def check_code(code: int) -> None:
    """400 for one that the column cannot hold."""
    if not -(2**15) <= code < 2**15:
        raise invalid(f"Notification code must be between {-(2**15)} and {2**15 - 1}.")
