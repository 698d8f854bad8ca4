"""Statements on teams as a whole."""

from kizuna.db.statements import Command, Query

LOCK = Query(
    "teams.lock",
    "Hold a team's group until the transaction ends.",
    "select from groups where id = $1 for no key update",
)

#: To be read once the group is locked: what is read along with a lock may be from before it was given.
HELD = Query(
    "teams.held",
    "The group of a team that is held, whether it is known as a team, and how a user stands to it.",
    """
    select g.id::text as id, g.name, g.state, g.edge_count, g.max_count,
        exists (select 1 from team t where t.team_id = g.id) as adopted,
        (select e.state from group_edge e where e.group_id = g.id and e.user_id = $2) as role /* rows */
    from groups g where g.id = ($1::uuid[])[1]
    """,
)

STANDING = Query(
    "teams.standing",
    "How users stand to teams: null for no relation, no row for no team.",
    """
    select g.id::text as team_id, w.user_id::text as user_id,
        (select e.state from group_edge e where e.group_id = g.id and e.user_id = w.user_id) as state
    from unnest($1::uuid[], $2::uuid[]) as w (team_id, user_id)
    cross join lateral (select id from groups where id = w.team_id offset 0) g
    """,
)

ADOPT = Command(
    "teams.adopt",
    "Make a group a team, with the short code of its metadata if that is one and nobody has it.",
    """
    insert into team (team_id, short_code, create_sec)
    select g.id, s.code, $2 from groups g
    left join lateral (
        select m.code from (select g.metadata ->> 'short_code' as code) m
        where m.code ~ '^[A-Za-z0-9]{3,16}$'
            and not exists (select 1 from team o where lower(o.short_code) = lower(m.code))
    ) s on true
    where g.id = $1
    on conflict do nothing
    returning team_id
    """,
)

ADOPT_PLAINLY = Command(
    "teams.adopt_plainly",
    "Make a group a team without a short code.",
    "insert into team (team_id, create_sec) values ($1, $2) on conflict (team_id) do nothing",
)
