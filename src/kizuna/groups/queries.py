"""Statements on groups and on who belongs to them.

Whoever changes a group or a relation to it locks the group's row first; several groups in the order of their
ids.
"""

from kizuna.db.statements import Command, Query
from kizuna.groups.profile import COLUMNS
from kizuna.users.profile import COLUMNS as USER_COLUMNS

# --- One group, and the relations to it ---

CREATE = Command(
    "groups.create",
    "A group, and its owner as superadmin.",
    f"""
    with g as (
        insert into groups (id, creator_id, name, folded_name, description, avatar_url, lang_tag, metadata,
            state, edge_count, max_count, create_time, update_time)
        values ($1, $2, $4, $5, nullif($6::text, ''), nullif($7::text, ''), $8, $9::text::jsonb, $10, 1, $11,
            $12, $12)
        returning *
    ), owner as (
        insert into group_edge (group_id, user_id, state, position, update_time)
        select g.id, $3, 0, $13, $12 from g
    )
    select {COLUMNS} from g
    """,
)

LOCK = Query(
    "groups.lock",
    "Groups, held until the transaction ends.",
    """
    select id::text as id, name, state, edge_count, max_count from groups
    where id = any($1::uuid[]) order by id for no key update
    """,
)

UPDATE = Command(
    "groups.update",
    "Set what is not null among the given.",
    """
    update groups set
        name = coalesce($2, name),
        folded_name = coalesce($3, folded_name),
        description = case when $4::text is null then description else nullif($4, '') end,
        lang_tag = coalesce($5, lang_tag),
        avatar_url = case when $6::text is null then avatar_url else nullif($6, '') end,
        state = coalesce($7, state),
        metadata = coalesce($8::text::jsonb, metadata),
        max_count = coalesce($9, max_count),
        update_time = $10
    where id = $1
    """,
)

DELETE = Command(
    "groups.delete",
    "Delete a group; all relations to it go with it by foreign key.",
    "delete from groups where id = $1",
)

RESIZE = Command(
    "groups.resize",
    "Count members who enter or leave. No row where there is no room for them.",
    """
    update groups set edge_count = edge_count + $2, update_time = $3
    where id = $1 and edge_count + $2 <= max_count
    returning edge_count
    """,
)

STATES = Query(
    "groups.states",
    "The states of relations between groups and users.",
    """
    select e.group_id::text as group_id, e.user_id::text as user_id, e.state
    from unnest($1::uuid[], $2::uuid[]) as w (group_id, user_id)
    join group_edge e on e.group_id = w.group_id and e.user_id = w.user_id
    """,
)

RELATIONS = Query(
    "groups.relations",
    "The states of some users' relations to a group, null for none; in each row how many superadmins it has.",
    """
    select w.user_id::text as user_id, e.state, s.superadmins
    from unnest($2::uuid[]) as w (user_id)
    cross join (select count(*) as superadmins from group_edge where group_id = $1 and state = 0) s
    left join group_edge e on e.group_id = $1 and e.user_id = w.user_id
    """,
)

NAMES = Query(
    "groups.names",
    "The names of users, whose accounts can't be deleted until the transaction ends.",
    """
    select id::text as id, username from users where id = any($1::uuid[]) order by id for key share
    """,
)

MANAGERS = Query(
    "groups.managers",
    "The superadmins and admins of a group.",
    "select user_id::text as user_id from group_edge where group_id = $1 and state <= 1",
)

JOIN = Command(
    "groups.join",
    "A new relation between a user and a group. No row where there is one already.",
    """
    insert into group_edge (group_id, user_id, state, position, update_time) values ($1, $2, $3, $4, $5)
    on conflict (group_id, user_id) do nothing
    returning state
    """,
)

ADD = Command(
    "groups.add",
    "Make users members; who has asked to join keeps the place of the request.",
    """
    insert into group_edge as e (group_id, user_id, state, position, update_time)
    select $1, w.user_id, 2, w.position, $4
    from unnest($2::uuid[], $3::bigint[]) as w (user_id, position) order by w.user_id
    on conflict (group_id, user_id) do update set state = 2, update_time = excluded.update_time
    """,
)

REMOVE = Command(
    "groups.remove",
    "End the relations of users to a group.",
    "delete from group_edge where group_id = $1 and user_id = any($2::uuid[])",
)

BAN = Command(
    "groups.ban",
    "Turn the relations of users to a group into bans, which begin now.",
    """
    update group_edge e set state = 4, position = w.position, update_time = $4
    from unnest($2::uuid[], $3::bigint[]) as w (user_id, position)
    where e.group_id = $1 and e.user_id = w.user_id
    """,
)

CHANGE_ROLES = Command(
    "groups.change_roles",
    "Give members of a group other roles.",
    """
    update group_edge e set state = w.state, update_time = $4
    from unnest($2::uuid[], $3::smallint[]) as w (user_id, state)
    where e.group_id = $1 and e.user_id = w.user_id
    """,
)

# --- Deletion of an account ---

LOCK_OF_USER = Query(
    "groups.lock_of_user",
    "The groups that a user has a relation to, held until the transaction ends.",
    """
    select id from groups
    where id = any(array(select e.group_id from group_edge e where e.user_id = $1))
    order by id for no key update
    """,
)

LOCK_FREE_OF_USER = Query(
    "groups.lock_free_of_user",
    "The same without waiting: groups that somebody else holds are left out.",
    LOCK_OF_USER.sql + "skip locked",
)

OTHERS_OF_USER = Query(
    "groups.others_of_user",
    "Whether a user has a relation to a group that is not among these.",
    "select 1 as other from group_edge where user_id = $1 and group_id <> all($2::uuid[]) limit 1",
)

DELETE_LEFT_ALONE = Command(
    "groups.delete_left_alone",
    "Delete the groups of which a user is the only superadmin.",
    """
    delete from groups g using group_edge e
    where e.user_id = $1 and e.state = 0 and g.id = e.group_id
        and not exists (
            select from group_edge o where o.group_id = e.group_id and o.state = 0 and o.user_id <> $1)
    """,
)

LEAVE_ALL = Command(
    "groups.leave_all",
    "End all relations of a user; groups that lose a member count it.",
    """
    with gone as (delete from group_edge where user_id = $1 returning group_id, state)
    update groups g set edge_count = g.edge_count - 1, update_time = $2
    from gone where g.id = gone.group_id and gone.state <= 2
    """,
)

# --- Groups by their ids ---

BY_ID = Query(
    "groups.by_id",
    "Groups by their ids.",
    f"select {COLUMNS} from groups g where g.id = any($1::uuid[])",
)

RANDOM = Query(
    "groups.random",
    "Some groups, from an id on and around.",
    f"""
    (select {COLUMNS} from groups g where g.id >= $1 order by g.id limit $2)
    union all
    (select {COLUMNS} from groups g where g.id < $1 order by g.id limit $2)
    limit $2
    """,
)

# --- Lists of groups: from behind a position on ---

_GIVEN = """
    unnest($1::int[], $2::int[], $3::smallint[], $4::text[], $5::timestamptz[], $6::bigint[], $7::text[],
        $8::uuid[])
        as p (place, size, state, lang_tag, update_time, edge_count, after_lang_tag, id)
"""


def _pages(
    filters: str,
    purpose: str,
    order: tuple[str, ...],
    *,
    within: str = "",
    condition: str = "true",
    down: bool = False,
) -> Query:
    """A statement for pages of groups; `filters` is its own name's end.

    `order` are the columns that they go by among those with one value of the column `within`. The index for
    that begins with this column, and is what it should be found by: with a plain `=` the planner may prefer
    one that leads through very many groups to find the few with a rare value.
    """
    columns = [f"g.{column}" for column in order]
    position = [f"p.{'after_lang_tag' if column == 'lang_tag' else column}" for column in order]
    if within:
        columns, position = [f"g.{within}", *columns], [f"p.{within}", *position]
    beyond, until, direction = ("<", ">=", " desc") if down else (">", "<=", "")
    end = f"and g.{within} {until} p.{within}" if within else ""
    return Query(
        f"groups.list_{filters}",
        purpose,
        f"""
    select p.place, page.* from {_GIVEN}
    cross join lateral (
        select {COLUMNS} from groups g
        where ({", ".join(columns)}) {beyond} ({", ".join(position)}) {end} and {condition}
        order by {", ".join(column + direction for column in columns)} limit p.size
    ) page
    """,
    )


_BY_TIME, _BY_SIZE = ("update_time", "edge_count", "id"), ("edge_count", "id")

LIST_ALL = _pages("all", "Groups, least lately changed first.", _BY_TIME)
LIST_STATE = _pages("state", "Open or closed groups, least lately changed first.", _BY_TIME, within="state")
LIST_LANG_TAG = _pages("lang_tag", "Groups of a language, smallest first.", _BY_SIZE, within="lang_tag")
LIST_STATE_LANG_TAG = _pages(
    "state_lang_tag",
    "Open or closed groups of a language, largest first.",
    _BY_SIZE,
    within="lang_tag",
    condition="g.state = p.state",
    down=True,
)
LIST_LARGEST = _pages("largest", "Groups, largest first.", ("edge_count", "update_time", "id"), down=True)
LIST_STATE_LARGEST = _pages(
    "state_largest",
    "Open or closed groups, largest first.",
    ("edge_count", "lang_tag", "id"),
    within="state",
    down=True,
)
LIST_LANG_TAG_LARGEST = _pages(
    "lang_tag_largest", "Groups of a language, largest first.", _BY_SIZE, within="lang_tag", down=True
)


def _named(search: str, purpose: str, condition: str, *parameters: str) -> Query:
    """A statement for pages of groups by name, above a name; `search` is its own name's end."""
    types = ", ".join(f"${place}::text[]" for place in range(3, 4 + len(parameters)))
    return Query(
        f"groups.list_{search}",
        purpose,
        f"""
    select p.place, page.* from unnest($1::int[], $2::int[], {types})
        as p (place, size, name, {", ".join(parameters)})
    cross join lateral (
        select {COLUMNS} from groups g where {condition} and g.name > p.name
        order by g.name limit p.size
    ) page
    """,
    )


LIST_NAMED = _named(
    "named", "Groups of this name, whatever its case.", "g.folded_name = p.folded_name", "folded_name"
)
LIST_BEGINNING = _named(
    "beginning",
    "Groups whose names match a pattern, found among those that begin like it.",
    "g.folded_name >= p.low and g.folded_name < p.high and g.folded_name like p.pattern",
    *("pattern", "low", "high"),
)
LIST_MATCHING = _named(
    "matching",
    "Groups whose names match a pattern that says nothing of how they begin: all are gone through.",
    "g.folded_name like p.pattern",
    "pattern",
)

# --- Lists of relations: states from `low` to `high`, from a position on, inclusive. ---

_EDGES = """
    unnest($1::int[], $2::int[], $3::uuid[], $4::int[], $5::int[], $6::int[], $7::bigint[], $8::uuid[])
        as p (place, size, owner, low, high, state, position, id)
"""

LIST_USERS = Query(
    "groups.list_users",
    "The users who have a relation to a group.",
    f"""
    select p.place, page.* from {_EDGES}
    cross join lateral (
        select e.state as role, e.position, {USER_COLUMNS}
        from group_edge e join users u on u.id = e.user_id
        where e.group_id = p.owner and e.state between p.low and p.high
            and (e.state, e.position, e.user_id) >= (p.state, p.position, p.id)
        order by e.state, e.position, e.user_id limit p.size
    ) page
    """,
)

LIST_OF_USER = Query(
    "groups.list_of_user",
    "The groups that a user has a relation to.",
    f"""
    select p.place, page.* from {_EDGES}
    cross join lateral (
        select e.state as role, e.position, {COLUMNS}
        from group_edge e join groups g on g.id = e.group_id
        where e.user_id = p.owner and e.state between p.low and p.high
            and (e.state, e.position, e.group_id) >= (p.state, p.position, p.id)
        order by e.state, e.position, e.group_id limit p.size
    ) page
    """,
)
