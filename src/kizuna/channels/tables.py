"""Chat messages that are kept."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, SmallInteger, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from kizuna.db.metadata import metadata

message = Table(
    "message",
    metadata,
    Column("id", Uuid, primary_key=True),
    # 0 chat; 3 to 9 what has happened to a group's members
    Column("code", SmallInteger, nullable=False),
    Column("sender_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    # The sender's name at the time.
    Column("username", String(128), nullable=False),
    # The channel: 2 room (label), 3 group (subject), 4 two players (subject, descriptor).
    Column("stream_mode", SmallInteger, nullable=False),
    Column("stream_subject", Uuid, nullable=False),
    Column("stream_descriptor", Uuid, nullable=False),
    Column("stream_label", String(128, collation="C"), nullable=False),
    Column("content", JSONB, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
    Index(
        "message_stream_idx",
        "stream_mode",
        "stream_subject",
        "stream_descriptor",
        "stream_label",
        "create_time",
        "id",
    ),
    Index("message_sender_id_idx", "sender_id"),
)
