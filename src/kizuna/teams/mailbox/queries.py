"""Statements on teams' mailboxes.

An entry that was claimed and then goes, for whatever reason, stays as a receipt: out of sight, for claims
that are repeated. `delete_sec` tells since when.
"""

from kizuna.db.statements import Command, Query

_COLUMNS = """
    e.id::text as id, e.reward, e.create_sec, e.update_sec, e.expiry_sec, e.claim_sec, e.delete_sec
"""


def _remove(gone: str, now: str) -> str:
    """Remove the entries that a query gives, with their `claim_sec`; one row for each of them."""
    return f"""
        with gone as materialized ({gone}),
        receipts as (
            update team_mailbox_entry e set delete_sec = {now} from gone g
            where e.id = g.id and g.claim_sec is not null
        ),
        unclaimed as (
            delete from team_mailbox_entry e using gone g where e.id = g.id and g.claim_sec is null
        )
        select g.id from gone g
    """


# --- a team that is held ---

PUT = Command(
    "team_mailbox.put",
    "Put entries into a team's mailbox, in their order behind all that it ever had.",
    """
    with taken as (
        update team set mailbox_sequence = mailbox_sequence + cardinality($2::uuid[]) where team_id = $1
        returning mailbox_sequence - cardinality($2::uuid[]) as last
    )
    insert into team_mailbox_entry (id, team_id, sequence, reward, parcel, create_sec, update_sec, expiry_sec)
    select w.id, $1, t.last + w.place, w.reward, w.parcel, $6, $6, w.expiry_sec
    from taken t
    cross join unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[]) with ordinality
        as w (id, reward, parcel, expiry_sec, place)
    """,
)

KEEP_NEWEST = Command(
    "team_mailbox.keep_newest",
    "Remove a team's oldest entries, but for so many of those that have not expired.",
    _remove(
        """
        select e.id, e.claim_sec from team_mailbox_entry e
        where e.team_id = $1 and e.delete_sec is null and (e.expiry_sec is null or e.expiry_sec > $2)
        order by e.create_sec desc, e.sequence desc offset $3
        """,
        "$2",
    ),
)

REMOVE_EXPIRED = Command(
    "team_mailbox.remove_expired",
    "Remove some of a team's entries that have expired.",
    _remove(
        # Compared in pairs, so that no plan goes through what has expired in all the other mailboxes.
        """
        select e.id, e.claim_sec from team_mailbox_entry e
        where e.delete_sec is null and e.expiry_sec is not null
            and (e.team_id, e.expiry_sec) >= ($1, 0) and (e.team_id, e.expiry_sec) <= ($1, $2)
        order by e.team_id, e.expiry_sec limit $3
        """,
        "$2",
    ),
)

REMOVE = Command(
    "team_mailbox.remove",
    "Remove those of a team's entries that have these ids.",
    _remove(
        """
        select e.id, e.claim_sec from team_mailbox_entry e
        where e.id = any($3::uuid[]) and e.team_id = $1 and e.delete_sec is null
        """,
        "$2",
    ),
)

FIND = Query(
    "team_mailbox.find",
    "One of a team's entries or of its receipts since a time, held until the transaction ends.",
    f"""
    select {_COLUMNS}, e.parcel from team_mailbox_entry e
    where e.id = $2 and e.team_id = $1 and (e.delete_sec is null or e.delete_sec > $3) for update of e
    """,
)

CLAIM = Command(
    "team_mailbox.claim",
    "Note that an entry was claimed, with what it gave, and perhaps that it is gone.",
    f"""
    update team_mailbox_entry e
    set claim_sec = $2, update_sec = $2, reward = $3, delete_sec = case when $4 then $2::bigint end
    where e.id = $1 returning {_COLUMNS}
    """,
)

# --- pages ---

PAGES = Query(
    "team_mailbox.pages",
    "Pages of teams' mailboxes, newest first, each from behind a position on and as of a time.",
    f"""
    select w.place, page.*
    from unnest($1::int[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[])
        as w (place, team_id, now, create_sec, sequence, size)
    cross join lateral (
        select {_COLUMNS}, e.sequence from team_mailbox_entry e
        where e.team_id = w.team_id and e.delete_sec is null
            and (e.expiry_sec is null or e.expiry_sec > w.now)
            and (e.create_sec, e.sequence) < (w.create_sec, w.sequence)
        order by e.create_sec desc, e.sequence desc limit w.size
    ) page
    """,
)

# --- clearing away: without the teams' locks, so never what somebody else is about to claim ---

CLEAR_EXPIRED = Command(
    "team_mailbox.clear_expired",
    "Remove some of all entries that have expired.",
    _remove(
        """
        select e.id, e.claim_sec from team_mailbox_entry e
        where e.delete_sec is null and e.expiry_sec <= $1
        order by e.expiry_sec limit $2 for update of e skip locked
        """,
        "$1",
    ),
)

CLEAR_RECEIPTS = Command(
    "team_mailbox.clear_receipts",
    "Delete some of the receipts up to a time.",
    """
    with old as materialized (
        select e.id from team_mailbox_entry e
        where e.delete_sec <= $1 order by e.delete_sec limit $2 for update of e skip locked
    )
    delete from team_mailbox_entry e using old o where e.id = o.id returning e.id
    """,
)
