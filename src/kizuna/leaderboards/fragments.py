"""Parts of SQL that the statements on records of leaderboards and of tournaments share."""


def _seconds(column: str) -> str:
    return f"floor(date_part('epoch', {column}))::bigint"


#: The columns behind a record's message, of `leaderboard_record r`. Times are read much faster as numbers.
RECORD = f"""
    r.owner_id::text as owner_id, r.username::text as username, r.score, r.subscore, r.num_score,
    r.max_num_score, coalesce(r.metadata::text, '{{}}') as metadata,
    {_seconds("r.create_time")} as create_time, {_seconds("r.update_time")} as update_time, r.expiry
"""

# What a write makes of a record that exists, by `rule` (see `records.rule`). What was given stands in
# excluded.prev_score and excluded.prev_subscore, because a decrement proposes 0 for a new record.


def _combined(column: str, given: str) -> str:
    return f"""case excluded.rule
        when 0 then least(r.{column}, {given})
        when 1 then greatest(r.{column}, {given})
        when 2 then {given}
        when 3 then r.{column} + {given}
        when 4 then greatest(r.{column} - {given}, 0)
        when 5 then case when r.num_score = 0 then {given} else least(r.{column}, {given}) end end"""


UPDATE = f"""
    score = {_combined("score", "excluded.prev_score")},
    subscore = {_combined("subscore", "excluded.prev_subscore")},
    num_score = r.num_score + 1, username = coalesce(excluded.username, r.username),
    metadata = coalesce(excluded.metadata, r.metadata), update_time = excluded.update_time,
    rule = excluded.rule, prev_score = r.score, prev_subscore = r.subscore
"""

# The first record from a place on. Plans are kept, and may have been made while the table was empty: to such
# a plan it is all the same by which index a record is found, or that all records are compared with all
# places. Only the primary key has this order, and what has a limit is looked up for each place.
FROM_PLACE = """(
    select k.ctid, k.* from leaderboard_record k
    where (k.owner_id, k.board, k.expiry) >= (w.owner_id, w.board, w.expiry)
    order by k.owner_id, k.board, k.expiry limit 1
)"""
IS_AT_PLACE = "r.owner_id = w.owner_id and r.board = w.board and r.expiry = w.expiry"

# What rank indices must know of a changed record besides.
CHANGED = "r.board, r.prev_score, r.prev_subscore, pg_current_xact_id()::text::bigint as xid"

# The records of players whose account has been deleted meanwhile, and those of boards that are gone, are not
# written. The lock makes a deletion of the account wait, and then see the record.
GIVEN = """
    unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],
        $8::smallint[], $9::bool[])
        as w (owner_id, board, expiry, username, given_score, given_subscore, metadata, rule, server)
    cross join lateral (
        select k.key, k.max_num_score, k.deleted from leaderboard k where k.key >= w.board
        order by k.key limit 1) l
    where l.key = w.board and not l.deleted and (w.server or w.owner_id in (
        select u.id from (
            select p.id from users p where p.id = any($1::uuid[]) order by p.id for key share) u))
"""

#: When that is, as a parameter of the statements.
NOW = "$10::timestamptz"


def _first(given: str) -> str:
    """What a new record holds."""
    return f"case w.rule when 4 then 0 else {given} end"


def upsert(num_score: int, condition: str) -> str:
    return f"""
    insert into leaderboard_record as r
        (owner_id, board, expiry, username, score, subscore, num_score, max_num_score, metadata, create_time,
        update_time, rule, prev_score, prev_subscore)
    select w.owner_id, w.board, w.expiry, w.username, {_first("w.given_score")},
        {_first("w.given_subscore")}, {num_score}, l.max_num_score, w.metadata::jsonb, {NOW}, {NOW},
        w.rule, w.given_score, w.given_subscore
    from {GIVEN} order by w.owner_id, w.board, w.expiry
    on conflict (owner_id, board, expiry) {condition}
    returning {RECORD}, {CHANGED}
    """
