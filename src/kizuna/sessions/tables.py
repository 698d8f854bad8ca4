"""Sessions that ended before their tokens expire."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, String, Table, Uuid

from kizuna.db.metadata import metadata

# No foreign keys: a deleted account's sessions stay ended.

#: Every token of a user issued before `cutoff` (seconds since 1970) is refused; 0 refuses none. The row is
#: kept until `expires_at`, when all tokens have expired that its cut-off may concern, now or after it moves.
session_cutoff = Table(
    "session_cutoff",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("cutoff", BigInteger, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("session_cutoff_expires_at_idx", "expires_at"),
)

#: Single sessions, by the id that a session token and its refresh token share.
session_revocation = Table(
    "session_revocation",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("token_id", String(128, collation="C"), primary_key=True),
    Column("refresh", Boolean, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("session_revocation_expires_at_idx", "expires_at"),
)
