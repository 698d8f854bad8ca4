"""Statements on reward modifiers, and on what members of teams were given."""

from kizuna.db.statements import Command, Query

MODIFIERS = Query(
    "team_rewards.modifiers",
    "The reward modifiers of teams, oldest first, also those that have ended.",
    """
    select m.* from unnest($1::uuid[]) as w (team_id)
    cross join lateral (
        select id, team_id::text as team_id, target, type, operator, value, start_sec, end_sec
        from team_reward_modifier where team_id = w.team_id order by start_sec, id offset 0
    ) m
    """,
)

STORE_MODIFIERS = Command(
    "team_rewards.store_modifiers",
    "Remove some of a team's modifiers, and add others in their order.",
    """
    with gone as (delete from team_reward_modifier where id = any($2::bigint[]) and team_id = $1)
    insert into team_reward_modifier (team_id, target, type, operator, value, start_sec, end_sec)
    select $1, m.target, m.type, m.operator, m.value, m.start_sec, m.end_sec
    from unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[]) with ordinality
        as m (target, type, operator, value, start_sec, end_sec, place)
    order by m.place
    """,
)

ACTIVE_MEMBERS = Query(
    "team_rewards.active_members",
    "Everybody who belongs to a team.",
    "select user_id::text as user_id from group_edge where group_id = $1 and state <= 2",
)

RECORD_GRANTS = Command(
    "team_rewards.record_grants",
    "Note what members were given that nothing here keeps for them.",
    """
    insert into team_member_grant (id, team_id, user_id, source, source_id, reward, create_time)
    select g.id, $1, g.user_id, g.source, g.source_id, g.reward, $7
    from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[])
        as g (id, user_id, source, source_id, reward)
    """,
)

GRANTS = Query(
    "team_rewards.grants",
    "A page of what a user was given, newest first, from behind a position on (null: from the newest).",
    """
    select id::text as id, team_id::text as team_id, source, source_id, reward, create_time
    from team_member_grant
    where user_id = $1 and (create_time, id)
        < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    order by create_time desc, id desc limit $4
    """,
)
