"""Statements on teams themselves.

As among those on groups, no list of users is joined with the relations to one group.
"""

from kizuna.db.statements import Command, Query
from kizuna.groups.profile import COLUMNS
from kizuna.users.profile import COLUMNS as USER_COLUMNS

# --- One team at a time ---

CREATE = Command(
    "team_core.create",
    "Make a new group a team, with its short code or none.",
    "insert into team (team_id, short_code, create_sec) values ($1, nullif($2, ''), $3)",
)

SET_SHORT_CODE = Command(
    "team_core.set_short_code",
    "Let a team, if the group is one, have the short code of new metadata, or none where that has none.",
    """
    update team set short_code = (
        select code from (select $2::text::jsonb ->> 'short_code' as code) m
        where code ~ '^[A-Za-z0-9]{3,16}$'
    )
    where team_id = $1
    """,
)

SHORT_CODE_TAKEN = Query(
    "team_core.short_code_taken",
    "A row if a team has this short code, whatever its case.",
    "select true as taken from team where lower(short_code) = lower($1)",
)

PUBLIC_STATS = Query(
    "team_core.public_stats",
    "The public stats in a team's metadata as JSON, null where there are none.",
    "select (metadata -> 'public_stats')::text as public_stats from groups where id = $1",
)

# --- The rule of a single team ---

LOCK_USER = Query(
    "team_core.lock_user",
    "A user's location, who is held until the transaction ends.",
    "select location from users where id = $1 for no key update",
)

LOCK_MEMBERS = Query(
    "team_core.lock_members",
    "A group's members, held until the transaction ends.",
    """
    select id from users where id = any(array(
        select user_id from group_edge where group_id = $1 and state <= 2
    )) order by id for no key update
    """,
)

LOCK_ENTRANTS = Query(
    "team_core.lock_entrants",
    "Users, held until the transaction ends, if a group is a team; no row if it is not.",
    """
    select id from users where id = any($2::uuid[]) and exists (select from team where team_id = $1)
    order by id for no key update
    """,
)

#: A row where one of some users belongs to another team and not to this one already.
_COMMITTED = """
    select true as committed from (
        select
            (select e.state from group_edge e where e.group_id = $1 and e.user_id = w.user_id) as here,
            (
                select true from group_edge e
                cross join lateral (select from team t where t.team_id = e.group_id offset 0) t
                where e.user_id = w.user_id and e.state <= 2 and e.group_id <> $1 limit 1
            ) as elsewhere
        from unnest($2::uuid[]) as w (user_id)
    ) u
    where u.elsewhere and coalesce(u.here > 2, true)
"""

COMMITTED = Query(
    "team_core.committed",
    "A row where one of some users belongs to another team and not to this one already.",
    f"{_COMMITTED} limit 1",
)

COMMITTED_TO_ANOTHER = Query(
    "team_core.committed_to_another",
    "A row where a member of a group belongs to a team that is another group.",
    """
    select true as committed from group_edge m
    cross join lateral (
        select from group_edge e
        cross join lateral (select from team t where t.team_id = e.group_id offset 0) t
        where e.user_id = m.user_id and e.state <= 2 and e.group_id <> $1 limit 1
    ) elsewhere
    where m.group_id = $1 and m.state <= 2 limit 1
    """,
)

COMMITTED_ELSEWHERE = Query(
    "team_core.committed_elsewhere",
    "The same, if the group is a team.",
    f"{_COMMITTED} and exists (select from team where team_id = $1) limit 1",
)

# --- Teams as everybody may see them ---

#: The members of the group `g` in the order of their roles, then of their joining.
_MEMBERS = """
    array(
        select e.user_id::text from group_edge e where e.group_id = g.id and e.state <= 2
        order by e.group_id, e.state, e.position, e.user_id
    ) as members
"""

TEAMS = Query(
    "team_core.teams",
    "Teams by their ids, with their members.",
    f"""
    select {COLUMNS}, {_MEMBERS} from unnest($1::uuid[]) as w (id)
    cross join lateral (select * from groups where id = w.id offset 0) g
    """,
)

USERS = Query(
    "team_core.users",
    "Users, and the ids of up to so many groups that each belongs to.",
    f"""
    select {USER_COLUMNS},
        array(
            select e.group_id::text from group_edge e where e.user_id = u.id and e.state <= 2
            order by e.user_id, e.state, e.position, e.group_id limit $2
        ) as team_ids
    from users u where u.id = any($1::uuid[])
    """,
)

# --- Lists: of teams with room, from behind a position on ---

_GIVEN = """
    unnest($1::int[], $2::int[], $3::text[], $4::timestamptz[], $5::bigint[], $6::uuid[])
        as p (place, size, location, update_time, edge_count, id)
"""

LIST = Query(
    "team_core.list",
    "Teams with room for another member, least lately changed first.",
    f"""
    select p.place, '' as wanted, page.* from {_GIVEN}
    cross join lateral (
        select {COLUMNS} from groups g
        where (g.update_time, g.edge_count, g.id) > (p.update_time, p.edge_count, p.id)
            and g.edge_count < g.max_count
        order by g.update_time, g.edge_count, g.id limit p.size
    ) page
    """,
)

# Read in the index's order, into the next location where there are no more teams with this one.
LIST_LOCATION = Query(
    "team_core.list_location",
    "The same of one location, whatever its case.",
    f"""
    select p.place, p.location as wanted, page.* from {_GIVEN}
    cross join lateral (
        select {COLUMNS}, g.location as found from groups g
        where (g.location, g.update_time, g.edge_count, g.id)
                > (lower(left(p.location, 255)), p.update_time, p.edge_count, p.id)
            and g.edge_count < g.max_count
        order by g.location, g.update_time, g.edge_count, g.id limit p.size
    ) page
    where page.found = lower(left(p.location, 255))
    """,
)

# --- Searches; a language of "" is any ---

SEARCH_FIRST = Query(
    "team_core.search_first",
    "The team of a short code, then those of the name, then those whose names begin with it.",
    f"""
    select p.place, page.*
    from unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::text[])
        as p (place, size, lang_tag, low, high)
    cross join lateral (
        select g.rank, {COLUMNS} from (
            (
                select 0 as rank, g.* from team t
                cross join lateral (select * from groups where id = t.team_id offset 0) g
                where lower(t.short_code) = p.low
            )
            union all
            (
                select case when named.folded_name = p.low then 1 else 2 end, named.* from (
                    select * from groups where folded_name >= p.low and folded_name < p.high offset 0
                ) named
            )
        ) g
        where p.lang_tag = '' or g.lang_tag = p.lang_tag
        order by g.rank, g.name limit p.size
    ) page
    """,
)

SEARCH_REST = Query(
    "team_core.search_rest",
    "Teams whose names match a pattern and do not begin with a text, unless that is empty: all are gone "
    "through.",
    f"""
    select p.place, page.*
    from unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::text[])
        as p (place, size, lang_tag, pattern, low)
    cross join lateral (
        select 3 as rank, {COLUMNS} from groups g
        where g.folded_name like p.pattern and (p.lang_tag = '' or g.lang_tag = p.lang_tag)
            and (p.low = '' or not starts_with(g.folded_name, p.low)) and g.name > ''
        order by g.name limit p.size
    ) page
    """,
)
