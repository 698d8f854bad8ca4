"""The ledger of wallet changes; the wallet itself is a column of `users`."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from kizuna.db.metadata import metadata

wallet_ledger = Table(
    "wallet_ledger",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("changeset", JSONB, nullable=False),
    Column("metadata", JSONB, nullable=False, server_default="{}"),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
    Index("wallet_ledger_user_id_create_time_id_idx", "user_id", "create_time", "id"),
)
