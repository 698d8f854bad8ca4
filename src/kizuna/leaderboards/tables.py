"""Leaderboards, tournaments and their records. A tournament is a leaderboard with a duration."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from kizuna.db.metadata import metadata

leaderboard = Table(
    "leaderboard",
    metadata,
    # What records refer to. An id that is deleted and created again is another board, with another key.
    Column("key", BigInteger, Identity(always=True), primary_key=True),
    Column("id", String(128, collation="C"), nullable=False),
    Column("authoritative", Boolean, nullable=False),
    Column("sort_order", SmallInteger, CheckConstraint("sort_order in (0, 1)", "sort_order"), nullable=False),
    Column("operator", SmallInteger, CheckConstraint("operator between 0 and 3", "operator"), nullable=False),
    Column("reset_schedule", String(64)),
    Column("metadata", JSONB, nullable=False),
    Column("enable_ranks", Boolean, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column(
        "category", SmallInteger, CheckConstraint("category between 0 and 127", "category"), nullable=False
    ),
    Column("title", String(255), nullable=False),
    Column("description", String(255), nullable=False),
    Column("duration", Integer, CheckConstraint("duration >= 0", "duration"), nullable=False),
    # Whole seconds since 1970; an end of 0 is none.
    Column("start_time", BigInteger, CheckConstraint("start_time >= 0", "start_time"), nullable=False),
    Column("end_time", BigInteger, CheckConstraint("end_time >= 0", "end_time"), nullable=False),
    Column("join_required", Boolean, nullable=False),
    Column("max_size", Integer, CheckConstraint("max_size > 0", "max_size"), nullable=False),
    Column("max_num_score", Integer, CheckConstraint("max_num_score > 0", "max_num_score"), nullable=False),
    # Gone for everybody; the row itself goes when the last of its records has been removed.
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    Index("leaderboard_id_key", "id", unique=True, postgresql_where=text("not deleted")),
    Index(
        "leaderboard_create_time_id_idx",
        "create_time",
        "id",
        postgresql_where=text("duration = 0 and not deleted"),
    ),
    Index(
        "leaderboard_tournaments_idx",
        "start_time",
        text("end_time desc"),
        "category",
        "id",
        postgresql_where=text("duration > 0 and not deleted"),
    ),
    Index("leaderboard_deleted_idx", "key", postgresql_where=text("deleted")),
)

leaderboard_record = Table(
    "leaderboard_record",
    metadata,
    # The key leads with the owner: it serves the deletion of an account too. Anybody can be an owner, so it
    # is no foreign key.
    Column("owner_id", Uuid, primary_key=True),
    Column("board", BigInteger, ForeignKey("leaderboard.key"), primary_key=True),
    # The period: the second in which it ends, 0 for a board that is never reset.
    Column("expiry", BigInteger, primary_key=True),
    Column("username", String(128)),
    Column("score", BigInteger, CheckConstraint("score >= 0", "score"), nullable=False),
    Column("subscore", BigInteger, CheckConstraint("subscore >= 0", "subscore"), nullable=False),
    Column("num_score", Integer, nullable=False),
    Column("max_num_score", Integer, CheckConstraint("max_num_score > 0", "max_num_score"), nullable=False),
    # Null is an empty object.
    Column("metadata", JSONB),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
    # How the last write was combined with what stood there before it, and that.
    Column("rule", SmallInteger, nullable=False),
    Column("prev_score", BigInteger, nullable=False),
    Column("prev_subscore", BigInteger, nullable=False),
    Index("leaderboard_record_order_idx", "board", "expiry", "score", "subscore", "owner_id"),
)

tournament_size = Table(
    "tournament_size",
    metadata,
    # How many take part in a period of a tournament whose size is limited.
    Column("board", BigInteger, ForeignKey("leaderboard.key", ondelete="CASCADE"), primary_key=True),
    Column("expiry", BigInteger, primary_key=True),
    Column("size", Integer, CheckConstraint("size >= 0", "size"), nullable=False),
)
