"""Statements on teams' stats."""

from kizuna.db.statements import Command, Query

OF_TEAMS = Query(
    "team_stats.of_teams",
    "Everything that was ever submitted to, for several teams.",
    """
    select s.team_id::text as team_id, s.public, s.name, s.value, s.count, s.total, s.min, s.max, s.first,
        s.last, s.update_sec
    from team_stat s where s.team_id = any($1::uuid[])
    """,
)

PUBLISH = Command(
    "team_stats.publish",
    "Show a member of a group's metadata to everybody, unless it is as it was; the time of update stays.",
    """
    update groups set metadata = metadata || jsonb_build_object($2::text, $3::text::jsonb)
    where id = $1 and metadata -> $2::text is distinct from $3::text::jsonb
    """,
)

STORE = Command(
    "team_stats.store",
    "Set stats to what they have come to.",
    """
    insert into team_stat as s (team_id, public, name, value, count, total, min, max, first, last, update_sec)
    select $1, w.public, w.name, w.value, w.count, w.total, w.min, w.max, w.first, w.last, $11
    from unnest(
        $2::boolean[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
        $9::bigint[], $10::bigint[]
    ) as w (public, name, value, count, total, min, max, first, last)
    on conflict (team_id, public, name) do update
    set value = excluded.value, count = excluded.count, total = excluded.total, min = excluded.min,
        max = excluded.max, first = excluded.first, last = excluded.last, update_sec = excluded.update_sec
    """,
)
