"""Statements on what is due on boards and on the callbacks that wait for an answer."""

from kizuna.db.statements import Command, Query

PLAN = Command(
    "scheduler.plan",
    "Let a board be looked after from now on.",
    "insert into board_schedule (board, done, due) values ($1, $2, $3) on conflict (board) do nothing",
)

UNPLAN = Command(
    "scheduler.unplan",
    "Look after these boards no longer.",
    "delete from board_schedule where board = any($1::bigint[])",
)

LOOK = Query(
    "scheduler.look",
    "When something is due next, on any board, and among the callbacks of these kinds. Seconds since 1970, "
    "infinity if never.",
    """
    select coalesce((select min(due) from board_schedule)::float8, 'infinity') as due,
        coalesce((select extract(epoch from min(next_try))::float8 from board_callback
            where kind = any($1::text[])), 'infinity') as next_try
    """,
)

# --- resets and ends ---

CLAIM_DUE = Query(
    "scheduler.claim_due",
    "Lock some of the boards on which something is due, those left out that another process works on.",
    """
    select board, done from board_schedule where due <= $1
    order by due, board limit $2 for update skip locked
    """,
)

ADVANCE = Command(
    "scheduler.advance",
    "Note until when boards are settled, and when something is due on them again.",
    """
    update board_schedule s set done = w.done, due = w.due
    from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as w (board, done, due) where s.board = w.board
    """,
)

FREE_PLACES = Command(
    "scheduler.free_places",
    "Forget how many took part in the periods of tournaments that are over by an instant; held in the order "
    "in which everybody holds them.",
    """
    delete from tournament_size where (board, expiry) in (
        select s.board, s.expiry from unnest($1::bigint[], $2::bigint[]) as w (board, instant)
        join tournament_size s on s.board = w.board and s.expiry > 0 and s.expiry <= w.instant
        order by s.board, s.expiry for update of s
    )
    """,
)

# --- callbacks ---

REMEMBER_KINDS = Command(
    "scheduler.remember_kinds",
    "Keep events of these kinds from now on, for there is a function for them.",
    "insert into board_callback_kind (kind) select unnest($1::text[]) on conflict (kind) do nothing",
)

KINDS = Query(
    "scheduler.kinds",
    "The kinds of events for which there has been a function.",
    "select kind::text as kind from board_callback_kind",
)

QUEUE = Command(
    "scheduler.queue",
    "Put callbacks at the end of their boards' queues, in the given order.",
    """
    insert into board_callback (board, kind, instant, next_try)
    select w.board, w.kind, w.instant, $4
    from unnest($1::bigint[], $2::text[], $3::bigint[]) with ordinality as w (board, kind, instant, place)
    order by w.place
    on conflict (board, instant, kind) do nothing
    """,
)

DROP_OLDEST = Command(
    "scheduler.drop_oldest",
    "Leave no more than $2 callbacks in the queues of boards. One that runs just now stays.",
    """
    with excess as (
        select older.id from unnest($1::bigint[]) as w (board)
        cross join lateral (
            select c.id from board_callback c where c.board = w.board order by c.id desc offset $2
        ) older
    ), free as (
        select c.id from board_callback c where c.id in (select id from excess) for update skip locked
    )
    delete from board_callback where id in (select id from free) returning board
    """,
)

# Whoever runs a callback keeps its row locked for as long as the function takes. The connection is idle
# meanwhile, and some databases are configured to end such a transaction after seconds.
CLAIM_CALLBACK = Query(
    "scheduler.claim_callback",
    "Lock one callback of these kinds that is to be tried now, and of none of the boards $3: the first of "
    "its board, if nobody runs it.",
    """
    select c.id, c.board, c.kind::text as kind, c.instant, c.attempts,
        set_config('idle_in_transaction_session_timeout', '0', true)
    from board_callback c
    where c.kind = any($1::text[]) and c.next_try <= $2 and c.board <> all($3::bigint[])
        and not exists (
            select from board_callback earlier
            where earlier.board = c.board and earlier.id < c.id and earlier.kind = any($1::text[]))
        and exists (select from leaderboard l where l.key = c.board and not l.deleted)
    order by c.next_try, c.id limit 1 for update of c skip locked
    """,
)

ANSWERED = Command(
    "scheduler.answered",
    "Take a callback that has succeeded out of its queue.",
    "delete from board_callback where id = $1",
)

FAILED = Command(
    "scheduler.failed",
    "Note that a callback has failed, why, and when to try it again; those behind it need not be looked at "
    "before.",
    """
    update board_callback set
        attempts = case when id = $1 then $2 else attempts end,
        error = case when id = $1 then $3 else error end,
        next_try = $4
    where id = $1 or (board = $5 and id > $1 and next_try < $4)
    """,
)

FAILING = Query(
    "scheduler.failing",
    "Callbacks that have failed and wait to be tried again, the most obstinate first.",
    """
    select l.id::text as board, c.kind::text as kind, c.instant, c.attempts, coalesce(c.error, '') as error
    from board_callback c join leaderboard l on l.key = c.board
    where c.attempts > 0 and not l.deleted
    order by c.attempts desc, c.id limit $1
    """,
)
