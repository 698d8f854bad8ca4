"""Statements on ended sessions."""

from kizuna.db.statements import Command, Query

CUT_OFF = Command(
    "sessions.cut_off",
    "End all sessions of users that began before an instant, or before a later one than the last time.",
    """
    insert into session_cutoff as c (user_id, cutoff, expires_at)
    select id, $2, $3 from unnest($1::uuid[]) id order by id
    on conflict (user_id) do update set
        cutoff = greatest(c.cutoff + 1, excluded.cutoff),
        expires_at = greatest(c.expires_at, excluded.expires_at)
    returning user_id::text, cutoff, extract(epoch from expires_at)::float8 as expires
    """,
)

KEEP_CUTOFF = Command(
    "sessions.keep_cutoff",
    "Keep a user's cut-off, the present one or one that is yet to come, until an instant; which it is now.",
    """
    insert into session_cutoff as c (user_id, cutoff, expires_at) values ($1, 0, $2)
    on conflict (user_id) do update set expires_at = greatest(c.expires_at, excluded.expires_at)
    returning cutoff
    """,
)

REVOKE = Command(
    "sessions.revoke",
    "End one session: its session tokens, its refresh tokens, or both.",
    """
    insert into session_revocation as r (user_id, token_id, refresh, expires_at)
    select $1, t.token_id, t.refresh, t.expires_at
    from unnest($2::text[], $3::bool[], $4::timestamptz[]) t (token_id, refresh, expires_at)
    order by t.token_id, t.refresh
    on conflict (user_id, token_id, refresh) do update
    set expires_at = greatest(r.expires_at, excluded.expires_at)
    """,
)

ALL_CUTOFFS = Query(
    "sessions.all_cutoffs",
    "Every cut-off in force, or those of one user.",
    """
    select user_id::text, cutoff, extract(epoch from expires_at)::float8 as expires
    from session_cutoff where expires_at > $1 and cutoff > 0 and ($2::uuid is null or user_id = $2)
    """,
)

ALL_REVOCATIONS = Query(
    "sessions.all_revocations",
    "Every revoked session that could still be used, or those of one user.",
    """
    select user_id::text, token_id, refresh, extract(epoch from expires_at)::float8 as expires
    from session_revocation where expires_at > $1 and ($2::uuid is null or user_id = $2)
    """,
)

FORGET_CUTOFFS = Command(
    "sessions.forget_cutoffs",
    "Drop cut-offs that outlived every token they concern.",
    "delete from session_cutoff where expires_at <= $1",
)

FORGET_REVOCATIONS = Command(
    "sessions.forget_revocations",
    "Drop revocations that outlived their tokens.",
    "delete from session_revocation where expires_at <= $1",
)
