"""Statements on accounts."""

from kizuna.accounts.tables import IDENTIFIERS
from kizuna.db.statements import Command, Query
from kizuna.users.profile import COLUMNS

ACCOUNTS = Query(
    "accounts.get",
    "Whole accounts, with their devices.",
    f"""
    select {COLUMNS}, u.wallet::text as wallet, u.email, u.custom_id, u.verify_time, u.disable_time,
        (select array_agg(d.id::text) from user_device d where d.user_id = u.id) as devices
    from users u where u.id = any($1::uuid[])
    """,
)

_PLAYER = """
    u.id::text as id, u.username, u.disable_time, u.password,
    (select c.cutoff from session_cutoff c where c.user_id = u.id) as cutoff
"""

BY_DEVICE = Query(
    "accounts.by_device",
    "Whom devices belong to.",
    f"""
    select d.id::text as key, {_PLAYER} from user_device d join users u on u.id = d.user_id
    where d.id = any($1::text[])
    """,
)

BY_USERNAME = Query(
    "accounts.by_username",
    "Who has this exact username.",
    f"select {_PLAYER} from users u where u.username = $1 and u.username <> ''",
)

#: Who holds a value of one of the identifiers, by the identifier's column.
BY_IDENTIFIER = {
    column: Query(
        f"accounts.by_{column}",
        f"Who holds these values of {column}.",
        f"""
        select u.{column}::text as key, {_PLAYER} from users u
        where u.{column} = any($1::text[]) and u.{column} is not null
        """,
    )
    for column in IDENTIFIERS
}

UPDATE = Command(
    "accounts.update",
    "Set what is not null among the given; the update time moves only if a value changes.",
    """
    update users set
        username = coalesce($2, username),
        display_name = case when $3::text is null then display_name else nullif($3, '') end,
        avatar_url = case when $4::text is null then avatar_url else nullif($4, '') end,
        lang_tag = coalesce($5, lang_tag),
        location = case when $6::text is null then location else nullif($6, '') end,
        timezone = case when $7::text is null then timezone else nullif($7, '') end,
        metadata = coalesce($8::text::jsonb, metadata),
        update_time = $9
    where id = $1 and (
        username <> $2
        or coalesce(display_name, '') <> $3
        or coalesce(avatar_url, '') <> $4
        or lang_tag <> $5
        or coalesce(location, '') <> $6
        or coalesce(timezone, '') <> $7
        or metadata <> $8::text::jsonb
    )
    """,
)

LOCK = Query(
    "accounts.lock",
    "Let nobody add to an account, or refer to it, until it is deleted.",
    "select 1 as locked from users where id = $1 for update",
)

DELETE = Command(
    "accounts.delete",
    "Delete an account; what belongs to it goes with it by foreign key.",
    "delete from users where id = $1",
)

BURY = Command(
    "accounts.bury",
    "Remember that an account was deleted.",
    "insert into user_tombstone (user_id, create_time) values ($1, $2) on conflict (user_id) do nothing",
)

# --- deletions that game code is to be told of ---

NOTE_DELETION = Command(
    "accounts.note_deletion",
    "Let game code be told that an account, which is still there, has been deleted.",
    """
    insert into account_deletion (user_id, username, delete_time, next_try)
    select id, username, $2, $2 from users where id = $1
    on conflict (user_id) do update set username = excluded.username, delete_time = excluded.delete_time,
        attempts = 0, next_try = excluded.next_try, error = null
    """,
)

NEXT_DELETION = Query(
    "accounts.next_deletion",
    "When game code is to be told of a deletion next, in seconds since 1970, infinity if never.",
    """
    select coalesce(extract(epoch from min(next_try))::float8, 'infinity') as next_try
    from account_deletion
    """,
)

# The row is locked for as long as game code takes. The connection is idle meanwhile, and some databases are
# configured to end such a transaction after seconds.
CLAIM_DELETION = Query(
    "accounts.claim_deletion",
    "Lock a deletion that game code is to be told of now, none of the accounts $2.",
    """
    select user_id::text as user_id, username, delete_time, attempts,
        set_config('idle_in_transaction_session_timeout', '0', true)
    from account_deletion where next_try <= $1 and user_id <> all($2::uuid[])
    order by next_try limit 1 for update skip locked
    """,
)

DELETION_TOLD = Command(
    "accounts.deletion_told",
    "Forget a deletion that game code has been told of.",
    "delete from account_deletion where user_id = $1",
)

DELETION_NOT_TOLD = Command(
    "accounts.deletion_not_told",
    "Note that game code has failed on a deletion, why, and when to try it again.",
    "update account_deletion set attempts = $2, error = $3, next_try = $4 where user_id = $1",
)
