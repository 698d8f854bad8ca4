"""Statements on purchases and subscriptions."""

from kizuna.caller import SYSTEM_USER
from kizuna.db.statements import Command, Query

_EPOCH = "'1970-01-01 00:00:00+00'::timestamptz"
_NOBODY = f"'{SYSTEM_USER}'::uuid"

# --- keeping what a store has confirmed ---
#
# The user is held first, and rows are taken in the order of their ids: whoever deletes an account holds it
# before its purchases, and so does everybody who adds to them. Of a user who is gone the foreign key tells.

_HOLDING_THE_USER = "with holder as materialized (select u.id from users u where u.id = $1 for key share)"
_USER = "coalesce((select id from holder), $1)"

# Stores do not know of each other's ids. What has one of another store's fails as a whole: the column is not
# null.
_SAME_STORE = "store = case when {0}.store = excluded.store then {0}.store end"

KEEP_PURCHASES = Command(
    "purchases.keep",
    "Keep purchases for a user. What is known stays as it is, and somebody's who it was; a refund is noted "
    "unless the store has said something later, and never taken back. `is_new` is what this very statement "
    "has inserted, whoever else tries meanwhile. NotNullViolationError for an id of another store's.",
    f"""
    {_HOLDING_THE_USER}
    insert into purchase as p (transaction_id, user_id, store, environment, product_id, purchase_time,
        refund_time, store_time, raw_response, create_time, update_time)
    select w.transaction_id, {_USER}, w.store, w.environment, w.product_id, w.purchase_time,
        w.refund_time, w.store_time, w.raw_response::jsonb, $10, $10
    from unnest($2::text[], $3::int[], $4::int[], $5::text[], $6::timestamptz[], $7::timestamptz[],
        $8::timestamptz[], $9::text[])
        as w (transaction_id, store, environment, product_id, purchase_time, refund_time, store_time,
            raw_response)
    order by w.transaction_id collate "C"
    on conflict (transaction_id) do update set
        {_SAME_STORE.format("p")},
        refund_time = case when excluded.store_time >= p.store_time
            then greatest(p.refund_time, excluded.refund_time) else p.refund_time end,
        store_time = greatest(p.store_time, excluded.store_time),
        update_time = greatest(p.update_time, excluded.update_time)
    returning p.transaction_id::text as transaction_id, p.user_id::text as user_id, p.create_time,
        p.update_time, p.refund_time, p.xmax = 0 as is_new
    """,
)

_SUBSCRIPTION = """
    s.original_transaction_id::text as original_transaction_id, s.user_id::text as user_id, s.store,
    s.environment, s.product_id::text as product_id, s.purchase_time, s.expire_time, s.create_time,
    s.update_time, s.refund_time, s.raw_response::text as raw_response,
    s.raw_notification::text as raw_notification
"""

# Apple signs earlier periods anew for whoever asks, and renews up to a day before the present one ends: what
# is about a period before the known one is no news, whenever it was said.
_IS_NEWER = f"""(excluded.store_time >= s.store_time and (s.store <> 0
            or excluded.period_time >= s.period_time or excluded.period_time = {_EPOCH}))"""

# Apple (0) says with everything whether it was refunded, so what it said earlier does not count; Google's
# refunds come in notices alone, which tell nothing else.
_TELLS_OF_REFUND = f"({_IS_NEWER} or s.store <> 0)"

# What was refunded is the period that was paid for then. Apple tells when that was; at Google, what was
# refunded has ended, and is running again.
_IS_RENEWED = f"""({_IS_NEWER} and case s.store when 0 then excluded.period_time > s.period_time
            else excluded.expire_time > greatest(s.expire_time, $13) end)"""

# Whoever validates the period that is known does not know for how long Apple bears with its renewal.
_IS_EXPIRY_KNOWN = """(s.store = 0 and excluded.period_time = s.period_time
            and excluded.raw_notification = '{}')"""

KEEP_SUBSCRIPTIONS = Command(
    "purchases.keep_subscriptions",
    "Keep subscriptions for a user. A known one stays whose it was, unless that is nobody, and changes, "
    "unless the store has said something later. NotNullViolationError for an id of another store's.",
    f"""
    {_HOLDING_THE_USER}
    insert into subscription as s (original_transaction_id, user_id, store, environment, product_id,
        purchase_time, expire_time, store_time, period_time, refund_time, raw_response, raw_notification,
        create_time, update_time)
    select w.id, {_USER}, w.store, w.environment, w.product_id, w.purchase_time, w.expire_time,
        w.store_time, w.period_time, w.refund_time, w.raw_response::jsonb, $12::jsonb, $13, $13
    from unnest($2::text[], $3::int[], $4::int[], $5::text[], $6::timestamptz[], $7::timestamptz[],
        $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::text[])
        as w (id, store, environment, product_id, purchase_time, expire_time, store_time, period_time,
            refund_time, raw_response)
    order by w.id collate "C"
    on conflict (original_transaction_id) do update set
        {_SAME_STORE.format("s")},
        user_id = case when s.user_id = {_NOBODY} then excluded.user_id else s.user_id end,
        product_id = case when {_IS_NEWER} then excluded.product_id else s.product_id end,
        expire_time = case when not {_IS_NEWER} then s.expire_time when {_IS_EXPIRY_KNOWN}
            then greatest(s.expire_time, excluded.expire_time) else excluded.expire_time end,
        refund_time = case when {_IS_RENEWED} then excluded.refund_time when {_TELLS_OF_REFUND}
            then greatest(s.refund_time, excluded.refund_time) else s.refund_time end,
        raw_response = case when {_IS_NEWER} and excluded.raw_response <> '{{}}'
            then excluded.raw_response else s.raw_response end,
        raw_notification = case when {_IS_NEWER} and excluded.raw_notification <> '{{}}'
            then excluded.raw_notification else s.raw_notification end,
        store_time = case when {_IS_NEWER} then excluded.store_time else s.store_time end,
        period_time = case when {_IS_NEWER} and excluded.period_time <> {_EPOCH}
            then excluded.period_time else s.period_time end,
        update_time = greatest(s.update_time, excluded.update_time)
    returning {_SUBSCRIPTION}
    """,
)

CLEAR_PURCHASE_REFUND = Command(
    "purchases.clear_refund",
    "Note that a refund was taken back at $2; a later one stays.",
    f"""
    update purchase p set
        refund_time = case when p.refund_time <= $2 then {_EPOCH} else p.refund_time end,
        store_time = greatest(p.store_time, $2), update_time = greatest(p.update_time, $3)
    where p.transaction_id = $1 and p.store = $4
    """,
)

FORGET_PURCHASE_REFUND = Command(
    "purchases.forget_refund",
    "The same for what nobody has validated, of which nothing else is known: who does is then the first.",
    f"""
    delete from purchase p
    where p.transaction_id = $1 and p.store = $3 and p.refund_time <= $2
        and p.user_id = {_NOBODY} and p.raw_response = '{{}}'
    """,
)

CLEAR_SUBSCRIPTION_REFUND = Command(
    "purchases.clear_subscription_refund",
    "The same for a subscription; what the store said before $2 does not count any more.",
    f"""
    update subscription s set refund_time = {_EPOCH}, update_time = greatest(s.update_time, $3),
        store_time = greatest(s.store_time, $2)
    where s.original_transaction_id = $1 and s.refund_time <> {_EPOCH} and s.refund_time <= $2
    """,
)

FORMER_OWNER = Query(
    "purchases.former_owner",
    "Whose the first of some subscriptions is that is somebody's.",
    f"""
    select s.user_id::text as user_id from subscription s
    where s.original_transaction_id = any($1::text[]) and s.user_id <> {_NOBODY}
    order by array_position($1::text[], s.original_transaction_id::text) limit 1
    """,
)

END_FORMER = Command(
    "purchases.end_former",
    "Note that another subscription has taken the place of these at $2, at which they have ended.",
    """
    update subscription s set expire_time = least(s.expire_time, $2), store_time = greatest(s.store_time, $2),
        update_time = greatest(s.update_time, $2)
    where s.original_transaction_id = any($1::text[]) and s.store = 1
    """,
)

# --- accounts that are deleted ---
#
# The foreign keys let go of what is theirs, but in whatever order: it is locked before, in the order of all.

_OWN = "(user_id, purchase_time) >= ($1, '-infinity') and (user_id, purchase_time) <= ($1, 'infinity')"

LOCK_PURCHASES_OF_USER = Query(
    "purchases.lock_of_user",
    "Lock what a user has bought.",
    f"select transaction_id from purchase where {_OWN} order by transaction_id for no key update",
)

LOCK_SUBSCRIPTIONS_OF_USER = Query(
    "purchases.lock_subscriptions_of_user",
    "Lock what a user has subscribed to.",
    f"select 1 from subscription where {_OWN} order by original_transaction_id for no key update",
)

# --- reading ---
#
# A user's rows are asked for as a stretch of the index on users, from (user, -infinity) to (user, infinity),
# and in its order. By a mere equality PostgreSQL may choose the index on times, which has the same columns,
# and look through everybody's.

_PURCHASE = """
    p.transaction_id::text as transaction_id, p.user_id::text as user_id, p.store, p.environment,
    p.product_id::text as product_id, p.purchase_time, p.create_time, p.update_time, p.refund_time,
    p.raw_response::text as raw_response
"""

PURCHASE = Query(
    "purchases.purchase",
    "A purchase by its id.",
    f"select {_PURCHASE} from purchase p where p.transaction_id = $1",
)

USERS = Query(
    "purchases.users",
    "Those of these ids that are users.",
    "select u.id from users u where u.id = any($1::uuid[])",
)

PURCHASE_OWNER = Query(
    "purchases.owner",
    "Whose a purchase is; no row for nobody's.",
    f"""
    select p.user_id::text as user_id from purchase p
    where p.transaction_id = $1 and p.user_id <> {_NOBODY}
    """,
)

SUBSCRIPTION = Query(
    "purchases.subscription",
    "A subscription by its id.",
    f"select {_SUBSCRIPTION} from subscription s where s.original_transaction_id = $1",
)

SUBSCRIPTION_OWNER = Query(
    "purchases.subscription_owner",
    "Whose a subscription is; no row for nobody's.",
    f"""
    select s.user_id::text as user_id from subscription s
    where s.original_transaction_id = $1 and s.user_id <> {_NOBODY}
    """,
)

# The reference takes any of them.
SUBSCRIPTION_TO = Query(
    "purchases.subscription_to",
    "A user's subscription to a product: an active one if there is any, and of these the last to expire.",
    f"""
    with own as materialized (
        select {_SUBSCRIPTION} from subscription s
        where (s.user_id, s.purchase_time) >= ($1, '-infinity')
            and (s.user_id, s.purchase_time) <= ($1, 'infinity') and s.product_id = $2
        order by s.user_id, s.purchase_time, s.original_transaction_id
    )
    select * from own
    order by (expire_time > $3 and refund_time = {_EPOCH}) desc, expire_time desc,
        original_transaction_id desc
    limit 1
    """,
)

# Pages begin behind the place of a cursor; a time of null is later than any.

_REVERSED = {" desc": "", ">= ($1, '-infinity')": "<= ($1, 'infinity')", " < (": " > ("}


def _backwards(query: Query) -> Query:
    """The same list from a place on upwards, so that its rows come in reverse."""
    sql = query.sql
    for forwards, backwards in _REVERSED.items():
        sql = sql.replace(forwards, backwards)
    return Query(f"{query.name}_backwards", f"{query.purpose[:-1]}, in reverse.", sql)


LIST_PURCHASES = Query(
    "purchases.list",
    "A page of a user's purchases, the latest first.",
    f"""
    select {_PURCHASE} from purchase p
    where (p.user_id, p.purchase_time) >= ($1, '-infinity')
        and (p.user_id, p.purchase_time, p.transaction_id)
            < ($1, coalesce($2::timestamptz, 'infinity'), $3)
    order by p.user_id desc, p.purchase_time desc, p.transaction_id desc limit $4
    """,
)
LIST_PURCHASES_BACKWARDS = _backwards(LIST_PURCHASES)

LIST_ALL_PURCHASES = Query(
    "purchases.list_all",
    "A page of everybody's purchases, the latest first.",
    f"""
    select {_PURCHASE} from purchase p
    where (p.purchase_time, p.user_id, p.transaction_id) < (coalesce($1::timestamptz, 'infinity'), $2, $3)
    order by p.purchase_time desc, p.user_id desc, p.transaction_id desc limit $4
    """,
)
LIST_ALL_PURCHASES_BACKWARDS = _backwards(LIST_ALL_PURCHASES)

LIST_SUBSCRIPTIONS = Query(
    "purchases.list_subscriptions",
    "A page of a user's subscriptions, the latest first.",
    f"""
    select {_SUBSCRIPTION} from subscription s
    where (s.user_id, s.purchase_time) >= ($1, '-infinity')
        and (s.user_id, s.purchase_time, s.original_transaction_id)
            < ($1, coalesce($2::timestamptz, 'infinity'), $3)
    order by s.user_id desc, s.purchase_time desc, s.original_transaction_id desc limit $4
    """,
)
LIST_SUBSCRIPTIONS_BACKWARDS = _backwards(LIST_SUBSCRIPTIONS)

LIST_ALL_SUBSCRIPTIONS = Query(
    "purchases.list_all_subscriptions",
    "A page of everybody's subscriptions, the latest first.",
    f"""
    select {_SUBSCRIPTION} from subscription s
    where (s.purchase_time, s.user_id, s.original_transaction_id)
        < (coalesce($1::timestamptz, 'infinity'), $2, $3)
    order by s.purchase_time desc, s.user_id desc, s.original_transaction_id desc limit $4
    """,
)
LIST_ALL_SUBSCRIPTIONS_BACKWARDS = _backwards(LIST_ALL_SUBSCRIPTIONS)
