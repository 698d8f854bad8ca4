"""Statements on wallets and their ledger."""

from kizuna.db.statements import Command, Query

LOCK = Query(
    "wallets.lock",
    "The wallets of users, held until the transaction ends. Everybody takes them in the order of the ids.",
    """
    select u.id::text as id, u.wallet::text as wallet from users u
    where u.id = any($1::uuid[]) order by u.id for no key update
    """,
)

STORE = Command(
    "wallets.store",
    "Replace the wallets of users.",
    """
    update users u set wallet = w.wallet::jsonb, update_time = $3
    from unnest($1::uuid[], $2::text[]) as w (user_id, wallet) where u.id = w.user_id
    """,
)

RECORD = Command(
    "wallets.record",
    "Note changes in the ledger, each a microsecond after the one before, so that it tells their order.",
    """
    insert into wallet_ledger (id, user_id, changeset, metadata, create_time, update_time)
    select c.id, c.user_id, c.changeset::jsonb, c.metadata::jsonb, t.at, t.at
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) with ordinality
        as c (id, user_id, changeset, metadata, place)
    cross join lateral (select $5::timestamptz + (c.place - 1) * interval '1 microsecond' as at) t
    """,
)

_ITEM = """
    id::text as id, user_id::text as user_id, changeset::text as changeset, metadata::text as metadata,
    create_time, update_time
"""

LEDGER = Query(
    "wallets.ledger",
    "A page of a user's ledger, newest first, from behind a position on (null: from the newest).",
    f"""
    select {_ITEM} from wallet_ledger
    where user_id = $1 and (create_time, id)
        < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    order by create_time desc, id desc limit $4
    """,
)

ANNOTATE = Command(
    "wallets.annotate",
    "Merge metadata into an item of the ledger.",
    f"""
    update wallet_ledger set metadata = metadata || $2::text::jsonb, update_time = $3 where id = $1
    returning {_ITEM}
    """,
)
