"""How players stand to each other: one row for each direction."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from kizuna.db.metadata import metadata

user_edge = Table(
    "user_edge",
    metadata,
    Column("source_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("destination_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    # 0 friend, 1 invitation sent, 2 invitation received, 3 blocked
    Column("state", SmallInteger, CheckConstraint("state between 0 and 3", "state"), nullable=False),
    # When the two had to do with each other first, in nanoseconds; the same on both of their rows.
    Column("position", BigInteger, nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
    Column("metadata", JSONB, nullable=False, server_default="{}"),
    CheckConstraint("source_id <> destination_id", "self"),
    Index("user_edge_order_idx", "source_id", "state", "position", "destination_id"),
    Index("user_edge_destination_id_idx", "destination_id"),
)
