"""Storage objects: JSON documents by owner, collection and key."""

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, SmallInteger, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from kizuna.db.metadata import metadata

storage = Table(
    "storage",
    metadata,
    # The key leads with the owner: one index for an owner's objects, for reading one and for the cascade.
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("collection", String(128, collation="C"), primary_key=True),
    Column("key", String(128, collation="C"), primary_key=True),
    Column("value", JSONB, nullable=False),
    Column("version", String(32, collation="C"), nullable=False),
    Column("read", SmallInteger, CheckConstraint("read >= 0", "read"), nullable=False, server_default="1"),
    Column("write", SmallInteger, CheckConstraint("write >= 0", "write"), nullable=False, server_default="1"),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
    # A collection in the order of its public list, and one owner's part of it.
    Index("storage_collection_read_key_user_id_idx", "collection", "read", "key", "user_id"),
    Index("storage_user_id_collection_read_key_idx", "user_id", "collection", "read", "key"),
)
