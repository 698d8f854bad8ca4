"""Statements on notifications."""

from kizuna.db.statements import Command, Query

_COLUMNS = """
    n.id::text as id, n.user_id::text as user_id, n.subject::text as subject, n.content::text as content,
    n.code, n.sender_id::text as sender_id, n.create_time
"""

# --- sending ---
#
# A cursor says "all up to here is seen", so nothing may appear before what somebody can already have read.
# The present alone does not see to that: whoever looked at the clock first may commit last. So whoever sends
# holds the recipients' rows, looks at the clock, and dates each notification behind the newest of its
# recipient. It takes two statements, as one does not see what was committed while it waited for its locks.

LOCK_RECIPIENTS = Command(
    "notifications.lock_recipients",
    "Those of these users who exist, held until the transaction ends.",
    "select u.id::text as id from users u where u.id = any($1::uuid[]) order by u.id for no key update",
)

LOCK_EVERYBODY = Command(
    "notifications.lock_everybody",
    "The next users in the order of their ids, held until the transaction ends.",
    "select u.id::text as id from users u where u.id > $1 order by u.id limit $2 for no key update",
)


def _create_time(now: str) -> str:
    """The time of a new notification `w`: the present, and later than the newest of its recipient."""
    return f"""
        greatest({now}::timestamptz, (
            select n.create_time + interval '1 microsecond' from notification n
            where n.user_id = w.user_id order by n.create_time desc, n.id desc limit 1
        ))
    """


SEND = Command(
    "notifications.send",
    "Keep notifications for users who are held.",
    f"""
    insert into notification (id, user_id, subject, content, code, sender_id, create_time)
    select w.id, w.user_id, w.subject, w.content::jsonb, w.code, w.sender_id, {_create_time("$7")}
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::uuid[])
        as w (id, user_id, subject, content, code, sender_id)
    """,
)

SEND_ALL = Command(
    "notifications.send_all",
    "Keep one and the same notification for each of some users who are held.",
    f"""
    insert into notification (id, user_id, subject, content, code, sender_id, create_time)
    select gen_random_uuid(), w.user_id, $2, $3::jsonb, $4, $5, {_create_time("$6")}
    from unnest($1::uuid[]) as w (user_id)
    """,
)

PAGES = Query(
    "notifications.pages",
    "For each of several players, those after a position, oldest first.",
    f"""
    select p.place, page.*
    from unnest($1::int[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::int[])
        as p (place, user_id, after_time, after_id, size)
    cross join lateral (
        select {_COLUMNS} from notification n
        where n.user_id = p.user_id and (n.create_time, n.id) > (p.after_time, p.after_id)
        order by n.create_time, n.id limit p.size
    ) page
    """,
)

LIST = Query(
    "notifications.list",
    "A player's notifications after a position, oldest first; a limit of null is none.",
    f"""
    select {_COLUMNS} from notification n
    where n.user_id = $1 and (n.create_time, n.id) > ($2, $3)
    order by n.create_time, n.id limit $4
    """,
)

BY_IDS = Query(
    "notifications.by_ids",
    "Notifications by id, of one player or (null) of anybody.",
    f"""
    select {_COLUMNS} from notification n
    where n.id = any($1::uuid[]) and ($2::uuid is null or n.user_id = $2)
    """,
)

UPDATE = Command(
    "notifications.update",
    "Change notifications; null leaves a value as it is. One row for each that exists.",
    """
    with held as materialized (
        select n.id, w.subject, w.content, w.sender_id
        from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]) as w (id, subject, content, sender_id)
        join notification n on n.id = w.id
        order by n.id for update of n
    )
    update notification n set
        subject = coalesce(h.subject, n.subject),
        content = coalesce(h.content::jsonb, n.content),
        sender_id = coalesce(h.sender_id, n.sender_id)
    from held h where n.id = h.id
    returning n.id
    """,
)

DELETE = Command(
    "notifications.delete",
    "Delete notifications by id, each of one player or (null) of anybody.",
    """
    with held as materialized (
        select n.id from unnest($1::uuid[], $2::uuid[]) as w (user_id, id)
        join notification n on n.id = w.id and (w.user_id is null or n.user_id = w.user_id)
        order by n.id for update of n
    )
    delete from notification n using held h where n.id = h.id
    """,
)
