"""Statements on the stores' notifications."""

from kizuna.caller import SYSTEM_USER
from kizuna.db.statements import Command, Query

# --- taking in what a store tells ---

RECORD = Command(
    "notices.record",
    "Note a notification; no row if it is known. Who has the same meanwhile waits for how this ends.",
    """
    insert into store_notification (id, store, kind, transaction_id, is_subscription, payload, create_time)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (id) do nothing returning id
    """,
)

# Users come before what is theirs: so does whoever deletes an account.
HOLD_USER = Query(
    "notices.hold_user",
    "A user, who is then not deleted until the end of the transaction.",
    f"select id from users where id = $1 and id <> '{SYSTEM_USER}' for key share",
)

LOCK_SUBSCRIPTION = Query(
    "notices.lock_subscription",
    "When a subscription of a store's expires.",
    """
    select expire_time from subscription where original_transaction_id = $1 and store = $2
    for no key update
    """,
)

# There is no index by transaction: what has come since then are a few, but for a notification that was late.
UNTOLD = Query(
    "notices.untold",
    "What Apple has told of a transaction since $2 that is no news for game code.",
    """
    select payload from store_notification
    where create_time >= $2 and transaction_id = $1 and store = 0 and kind = 0
    """,
)

TELL = Command(
    "notices.tell",
    "Let game code be told of a notification.",
    "update store_notification set next_try = $2 where id = $1",
)

# --- telling game code ---
#
# Whom the game has a function for: $1 and $2 are stores and whether it is about subscriptions, in pairs.

_HEARD = "(store, is_subscription) in (select * from unnest($1::smallint[], $2::boolean[]))"

NEXT = Query(
    "notices.next",
    "When game code is to be told of a notification next, in seconds since 1970, infinity if never.",
    f"""
    select coalesce(extract(epoch from min(next_try))::float8, 'infinity') as next_try
    from store_notification where next_try is not null and {_HEARD}
    """,
)

# The row is locked for as long as game code takes. The connection is idle meanwhile, and some databases are
# configured to end such a transaction after seconds.
CLAIM = Query(
    "notices.claim",
    "Lock a notification that game code is to be told of now, none of $4.",
    f"""
    select id, store, kind, transaction_id, is_subscription, payload, attempts,
        set_config('idle_in_transaction_session_timeout', '0', true)
    from store_notification where next_try <= $3 and id <> all($4::text[]) and {_HEARD}
    order by next_try limit 1 for update skip locked
    """,
)

TOLD = Command(
    "notices.told",
    "Note that game code has been told of a notification.",
    "update store_notification set next_try = null, error = null, attempts = $2 where id = $1",
)

NOT_TOLD = Command(
    "notices.not_told",
    "Note that game code has failed on a notification, why, and when to try it again.",
    "update store_notification set attempts = $2, error = $3, next_try = $4 where id = $1",
)

FORGET = Command(
    "notices.forget",
    "Delete some notifications from before $1, unless game code is still to be told of them.",
    """
    delete from store_notification where id in (
        select id from store_notification where create_time < $1 and next_try is null
        order by create_time limit $2
    )
    returning id
    """,
)
