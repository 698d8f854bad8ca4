"""Statements that tests prepare their players with."""

from kizuna.db.statements import Command

SIGN_UP = Command(
    "tests.sign_up",
    "Players with these ids.",
    """
    insert into users (id, username, create_time, update_time)
    select id, 'player-' || id, '2026-01-01Z', '2026-01-01Z' from unnest($1::uuid[]) as id
    """,
)
