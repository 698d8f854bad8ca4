"""Statements on relations between players."""

from kizuna.caller import SYSTEM_USER
from kizuna.db.statements import Command, Query
from kizuna.friends import messages
from kizuna.users.profile import COLUMNS


def _edge(source: str, destination: str) -> str:
    """A subquery of the first edge from a place on; whether it is the one at this place is for the outside.

    Plans are kept, and may have been made while the table was empty: to such a plan it is all the same by
    which index an edge is found, or that all edges are compared with all places. Only the primary key has
    this order, and what has a limit is looked up for each place.
    """
    return f"""(
        select k.ctid, k.* from user_edge k
        where (k.source_id, k.destination_id) >= ({source}, {destination})
        order by k.source_id, k.destination_id limit 1
    )"""


RESOLVE = Query(
    "friends.resolve",
    "Whose usernames these are, exactly as they are spelled.",
    "select u.id::text as id, u.username from users u where u.username = any($1::text[])",
)

# --- locks: everybody takes the rows of players in the order of their ids, and edges only under both rows ---
#
# (Their metadata under that of the source, which is one of the two. Statements that find edges by `ctid`
# would miss one that somebody else changes meanwhile: it has another place then.)

LOCK = Query(
    "friends.lock",
    "Those of these players who exist, held so that nobody else changes their relations.",
    "select u.id::text as id from users u where u.id = any($1::uuid[]) order by u.id for no key update",
)

NEIGHBOURS = Query(
    "friends.neighbours",
    "Everybody whom a player has an edge to or from.",
    """
    select e.destination_id::text as id from user_edge e where e.source_id = $1
    union
    select e.source_id::text as id from user_edge e where e.destination_id = $1
    """,
)

SAVEPOINT = Command("friends.savepoint", "Before locks that may have to be given back.", "savepoint friends")

BACK = Command(
    "friends.back",
    "Give back the locks that were taken since.",
    "rollback to savepoint friends",
)

# --- changes ---

RELATIONS = Query(
    "friends.relations",
    "How a player and some others stand to each other, in both directions.",
    f"""
    select w.id::text as id, mine.state as mine, theirs.state as theirs
    from unnest($2::uuid[]) as w (id)
    left join lateral {_edge("$1", "w.id")} mine on mine.source_id = $1 and mine.destination_id = w.id
    left join lateral {_edge("w.id", "$1")} theirs on theirs.source_id = w.id and theirs.destination_id = $1
    """,
)

NORMAL_FORM = Query(
    "friends.normal_form",
    "Metadata as it will be read.",
    "select ($1::text::jsonb)::text as metadata",
)

PUT = Command(
    "friends.put",
    "Write edges. One that exists keeps its position, and its metadata is added to.",
    """
    insert into user_edge as e (source_id, destination_id, state, position, metadata, update_time)
    select w.source_id, w.destination_id, w.state, w.position, w.metadata::jsonb, $6
    from unnest($1::uuid[], $2::uuid[], $3::int[], $4::bigint[], $5::text[])
        as w (source_id, destination_id, state, position, metadata)
    on conflict (source_id, destination_id) do update set
        state = excluded.state, update_time = excluded.update_time,
        metadata = case when excluded.metadata = '{}' then e.metadata else e.metadata || excluded.metadata end
    """,
)

REMOVE = Command(
    "friends.remove",
    "Delete edges.",
    f"""
    delete from user_edge where ctid = any(array(
        select e.ctid from unnest($1::uuid[], $2::uuid[]) as w (source_id, destination_id)
        cross join lateral {_edge("w.source_id", "w.destination_id")} e
        where e.source_id = w.source_id and e.destination_id = w.destination_id))
    """,
)

COUNT = Command(
    "friends.count",
    "Add to the numbers of edges that players have.",
    """
    update users u set edge_count = u.edge_count + ($2::int[])[array_position($1::uuid[], u.id)],
        update_time = $3
    where u.id = any($1::uuid[])
    """,
)

DISOWN = Command(
    "friends.disown",
    "Delete every edge to or from a player; those who had one to them have one less.",
    """
    with gone as (
        delete from user_edge e where e.source_id = $1 or e.destination_id = $1 returning e.source_id)
    update users u set edge_count = u.edge_count - 1, update_time = $2
    where u.id = any(array(select g.source_id from gone g where g.source_id <> $1))
    """,
)

SET_METADATA = Command(
    "friends.set_metadata",
    "Replace the metadata of an edge.",
    f"""
    update user_edge set metadata = $3::text::jsonb, update_time = $4
    where ctid = (select e.ctid from {_edge("$1", "$2")} e where e.source_id = $1 and e.destination_id = $2)
    """,
)

#: Who has an account of another company, by the column that holds its id.
BY_PROVIDER = {
    column: Query(
        f"friends.by_{column}",
        f"Who has one of these values of {column}.",
        f"select u.id::text as id from users u where u.{column} = any($1::text[])",
    )
    for column in ("facebook_id", "steam_id")
}

# --- lists ---

STATES = Query(
    "friends.states",
    "The states of single edges.",
    f"""
    select w.place, e.state from unnest($1::int[], $2::uuid[], $3::uuid[]) as w (place, source, destination)
    cross join lateral {_edge("w.source", "w.destination")} e
    where e.source_id = w.source and e.destination_id = w.destination
    """,
)

STATUSES = Query(
    "friends.statuses",
    "A player's edges to some others, each named once, and who these are.",
    f"""
    select {messages.COLUMNS}
    from unnest($2::uuid[]) as w (id)
    cross join lateral {_edge("$1", "w.id")} e
    cross join lateral (select * from users u where u.id = w.id limit 1) u
    where e.source_id = $1 and e.destination_id = w.id
    order by e.state, e.position, e.destination_id
    """,
)

LIST = Query(
    "friends.list",
    "Pages of players' edges, from a position on and up to a state.",
    f"""
    select p.place, page.*
    from unnest($1::int[], $2::uuid[], $3::int[], $4::bigint[], $5::uuid[], $6::int[], $7::int[])
        as p (place, owner, first_state, first_position, first_id, last_state, size)
    cross join lateral (
        select {messages.COLUMNS} from user_edge e join users u on u.id = e.destination_id
        where e.source_id = p.owner and e.state <= p.last_state
            and (e.state, e.position, e.destination_id)
                >= (p.first_state::smallint, p.first_position, p.first_id)
        order by e.state, e.position, e.destination_id limit p.size
    ) page
    """,
)

#: Friends whose edges are looked at together at most.
_FRIENDS_AT_ONCE = 200

_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

# Friends are looked at until they have `edges` edges together, as their profiles tell, and of one friend's
# edges no more than that: however the statement is planned, it reads at most about twice as many. The limits
# inside see to it that each of its parts is planned by itself. The player's own friends are hashed once.
LIST_FRIENDS_OF_FRIENDS = Query(
    "friends.list_friends_of_friends",
    "The friends of players' friends who are not the players' own, among the next so many edges; one row or "
    "more for each player, which tell the first edge that was not looked at, if there is one.",
    f"""
    select p.place, page.*
    from unnest($1::int[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[])
        as p (place, owner, first_referrer, first_id, size, edges)
    cross join lateral (
        with friend as materialized (
            select f.id, count(*) over before < {_FRIENDS_AT_ONCE}
                and coalesce(sum(u.edge_count) over before, 0) < p.edges as is_near
            from (
                select e.destination_id as id from user_edge e
                where e.state = 0 and (e.source_id, e.destination_id) >= (p.owner, p.first_referrer)
                    and (e.source_id, e.destination_id) <= (p.owner, '{_LAST_ID}')
                order by e.source_id, e.destination_id limit {_FRIENDS_AT_ONCE} + 1
            ) f
            cross join lateral (select u.edge_count from users u where u.id = f.id limit 1) u
            window before as (order by f.id rows between unbounded preceding and 1 preceding)
        ), edge as materialized (
            select f.id as referrer, theirs.id,
                f.is_near and row_number() over (order by f.id, theirs.id) <= p.edges as is_near
            from friend f
            left join lateral (
                select e.destination_id as id from user_edge e
                where f.is_near and e.state = 0
                    and (e.source_id, e.destination_id) >= (
                        f.id, case when f.id > p.first_referrer then '{SYSTEM_USER}' else p.first_id end)
                    and (e.source_id, e.destination_id) <= (f.id, '{_LAST_ID}')
                order by e.source_id, e.destination_id limit p.edges + 1
            ) theirs on true
        ), following as (
            select e.referrer, e.id from edge e where not e.is_near order by e.referrer, e.id limit 1
        ), found as materialized (
            select e.referrer, e.id from edge e
            where e.is_near and e.id <> p.owner and e.id not in (
                select own.destination_id from user_edge own where own.source_id = p.owner and own.state = 0)
            order by e.referrer, e.id limit p.size
        )
        select f.referrer::text as following_referrer, coalesce(f.id, '{SYSTEM_USER}')::text as following_id,
            found.referrer::text as referrer, {COLUMNS}
        from (values (1)) as once
        left join following f on true
        left join (
            found cross join lateral (select * from users u where u.id = found.id limit 1) u) on true
        order by found.referrer, found.id
    ) page
    """,
)
