"""What teams own. Every `…_sec` is in unix seconds; texts that hold JSON are as the wire has it."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from kizuna.db.metadata import metadata


def _team_id(*, primary_key: bool = False) -> Column[Any]:
    """The team that a row belongs to, and goes with."""
    group = ForeignKey("groups.id", ondelete="CASCADE")
    return Column("team_id", Uuid, group, primary_key=primary_key, nullable=False)


def _key(name: str, *, length: int = 128, primary_key: bool = False) -> Column[Any]:
    """An id that the configuration gives."""
    return Column(name, String(length, collation="C"), primary_key=primary_key, nullable=False)


def _sec(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, BigInteger, nullable=nullable)


def _properties(name: str) -> Column[Any]:
    return Column(name, JSONB, nullable=False, server_default="{}")


# Each configuration that was ever in force; the one with the highest version is.
team_config = Table(
    "team_config",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),
    _sec("create_sec"),
)

# The groups that are teams: made as one, or once written to by a Teams function.
team = Table(
    "team",
    metadata,
    _team_id(primary_key=True),
    Column("short_code", String(16, collation="C")),
    _sec("create_sec"),
    _sec("wallet_update_sec", nullable=True),
    # The last that a mailbox entry was given.
    Column("mailbox_sequence", BigInteger, nullable=False, server_default="0"),
    Index("team_short_code_key", func.lower(text("short_code")), unique=True),
)

# --- wallet ---

team_currency = Table(
    "team_currency",
    metadata,
    _team_id(primary_key=True),
    _key("currency", primary_key=True),
    # What it began with, as the configuration had it at the first change: the rest is in the ledger.
    Column("start", BigInteger, nullable=False),
    Column("balance", BigInteger, CheckConstraint("balance >= 0", "balance"), nullable=False),
)

# Every change of what a team has: amounts by currency and by item, below zero for what it lost.
team_ledger = Table(
    "team_ledger",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    # Stays when the team goes: whoever looks into what has happened needs it then, too.
    Column("team_id", Uuid, nullable=False),
    # Whoever caused it; null for the server. Stays when the account goes.
    Column("user_id", Uuid),
    _key("source", length=64),
    _key("source_id", length=256),
    _properties("currencies"),
    _properties("items"),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Index("team_ledger_team_id_idx", "team_id", "id"),
)

# --- stats ---

team_stat = Table(
    "team_stat",
    metadata,
    _team_id(primary_key=True),
    Column("public", Boolean, primary_key=True),
    _key("name", primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("min", BigInteger, nullable=False),
    Column("max", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    _sec("update_sec"),
)

# --- inventory ---

team_item = Table(
    "team_item",
    metadata,
    Column("instance_id", Uuid, primary_key=True),
    _team_id(),
    _key("item_id"),
    # Of a stackable item there is one instance.
    Column("stack", Boolean, nullable=False),
    Column("count", BigInteger, CheckConstraint("count >= 0", "count"), nullable=False),
    # Only what differs from the item's definition.
    _properties("string_properties"),
    _properties("numeric_properties"),
    # {"string": [names], "numeric": [names]} of what the definition has and this instance has not.
    _properties("removed_properties"),
    _sec("owned_sec"),
    _sec("update_sec"),
    Index("team_item_team_id_idx", "team_id", "item_id", "owned_sec", "instance_id"),
    Index("team_item_stack_key", "team_id", "item_id", unique=True, postgresql_where=text("stack")),
)

# --- rewards ---

team_reward_modifier = Table(
    "team_reward_modifier",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _team_id(),
    # The currency or item that it changes.
    _key("target"),
    _key("type", length=16),
    _key("operator", length=16),
    Column("value", BigInteger, nullable=False),
    _sec("start_sec"),
    _sec("end_sec"),
    Index("team_reward_modifier_team_id_idx", "team_id", "start_sec", "id"),
)

# What members were given that no system here keeps: items, energies, modifiers.
team_member_grant = Table(
    "team_member_grant",
    metadata,
    Column("id", Uuid, primary_key=True),
    # Stays when the team goes: the rewards are the members'.
    Column("team_id", Uuid, nullable=False),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    _key("source", length=64),
    _key("source_id", length=256),
    Column("reward", Text, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Index("team_member_grant_user_id_idx", "user_id", "create_time", "id"),
)

# --- mailbox ---

team_mailbox_entry = Table(
    "team_mailbox_entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    _team_id(),
    Column("sequence", BigInteger, nullable=False),
    # What clients see of it.
    Column("reward", Text, nullable=False),
    # What a claim gives, with the properties of each item.
    Column("parcel", Text, nullable=False),
    _sec("create_sec"),
    _sec("update_sec"),
    _sec("expiry_sec", nullable=True),
    _sec("claim_sec", nullable=True),
    # Of a claimed entry that was deleted the receipt is kept: a claim that is repeated answers with it.
    _sec("delete_sec", nullable=True),
    CheckConstraint("delete_sec is null or claim_sec is not null", "receipt"),
    UniqueConstraint("team_id", "sequence", name="team_mailbox_entry_sequence_key"),
    Index(
        "team_mailbox_entry_list_idx",
        "team_id",
        "create_sec",
        "sequence",
        postgresql_where=text("delete_sec is null"),
    ),
    Index(
        "team_mailbox_entry_team_expiry_idx",
        "team_id",
        "expiry_sec",
        postgresql_where=text("delete_sec is null and expiry_sec is not null"),
    ),
    Index(
        "team_mailbox_entry_expiry_sec_idx",
        "expiry_sec",
        postgresql_where=text("delete_sec is null and expiry_sec is not null"),
    ),
    Index("team_mailbox_entry_delete_sec_idx", "delete_sec"),
)

# --- achievements ---

team_achievement = Table(
    "team_achievement",
    metadata,
    _team_id(primary_key=True),
    _key("achievement_id", primary_key=True),
    # When the period began that the progress belongs to.
    _sec("period_sec"),
    Column("count", BigInteger, CheckConstraint("count >= 0", "count"), nullable=False),
    Column("completions", BigInteger, nullable=False, server_default="0"),
    _sec("first_progress_sec", nullable=True),
    _sec("update_sec"),
    _sec("claim_sec", nullable=True),
    Column("reward", Text),
    _sec("total_claim_sec", nullable=True),
    Column("total_reward", Text),
    # Progress has begun anew: the claims are those of the completion before.
    Column("restarted", Boolean, nullable=False, server_default="false"),
)

# --- event leaderboards ---

team_event_cohort = Table(
    "team_event_cohort",
    metadata,
    Column("id", Uuid, primary_key=True),
    _key("event_id"),
    _sec("start_sec"),
    _sec("end_sec", nullable=True),
    _sec("expiry_sec", nullable=True),
    Column("tier", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False),
    _sec("complete_sec", nullable=True),
    Column("matchmaker_properties", Text),
    CheckConstraint("count between 0 and size", "count"),
    Index(
        "team_event_cohort_open_idx",
        "event_id",
        "start_sec",
        "tier",
        "create_time",
        "id",
        postgresql_where=text("count < size and complete_sec is null"),
    ),
    Index("team_event_cohort_expiry_sec_idx", "expiry_sec"),
)

team_event_score = Table(
    "team_event_score",
    metadata,
    Column("cohort_id", Uuid, ForeignKey("team_event_cohort.id", ondelete="CASCADE"), primary_key=True),
    Column("team_id", Uuid, primary_key=True),
    # The same, null for the teams that only fill a cohort while a game is tried out.
    Column("group_id", Uuid, ForeignKey("groups.id", ondelete="CASCADE")),
    Column("name", String(255), nullable=False, server_default=""),
    Column("score", BigInteger, nullable=False),
    Column("subscore", BigInteger, nullable=False),
    Column("num_scores", BigInteger, nullable=False),
    Column("metadata", Text, nullable=False),
    _sec("create_sec"),
    _sec("update_sec"),
    # The order of submissions within a second.
    Column("update_order", BigInteger, nullable=False, server_default="0"),
    Index("team_event_score_group_id_idx", "group_id"),
)

team_event_contribution = Table(
    "team_event_contribution",
    metadata,
    Column("cohort_id", Uuid, primary_key=True),
    Column("team_id", Uuid, primary_key=True),
    Column("user_id", Uuid, primary_key=True),
    Column("score", BigInteger, nullable=False),
    Column("subscore", BigInteger, nullable=False),
    Column("num_scores", BigInteger, nullable=False),
    Column("metadata", Text, nullable=False),
    _sec("create_sec"),
    _sec("update_sec"),
    ForeignKeyConstraint(
        ["cohort_id", "team_id"],
        ["team_event_score.cohort_id", "team_event_score.team_id"],
        name="team_event_contribution_score_fkey",
        ondelete="CASCADE",
    ),
)

# The cohort that a team was last rolled into, by event.
team_event = Table(
    "team_event",
    metadata,
    _team_id(primary_key=True),
    _key("event_id", primary_key=True),
    Column("cohort_id", Uuid, nullable=False),
    _sec("start_sec"),
    _sec("end_sec", nullable=True),
    _sec("expiry_sec", nullable=True),
    Column("tier", Integer, nullable=False),
    Column("rolls", Integer, nullable=False),
    Column("roll_number", Integer, nullable=False),
    _sec("roll_sec"),
    _sec("claim_sec", nullable=True),
    Column("reward", Text),
    Column("best_rank", BigInteger),
    # What the cohort came to for this team, kept when the cohort itself is cleared away.
    Column("outcome", Text),
)

# Every roll: a team is rolled into one cohort at a time.
team_event_roll = Table(
    "team_event_roll",
    metadata,
    _team_id(primary_key=True),
    _key("event_id", primary_key=True),
    Column("start_sec", BigInteger, primary_key=True),
    Column("roll_number", Integer, primary_key=True),
    Column("cohort_id", Uuid, ForeignKey("team_event_cohort.id", ondelete="CASCADE"), nullable=False),
    Index("team_event_roll_cohort_id_idx", "cohort_id"),
)

# --- gifts ---

team_gift = Table(
    "team_gift",
    metadata,
    _team_id(primary_key=True),
    _key("gift_id", primary_key=True),
    Column("start_sec", BigInteger, primary_key=True),
    # When its rewards can no longer be claimed.
    _sec("expiry_sec"),
    Column("count", BigInteger, CheckConstraint("count >= 0", "count"), nullable=False),
    Index("team_gift_expiry_sec_idx", "expiry_sec"),
)


def _of_gift(name: str) -> list[Any]:
    """The columns that say which iteration of a gift a row belongs to, and goes with."""
    return [
        Column("team_id", Uuid, primary_key=True),
        _key("gift_id", primary_key=True),
        Column("start_sec", BigInteger, primary_key=True),
        Column("user_id", Uuid, primary_key=True),
        ForeignKeyConstraint(
            ["team_id", "gift_id", "start_sec"],
            ["team_gift.team_id", "team_gift.gift_id", "team_gift.start_sec"],
            name=f"{name}_gift_fkey",
            ondelete="CASCADE",
        ),
    ]


team_gift_contribution = Table(
    "team_gift_contribution",
    metadata,
    *_of_gift("team_gift_contribution"),
    Column("count", BigInteger, CheckConstraint("count > 0", "count"), nullable=False),
    _sec("create_sec"),
    _sec("update_sec"),
    # The order of first contributions.
    Column("position", BigInteger, nullable=False),
)

team_gift_claim = Table(
    "team_gift_claim",
    metadata,
    *_of_gift("team_gift_claim"),
    Column("min_count", BigInteger, primary_key=True),
    _sec("claim_sec"),
)
