"""Players: their profile, their ways to sign in, their wallet."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from kizuna.db.metadata import metadata

#: Columns that identify a player to sign in with, each at most one player's.
IDENTIFIERS = (
    "email",
    "apple_id",
    "custom_id",
    "facebook_id",
    "facebook_instant_game_id",
    "gamecenter_id",
    "google_id",
    "steam_id",
)

EPOCH = text("'1970-01-01 00:00:00+00'")


def _identifier(name: str, width: int = 128) -> Column[str]:
    return Column(name, String(width, collation="C"))


users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("username", String(128, collation="C"), nullable=False),
    Column("display_name", String(255)),
    Column("avatar_url", String(512)),
    Column("lang_tag", String(18), nullable=False, server_default="en"),
    Column("location", String(255)),
    Column("timezone", String(255)),
    Column("metadata", JSONB, nullable=False, server_default="{}"),
    Column("wallet", JSONB, nullable=False, server_default="{}"),
    _identifier("email", 255),
    Column("password", LargeBinary),
    *(_identifier(name) for name in IDENTIFIERS if name != "email"),
    Column(
        "edge_count",
        Integer,
        CheckConstraint("edge_count >= 0", "edge_count"),
        nullable=False,
        server_default="0",
    ),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
    Column("verify_time", DateTime(timezone=True), nullable=False, server_default=EPOCH),
    Column("disable_time", DateTime(timezone=True), nullable=False, server_default=EPOCH),
    Index("users_username_key", "username", unique=True),
    # Partial: most players have one identifier, and the absent ones cost nothing when a player is created.
    *(
        Index(f"users_{name}_key", name, unique=True, postgresql_where=text(f"{name} IS NOT NULL"))
        for name in IDENTIFIERS
    ),
)

user_device = Table(
    "user_device",
    metadata,
    Column("id", String(128, collation="C"), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Index("user_device_user_id_idx", "user_id"),
)

user_tombstone = Table(
    "user_tombstone",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("create_time", DateTime(timezone=True), nullable=False),
)

account_deletion = Table(
    "account_deletion",
    metadata,
    # Deletions that game code has not been told of yet.
    Column("user_id", Uuid, primary_key=True),
    Column("username", String(128), nullable=False),
    Column("delete_time", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try", DateTime(timezone=True), nullable=False),
    Column("error", String(1000)),
    Index("account_deletion_next_try_idx", "next_try"),
)
