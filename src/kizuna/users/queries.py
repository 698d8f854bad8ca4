"""Statements on users as others see them."""

from kizuna.db.statements import Command, Query
from kizuna.users.profile import COLUMNS

FETCH = Query(
    "users.fetch",
    "Users by any of three criteria, each once.",
    f"""
    select {COLUMNS} from users u
    where u.id = any($1::uuid[]) or u.username = any($2::text[]) or u.facebook_id = any($3::text[])
    """,
)

NEXT = Query(
    "users.next",
    "Users whose ids follow one that need not exist.",
    f"select {COLUMNS} from users u where u.id > $1 order by u.id limit $2",
)

DISABLE = Command(
    "users.disable",
    "Ban users: they can no longer sign in.",
    """
    update users set disable_time = $2
    where id = any($1::uuid[]) and id <> '00000000-0000-0000-0000-000000000000'
    returning id::text as id
    """,
)

ENABLE = Command(
    "users.enable",
    "Lift the ban on users.",
    "update users set disable_time = '1970-01-01 00:00:00+00' where id = any($1::uuid[])",
)
