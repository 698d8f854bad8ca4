"""What is due on boards, and the callbacks of game code that have not been answered yet."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from kizuna.db.metadata import metadata

board_schedule = Table(
    "board_schedule",
    metadata,
    Column("board", BigInteger, ForeignKey("leaderboard.key", ondelete="CASCADE"), primary_key=True),
    # Seconds since 1970: what lay at or before `done` has happened; `due` is the next instant after it.
    Column("done", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Index("board_schedule_due_idx", "due"),
)

board_callback = Table(
    "board_callback",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("board", BigInteger, ForeignKey("leaderboard.key", ondelete="CASCADE"), nullable=False),
    Column("kind", String(32, collation="C"), nullable=False),
    Column("instant", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_try", DateTime(timezone=True), nullable=False),
    Column("error", Text),
    UniqueConstraint("board", "instant", "kind", name="board_callback_board_instant_kind_key"),
    Index("board_callback_board_id_idx", "board", "id"),
    Index("board_callback_next_try_idx", "next_try"),
)

board_callback_kind = Table(
    "board_callback_kind",
    metadata,
    # The kinds of events for which game code has had a function: these are kept for it, even by a server that
    # runs without.
    Column("kind", String(32, collation="C"), primary_key=True),
)
