"""Statements on users as others see them."""

from kizuna.db.statements import Query
from kizuna.users.profile import COLUMNS

FETCH = Query(
    "users.fetch",
    "Users by any of three criteria, each once.",
    f"""
    select {COLUMNS} from users u
    where u.id = any($1::uuid[]) or u.username = any($2::text[]) or u.facebook_id = any($3::text[])
    """,
)
