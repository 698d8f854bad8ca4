"""Statements on chat messages."""

from kizuna.db.statements import Command, Query

_COLUMNS = """
    m.id::text as id, m.code, m.sender_id::text as sender_id, m.username::text as username,
    m.content::text as content, m.create_time, m.update_time
"""

WRITE = Command(
    "channels.write",
    "Keep messages of one channel and one time, of those senders who exist; one row for each that is kept.",
    """
    insert into message (id, code, sender_id, username, stream_mode, stream_subject, stream_descriptor,
        stream_label, content, create_time, update_time)
    select w.id, w.code, u.id, w.username, $6, $7, $8, $9, w.content::jsonb, $10, $10
    from unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[])
        as w (id, code, sender_id, username, content)
    join users u on u.id = w.sender_id
    order by u.id, w.id
    for key share of u
    returning id
    """,
)

_OWN = """
    m.id = $1 and m.sender_id = $2
    and m.stream_mode = $3 and m.stream_subject = $4 and m.stream_descriptor = $5 and m.stream_label = $6
"""

UPDATE = Command(
    "channels.update",
    "Edit a message of a channel by its sender. No row if there is none.",
    f"""
    update message m set content = $7::text::jsonb, username = $8, update_time = $9
    where {_OWN} returning m.create_time
    """,
)

REMOVE = Command(
    "channels.remove",
    "Delete a message of a channel by its sender. No row if there is none.",
    f"delete from message m where {_OWN} returning m.create_time, m.update_time",
)


def _pages(compared: str, direction: str) -> str:
    return f"""
    select p.place, page.*
    from unnest($1::int[], $2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[], $7::uuid[],
        $8::int[]) as p (place, mode, subject, descriptor, label, from_time, from_id, size)
    cross join lateral (
        select {_COLUMNS} from message m
        where m.stream_mode = p.mode and m.stream_subject = p.subject
            and m.stream_descriptor = p.descriptor and m.stream_label = p.label
            and (m.create_time, m.id) {compared} (p.from_time, p.from_id)
        order by m.create_time {direction}, m.id {direction} limit p.size
    ) page
    """


OLDER_FIRST = Query(
    "channels.older_first",
    "For each of several channels, the messages after a position, the oldest first.",
    _pages(">", "asc"),
)

NEWER_FIRST = Query(
    "channels.newer_first",
    "For each of several channels, the messages before a position, the newest first.",
    _pages("<", "desc"),
)

USER_EXISTS = Query(
    "channels.user_exists",
    "A row if there is such a user.",
    "select from users where id = $1",
)
