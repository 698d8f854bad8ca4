"""Statements on leaderboards, tournaments and their records."""

from kizuna.db.statements import Command, Query
from kizuna.leaderboards.fragments import FROM_PLACE, IS_AT_PLACE, RECORD, UPDATE, upsert

# --- definitions ---

_DEFINITION = """
    l.key, l.id::text as id, l.authoritative, l.sort_order, l.operator,
    l.reset_schedule::text as reset_schedule, l.metadata::text as metadata, l.enable_ranks, l.create_time,
    l.category, l.title::text as title,
    l.description::text as description, l.duration, l.start_time, l.end_time, l.join_required, l.max_size,
    l.max_num_score
"""

BY_ID = Query(
    "boards.by_id",
    "Boards by their ids.",
    f"select {_DEFINITION} from leaderboard l where l.id = any($1::text[]) and not l.deleted",
)

BY_KEY = Query(
    "boards.by_key",
    "Boards by their keys.",
    f"select {_DEFINITION} from leaderboard l where l.key = any($1::bigint[]) and not l.deleted",
)

CREATE_BOARD = Command(
    "boards.create",
    "Define a board. No row if the id is taken.",
    f"""
    insert into leaderboard as l
        (id, authoritative, sort_order, operator, reset_schedule, metadata, enable_ranks, create_time,
        category, title, description, duration, start_time, end_time, join_required, max_size, max_num_score)
    values ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
    on conflict (id) where not deleted do nothing
    returning {_DEFINITION}
    """,
)

DELETE_BOARD = Command(
    "boards.delete",
    "Let a board be gone for everybody; of tournaments alone, if so asked.",
    """
    update leaderboard set deleted = true where id = $1 and not deleted and (duration > 0 or not $2)
    returning key
    """,
)

DISABLE_RANKS = Command(
    "boards.disable_ranks",
    "Keep no ranks for a board any more.",
    "update leaderboard set enable_ranks = false where id = $1 and not deleted returning key",
)

LIST_LEADERBOARDS = Query(
    "boards.list_leaderboards",
    "A page of plain leaderboards in the order of their creation.",
    f"""
    select {_DEFINITION} from leaderboard l
    where l.duration = 0 and not l.deleted and (l.create_time, l.id) > ($1, $2)
    order by l.create_time, l.id limit $3
    """,
)

LIST_TOURNAMENTS = Query(
    "boards.list_tournaments",
    "A page of tournaments by category, start (at least), and end: null for those that have not ended at $5, "
    "0 for those without, else at most that. It begins behind (start, -end, category, id).",
    f"""
    select {_DEFINITION} from leaderboard l
    where l.duration > 0 and not l.deleted
        and l.category between $1::bigint and $2::bigint
        and ($3::bigint is null or l.start_time >= $3)
        and case when $4::bigint is null then l.end_time = 0 or l.end_time >= $5
            when $4 = 0 then l.end_time = 0
            else l.end_time > 0 and l.end_time <= $4 end
        and (l.start_time, -l.end_time, l.category::bigint, l.id)
            > ($6::bigint, $7::bigint, $8::bigint, $9::text)
    order by l.start_time, l.end_time desc, l.category, l.id limit $10
    """,
)

GONE = Query(
    "boards.gone",
    "A board that is gone and has not been cleared away.",
    "select key from leaderboard where deleted order by key limit 1",
)

CLEAR_RECORDS = Command(
    "boards.clear_records",
    "Remove some of a board's records.",
    """
    delete from leaderboard_record where ctid = any(array(
        select ctid from leaderboard_record where board = $1
        order by expiry, score, subscore, owner_id limit $2 for update skip locked))
    returning 1
    """,
)

CLEAR = Command(
    "boards.clear",
    "Remove what is left of a board without records. A record that comes meanwhile makes it fail.",
    "delete from leaderboard where key = $1 and deleted",
)

# --- records ---

_CHANGES_SOMETHING = """case excluded.rule
    when 0 then excluded.prev_score < r.score or excluded.prev_subscore < r.subscore
    when 1 then excluded.prev_score > r.score or excluded.prev_subscore > r.subscore
    when 2 then excluded.prev_score <> r.score or excluded.prev_subscore <> r.subscore
    else excluded.prev_score <> 0 or excluded.prev_subscore <> 0 end
"""

WRITE = Command(
    "records.write",
    "Write scores to leaderboards. No row for one that changes nothing.",
    upsert(1, f"do update set {UPDATE} where {_CHANGES_SOMETHING}"),
)

READ = Query(
    "records.read",
    "Records by owner, board and period.",
    f"""
    select w.place, {RECORD}, r.board
    from unnest($1::int[], $2::uuid[], $3::bigint[], $4::bigint[]) as w (place, owner_id, board, expiry)
    cross join lateral {FROM_PLACE} r where {IS_AT_PLACE}
    """,
)

_REMOVED = """
    r.owner_id::text as owner_id, r.board, r.expiry, r.score, r.subscore,
    pg_current_xact_id()::text::bigint as xid
"""

DELETE = Command(
    "records.delete",
    "Delete a record.",
    f"""
    delete from leaderboard_record r where r.owner_id = $1 and r.board = $2 and r.expiry = $3
    returning {_REMOVED}
    """,
)

DELETE_OWNED = Command(
    "records.delete_owned",
    "Delete all records of an owner.",
    f"delete from leaderboard_record r where r.owner_id = $1 returning {_REMOVED}",
)

LEAVE = Command(
    "records.leave",
    "Count players out of tournaments' periods, where they are counted; held in the order in which everybody "
    "holds them.",
    """
    with held as (
        select s.board, s.expiry from unnest($1::bigint[], $2::bigint[]) as g (board, expiry)
        join tournament_size s on s.board = g.board and s.expiry = g.expiry
        order by s.board, s.expiry for update of s
    )
    update tournament_size s set size = greatest(s.size - w.players, 0)
    from (select h.board, h.expiry, count(*)::int as players from held h group by h.board, h.expiry) w
    where s.board = w.board and s.expiry = w.expiry
    """,
)

# --- lists: an ascending board is read upwards, a descending one downwards; previous pages the other way ---

_AT_OR_AFTER = "(r.score, r.subscore, r.owner_id) >= (p.score, p.subscore, p.owner_id)"
_AT_OR_BEFORE = "(r.score, r.subscore, r.owner_id) <= (p.score, p.subscore, p.owner_id)"
_UPWARDS = "r.score, r.subscore, r.owner_id"
_DOWNWARDS = "r.score desc, r.subscore desc, r.owner_id desc"


def _scan(condition: str, order: str) -> str:
    return f"""
    select p.place, page.*
    from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::uuid[], $7::int[])
        as p (place, board, expiry, score, subscore, owner_id, size)
    cross join lateral (
        select {RECORD} from leaderboard_record r
        where r.board = p.board and r.expiry = p.expiry and {condition}
        order by {order} limit p.size
    ) page
    """


SCAN_UPWARDS = Query(
    "records.scan_upwards",
    "Pages of records from a position upwards, the one at the position included.",
    _scan(_AT_OR_AFTER, _UPWARDS),
)

SCAN_DOWNWARDS = Query(
    "records.scan_downwards",
    "Pages of records from a position downwards, the one at the position included.",
    _scan(_AT_OR_BEFORE, _DOWNWARDS),
)

AROUND = Query(
    "records.around",
    "Owners' records, each followed by those next to it upwards, and then by those next to it downwards.",
    f"""
    select p.place, page.*
    from unnest($1::int[], $2::uuid[], $3::bigint[], $4::bigint[], $5::int[])
        as w (place, owner_id, board, expiry, size)
    cross join lateral (
        select w.place, w.size, r.board, r.expiry, r.score, r.subscore, r.owner_id
        from {FROM_PLACE} r where {IS_AT_PLACE}
    ) p
    cross join lateral (
        (select true as upwards, {RECORD} from leaderboard_record r
        where r.board = p.board and r.expiry = p.expiry and {_AT_OR_AFTER}
        order by {_UPWARDS} limit p.size + 1)
        union all
        (select false, {RECORD} from leaderboard_record r
        where r.board = p.board and r.expiry = p.expiry
            and (r.score, r.subscore, r.owner_id) < (p.score, p.subscore, p.owner_id)
        order by {_DOWNWARDS} limit p.size)
    ) page
    """,
)

# --- ranks ---

SNAPSHOT = Query(
    "ranks.snapshot",
    "Which transactions this one sees.",
    "select pg_current_snapshot()::text as snapshot",
)

PRESENT = Query(
    "ranks.present",
    "The number of a transaction that begins now: those that run have lower ones.",
    "select pg_current_xact_id()::text::bigint as xid",
)

# A packed key (see `ranking.pack_key`): the sign bits are flipped, so that bytes are in the order of numbers.
_KEY = """
    int8send(r.score # (-9223372036854775808)) || int8send(r.subscore # (-9223372036854775808))
        || uuid_send(r.owner_id)
"""
_BEHIND = "r.board = $1 and r.expiry = $2 and (r.score, r.subscore, r.owner_id) > ($3, $4, $5)"

SLICE = Query(
    "ranks.slice",
    "The packed keys that follow a position on a board, joined.",
    f"""
    select string_agg(k.key, ''::bytea) as keys from (
        select {_KEY} as key from leaderboard_record r where {_BEHIND} order by {_UPWARDS} limit $6
    ) k
    """,
)

SORTED = Query(
    "ranks.sorted",
    "All packed keys that follow a position on a board.",
    f"select {_KEY} from leaderboard_record r where {_BEHIND} order by {_UPWARDS}",
)

IN_PAGE_ORDER = Command(
    "ranks.in_page_order",
    "Let this transaction visit pages of the table in their order, and sort what it finds.",
    """
    select set_config('enable_indexscan', 'off', true), set_config('enable_indexonlyscan', 'off', true),
        set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '64MB', true)
    """,
)

IN_INDEX_ORDER = Command(
    "ranks.in_index_order",
    "Let this transaction read indices in their order, as all others do.",
    """
    select set_config('enable_indexscan', 'on', true), set_config('enable_indexonlyscan', 'on', true),
        set_config('plan_cache_mode', 'auto', true)
    """,
)

COUNT = Query(
    "ranks.count",
    "How many records periods of boards have.",
    """
    select w.place, (
        select count(*) from leaderboard_record r where r.board = w.board and r.expiry = w.expiry) as records
    from unnest($1::int[], $2::bigint[], $3::bigint[]) as w (place, board, expiry)
    """,
)


def _at(order: str) -> str:
    return f"""
    select r.score, r.subscore, r.owner_id::text from leaderboard_record r
    where r.board = $1 and r.expiry = $2 order by {order} limit 1 offset $3
    """


AT_FROM_BELOW = Query("ranks.at_from_below", "Where the n-th record from below stands.", _at(_UPWARDS))

AT_FROM_ABOVE = Query("ranks.at_from_above", "Where the n-th record from above stands.", _at(_DOWNWARDS))


def _between(low: str, high: str) -> str:
    return f"""
    select w.place, (
        select count(*) from leaderboard_record r
        where r.board = w.board and r.expiry = w.expiry
            and (r.score, r.subscore, r.owner_id) {low} (w.low_score, w.low_subscore, w.low_owner)
            and (r.score, r.subscore, r.owner_id) {high} (w.high_score, w.high_subscore, w.high_owner)
    ) as records
    from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::uuid[], $7::bigint[],
        $8::bigint[], $9::uuid[])
        as w (place, board, expiry, low_score, low_subscore, low_owner, high_score, high_subscore, high_owner)
    """


COUNT_UPWARDS = Query(
    "ranks.count_upwards",
    "How many records lie between two positions, the lower one included.",
    _between(">=", "<"),
)

COUNT_DOWNWARDS = Query(
    "ranks.count_downwards",
    "How many records lie between two positions, the higher one included.",
    _between(">", "<="),
)
