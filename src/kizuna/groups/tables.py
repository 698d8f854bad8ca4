"""Groups, and who belongs to them."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
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

from kizuna.db.metadata import metadata

groups = Table(
    "groups",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("creator_id", Uuid, nullable=False),
    Column("name", String(255, collation="C"), nullable=False),
    # The name in lower case, letter by letter: what searches compare with.
    Column("folded_name", String(255, collation="C"), nullable=False),
    Column("description", String(255)),
    Column("avatar_url", String(512)),
    Column("lang_tag", String(18, collation="C"), nullable=False, server_default="en"),
    Column("metadata", JSONB, nullable=False, server_default="{}"),
    # What teams are listed by. A column, as every change of the metadata would otherwise change all indices.
    Column("location", Text, Computed("lower(left(metadata ->> 'location', 255))", persisted=True)),
    # 0 open, 1 closed
    Column("state", SmallInteger, CheckConstraint("state in (0, 1)", "state"), nullable=False),
    # Superadmins, admins and members.
    Column("edge_count", Integer, nullable=False),
    Column("max_count", Integer, CheckConstraint("max_count >= 1", "max_count"), nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
    CheckConstraint("edge_count between 1 and max_count", "edge_count"),
    Index("groups_name_key", "name", unique=True),
    # One for each order in which groups are listed.
    Index("groups_folded_name_idx", "folded_name"),
    Index("groups_update_time_idx", "update_time", "edge_count", "id"),
    Index("groups_state_update_time_idx", "state", "update_time", "edge_count", "id"),
    Index("groups_edge_count_idx", "edge_count", "update_time", "id"),
    Index("groups_state_edge_count_idx", "state", "edge_count", "lang_tag", "id"),
    Index("groups_lang_tag_idx", "lang_tag", "edge_count", "id"),
    # Those with room for another member, all of them and by place.
    Index(
        "groups_joinable_idx",
        "update_time",
        "edge_count",
        "id",
        postgresql_where=text("edge_count < max_count"),
    ),
    Index(
        "groups_location_idx",
        "location",
        "update_time",
        "edge_count",
        "id",
        postgresql_where=text("edge_count < max_count"),
    ),
)

group_edge = Table(
    "group_edge",
    metadata,
    Column("group_id", Uuid, ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    # 0 superadmin, 1 admin, 2 member, 3 join request, 4 banned
    Column("state", SmallInteger, CheckConstraint("state between 0 and 4", "state"), nullable=False),
    # When the relation began, in nanoseconds; a change of roles does not move it.
    Column("position", BigInteger, nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
    Index("group_edge_group_order_idx", "group_id", "state", "position", "user_id"),
    Index("group_edge_user_order_idx", "user_id", "state", "position", "group_id"),
)
