"""Notifications that are kept."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, SmallInteger, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from kizuna.db.metadata import metadata

notification = Table(
    "notification",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("content", JSONB, nullable=False),
    Column("code", SmallInteger, nullable=False),
    # The nil UUID where the server itself is the sender. A sender may be gone.
    Column("sender_id", Uuid, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Index("notification_user_id_idx", "user_id", "create_time", "id"),
)
