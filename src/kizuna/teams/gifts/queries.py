"""Statements on teams' gifts."""

from kizuna.db.statements import Command, Query

STANDING = Query(
    "team_gifts.standing",
    "How iterations of gifts stand: count, contributors, and the thresholds that a user has claimed.",
    """
    select coalesce(g.count, 0) as count,
        coalesce(c.contributors, '[]') as contributors,
        coalesce(m.claimed, '{}') as claimed
    from unnest($1::uuid[], $2::text[], $3::bigint[], $4::uuid[]) with ordinality
        as w (team_id, gift_id, start_sec, user_id, place)
    left join lateral (
        select count from team_gift
        where team_id = w.team_id and gift_id = w.gift_id and start_sec = w.start_sec offset 0
    ) g on true
    left join lateral (
        select json_agg(json_build_object(
            'user_id', c.user_id, 'count', c.count, 'position', c.position, 'create_sec', c.create_sec,
            'update_sec', c.update_sec, 'username', u.username, 'display_name', u.display_name,
            'avatar_url', u.avatar_url
        ))::text as contributors
        from team_gift_contribution c
        left join lateral (
            select username, display_name, avatar_url from users where id = c.user_id offset 0
        ) u on true
        where c.team_id = w.team_id and c.gift_id = w.gift_id and c.start_sec = w.start_sec
    ) c on true
    left join lateral (
        select array_agg(min_count) as claimed from team_gift_claim
        where team_id = w.team_id and gift_id = w.gift_id and start_sec = w.start_sec
            and user_id = w.user_id
    ) m on true
    order by w.place
    """,
)

CONTRIBUTE = Command(
    "team_gifts.contribute",
    "Add to an iteration what a member contributes.",
    """
    with gift as (
        insert into team_gift as g (team_id, gift_id, start_sec, expiry_sec, count)
        values ($1, $2, $3, $4, $6)
        on conflict (team_id, gift_id, start_sec) do update
            set count = g.count + excluded.count, expiry_sec = excluded.expiry_sec
    )
    insert into team_gift_contribution as c
        (team_id, gift_id, start_sec, user_id, count, create_sec, update_sec, position)
    values ($1, $2, $3, $5, $6, $7, $7, $8)
    on conflict (team_id, gift_id, start_sec, user_id) do update
        set count = c.count + excluded.count, update_sec = excluded.update_sec
    """,
)

CLAIM = Command(
    "team_gifts.claim",
    "Note that a user has claimed thresholds of an iteration.",
    """
    insert into team_gift_claim (team_id, gift_id, start_sec, user_id, min_count, claim_sec)
    select $1, $2, $3, $4, c.min_count, $6 from unnest($5::bigint[]) as c (min_count)
    """,
)

PURGE = Command(
    "team_gifts.purge",
    "Remove some iterations that expired before a time, the oldest first.",
    """
    delete from team_gift where ctid = any (array(
        select ctid from team_gift where expiry_sec <= $1 order by expiry_sec limit $2 for update skip locked
    ))
    returning 1
    """,
)
