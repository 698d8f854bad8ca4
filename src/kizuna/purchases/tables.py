"""Purchases, subscriptions, and the stores' notifications about them."""

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from kizuna.accounts.tables import EPOCH
from kizuna.caller import SYSTEM_USER
from kizuna.db.metadata import metadata


def _transaction_id(name: str) -> Column[str]:
    return Column(name, String(512, collation="C"), CheckConstraint(f"{name} <> ''", name), primary_key=True)


def _owner() -> Column[Any]:
    """Who validated it first; nobody once that account is gone."""
    owner = ForeignKey("users.id", ondelete="SET DEFAULT")
    return Column("user_id", Uuid, owner, nullable=False, server_default=SYSTEM_USER)


def _time(name: str) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=False)


def _optional_time(name: str) -> Column[Any]:
    """The epoch for what has not happened, or is not known."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=EPOCH)


purchase = Table(
    "purchase",
    metadata,
    _transaction_id("transaction_id"),
    _owner(),
    Column("store", SmallInteger, nullable=False),
    Column("environment", SmallInteger, nullable=False),
    Column("product_id", String(512), nullable=False),
    _time("purchase_time"),
    _time("create_time"),
    _time("update_time"),
    _optional_time("refund_time"),
    # When the store said what is known of a refund: older news change nothing.
    _optional_time("store_time"),
    Column("raw_response", JSONB, nullable=False, server_default="{}"),
    Index("purchase_user_id_idx", "user_id", "purchase_time", "transaction_id"),
    Index("purchase_time_idx", "purchase_time", "user_id", "transaction_id"),
)

subscription = Table(
    "subscription",
    metadata,
    _transaction_id("original_transaction_id"),
    _owner(),
    Column("store", SmallInteger, nullable=False),
    Column("environment", SmallInteger, nullable=False),
    Column("product_id", String(512), nullable=False),
    _time("purchase_time"),
    _time("expire_time"),
    _time("create_time"),
    _time("update_time"),
    _optional_time("refund_time"),
    # When the store said what is known: older news change nothing.
    _time("store_time"),
    # When the period was paid for that this is about, at Apple.
    _optional_time("period_time"),
    Column("raw_response", JSONB, nullable=False, server_default="{}"),
    Column("raw_notification", JSONB, nullable=False, server_default="{}"),
    Index("subscription_user_id_idx", "user_id", "purchase_time", "original_transaction_id"),
    Index("subscription_time_idx", "purchase_time", "user_id", "original_transaction_id"),
)

store_notification = Table(
    "store_notification",
    metadata,
    # Each is taken once: stores repeat them. Kept for a while after game code has been told.
    Column("id", String(256, collation="C"), primary_key=True),
    Column("store", SmallInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("transaction_id", String(512, collation="C"), nullable=False),
    Column("is_subscription", Boolean, nullable=False),
    Column("payload", Text, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try", DateTime(timezone=True)),
    Column("error", String(1000)),
    Index("store_notification_next_try_idx", "next_try", postgresql_where=text("next_try IS NOT NULL")),
    Index("store_notification_create_time_idx", "create_time"),
)
