"""Statements on tournaments: attempts, and the number of players."""

from kizuna.db.statements import Command, Query
from kizuna.leaderboards.fragments import CHANGED, FROM_PLACE, GIVEN, IS_AT_PLACE, NOW, RECORD, UPDATE, upsert

ATTEMPT = Command(
    "records.attempt",
    "Write scores to tournaments that everybody may enter. No row for one whose attempts are used up.",
    upsert(1, f"do update set {UPDATE} where r.num_score < r.max_num_score"),
)

JOIN = Command(
    "records.join",
    "Enter tournaments, without a score. No row for those who take part already.",
    upsert(0, "do nothing"),
)

ATTEMPT_JOINED = Command(
    "records.attempt_joined",
    "Write scores to tournaments that must be joined. No row for one without record or whose attempts are "
    "used up.",
    f"""
    update leaderboard_record r set {UPDATE.replace("excluded.", "e.")}
    from (
        select w.owner_id, w.board, w.expiry, w.username, w.metadata::jsonb as metadata, w.rule,
            {NOW} as update_time, w.given_score as prev_score, w.given_subscore as prev_subscore
        from {GIVEN}
    ) e
    where r.owner_id = e.owner_id and r.board = e.board and r.expiry = e.expiry
        and r.num_score < r.max_num_score
    returning {RECORD}, {CHANGED}
    """,
)

ADD_ATTEMPTS = Command(
    "records.add_attempts",
    "Give an owner more attempts, or take some away.",
    """
    update leaderboard_record set max_num_score = max_num_score + $4
    where owner_id = $1 and board = $2 and expiry = $3
    returning max_num_score
    """,
)

# --- the number of players of tournaments whose size is limited ---

SIZES = Query(
    "tournaments.sizes",
    "How many take part in periods of tournaments.",
    """
    select s.board, s.expiry, s.size from unnest($1::bigint[], $2::bigint[]) as w (board, expiry)
    join tournament_size s on s.board = w.board and s.expiry = w.expiry
    """,
)

PLAYERS = Query(
    "tournaments.players",
    "How many have a record of a tournament's period; of one that is over there is no other number.",
    "select count(*)::int as players from leaderboard_record r where r.board = $1 and r.expiry = $2",
)

HOLD_SIZES = Command(
    "tournaments.hold_sizes",
    "Lock the numbers of players of tournaments' periods, and tell them, without those who have just come. "
    "Where there is none, as when somebody comes late into a period that is over, the records are counted.",
    """
    insert into tournament_size as s (board, expiry, size)
    select w.board, w.expiry,
        case when exists (
            select from tournament_size k where k.board = w.board and k.expiry = w.expiry) then 0
        else (
            select greatest(count(*) - w.newcomers, 0) from leaderboard_record r
            where r.board = w.board and r.expiry = w.expiry
        ) end
    from unnest($1::bigint[], $2::bigint[], $3::int[]) as w (board, expiry, newcomers)
    order by w.board, w.expiry
    on conflict (board, expiry) do update set size = s.size
    returning s.board, s.expiry, s.size
    """,
)

ADMIT = Command(
    "tournaments.admit",
    "Count players in; their periods are held.",
    """
    update tournament_size s set size = s.size + w.players
    from unnest($1::bigint[], $2::bigint[], $3::int[]) as w (board, expiry, players)
    where s.board = w.board and s.expiry = w.expiry
    """,
)

EXCLUDE = Command(
    "tournaments.exclude",
    "Take back records that were written beyond the tournament's size.",
    f"""
    delete from leaderboard_record where ctid = any(array(
        select r.ctid from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as w (owner_id, board, expiry)
        cross join lateral {FROM_PLACE} r where {IS_AT_PLACE}))
    """,
)
