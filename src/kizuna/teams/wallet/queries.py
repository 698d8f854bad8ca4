"""Statements on teams' wallets and ledgers."""

from kizuna.db.statements import Command, Query

BALANCES = Query(
    "team_wallet.balances",
    "The balances that teams' wallets have come to, and when they last changed.",
    """
    select w.team_id::text as team_id,
        (select t.wallet_update_sec from team t where t.team_id = w.team_id) as update_sec,
        coalesce(
            (select jsonb_object_agg(c.currency, c.balance) from team_currency c
            where c.team_id = w.team_id)::text,
            '{}'
        ) as balances
    from unnest($1::uuid[]) as w (team_id)
    """,
)

STORE = Command(
    "team_wallet.store",
    "Set balances; what a currency began with stays.",
    """
    insert into team_currency as c (team_id, currency, start, balance)
    select $1, w.currency, w.start, w.balance
    from unnest($2::text[], $3::bigint[], $4::bigint[]) as w (currency, start, balance)
    on conflict (team_id, currency) do update set balance = excluded.balance
    """,
)

TOUCH = Command(
    "team_wallet.touch",
    "Note when a wallet changed.",
    "update team set wallet_update_sec = $2 where team_id = $1",
)

RECORD = Command(
    "team_wallet.record",
    "Note changes in the ledger, in their order. No clock makes them older than the team.",
    """
    insert into team_ledger (team_id, user_id, source, source_id, currencies, items, create_time)
    select $1, $2, c.source, c.source_id, c.currencies::jsonb, c.items::jsonb,
        greatest($7, (select g.create_time from groups g where g.id = $1))
    from unnest($3::text[], $4::text[], $5::text[], $6::text[]) with ordinality
        as c (source, source_id, currencies, items, place)
    order by c.place
    """,
)

LEDGER = Query(
    "team_wallet.ledger",
    "A page of a team's ledger, newest first, from behind a position on. Of an id that was another team's "
    "before, the entries since there is this one.",
    """
    select id, user_id::text as user_id, source, source_id, currencies::text as currencies,
        items::text as items, create_time
    from team_ledger
    where team_id = $1 and id < $2
        and create_time >= coalesce((select g.create_time from groups g where g.id = $1), '-infinity')
    order by id desc limit $3
    """,
)
