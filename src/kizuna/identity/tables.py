"""Counters of wrong passwords."""

from sqlalchemy import Column, DateTime, Index, Integer, String, Table

from kizuna.db.metadata import metadata

#: One counter for each thing that is limited, counting from its first failure until `expires_at`.
password_attempt = Table(
    "password_attempt",
    metadata,
    Column("subject", String(256, collation="C"), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("password_attempt_expires_at_idx", "expires_at"),
)
