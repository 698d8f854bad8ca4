"""Statements on the stored configurations."""

from kizuna.db.statements import Command, Query

BELOW = Query(
    "teams.config.below",
    "The configuration with the highest version below one.",
    "select version, content from team_config where version < $1 order by version desc limit 1",
)

ABOVE = Query(
    "teams.config.above",
    "The same, if it is above one.",
    "select version, content from team_config where version > $1 order by version desc limit 1",
)

HOLD = Query(
    "teams.config.hold",
    "Be the only one who stores a configuration until the transaction ends.",
    "select pg_advisory_xact_lock(hashtextextended('kizuna:team_config', 0))",
)

STORE = Command(
    "teams.config.store",
    "Store a configuration.",
    "insert into team_config (version, content, create_sec) values ($1, $2, $3)",
)

FORGET = Command(
    "teams.config.forget",
    "Delete the configurations up to a version.",
    "delete from team_config where version <= $1",
)
