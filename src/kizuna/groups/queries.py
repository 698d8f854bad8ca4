"""Statements on groups and on who belongs to them.

Whoever changes a group or a relation to it locks the group's row first; several groups in the order of their
ids.

Nothing here joins a list of users with the relations to one group: where PostgreSQL takes the group for
small, as it does with any that grew since the last ANALYZE, it compares each with each.
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
    "The states of relations between groups and users, null for none.",
    """
    select w.group_id::text as group_id, w.user_id::text as user_id,
        (select e.state from group_edge e where e.group_id = w.group_id and e.user_id = w.user_id) as state
    from unnest($1::uuid[], $2::uuid[]) as w (group_id, user_id)
    """,
)

RELATIONS = Query(
    "groups.relations",
    "The states of those relations to a group that some users have; in each row how many superadmins it has.",
    """
    select user_id::text as user_id, state,
        (select count(*) from group_edge where group_id = $1 and state = 0) as superadmins
    from group_edge where group_id = $1 and user_id = any($2::uuid[])
    """,
)

NAMES = Query(
    "groups.names",
    "The names of users, who are held until the transaction ends: as strongly as for the notifications that "
    "may follow, for whoever asks for more than they hold can wait for each other.",
    """
    select u.id::text as id, u.username from users u
    where u.id = any($1::uuid[]) order by u.id for no key update
    """,
)

MANAGERS = Query(
    "groups.managers",
    "The superadmins and admins of a group.",
    "select user_id::text as user_id from group_edge where group_id = $1 and state <= 1",
)

JOIN = Command(
    "groups.join",
    "A new relation between a user and a group that have none.",
    "insert into group_edge (group_id, user_id, state, position, update_time) values ($1, $2, $3, $4, $5)",
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
    "Turn the relations of users to a group, which all exist, into bans, which begin now.",
    """
    insert into group_edge (group_id, user_id, state, position, update_time)
    select $1, w.user_id, 4, w.position, $4
    from unnest($2::uuid[], $3::bigint[]) as w (user_id, position) order by w.user_id
    on conflict (group_id, user_id) do update
        set state = excluded.state, position = excluded.position, update_time = excluded.update_time
    """,
)

CHANGE_ROLES = Command(
    "groups.change_roles",
    "Give users who all have a relation to a group other roles; their places stay.",
    """
    insert into group_edge (group_id, user_id, state, position, update_time)
    select $1, w.user_id, w.state, 0, $4
    from unnest($2::uuid[], $3::smallint[]) as w (user_id, state) order by w.user_id
    on conflict (group_id, user_id) do update set state = excluded.state, update_time = excluded.update_time
    """,
)

# --- Deletion of an account ---

IDS_OF_USER = Query(
    "groups.ids_of_user",
    "The groups that a user has a relation to.",
    "select group_id::text as id from group_edge where user_id = $1",
)

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

_LEFT_ALONE = """
    array(
        select e.group_id from group_edge e where e.user_id = $1 and e.state = 0 and 1 = (
            select count(*) from (
                select from group_edge o where o.group_id = e.group_id and o.state = 0 limit 2
            ) superadmins
        )
    )
"""

LEFT_ALONE = Query(
    "groups.left_alone",
    "The groups of which a user is the only superadmin.",
    f"select id::text as id from unnest({_LEFT_ALONE}) as id",
)

DELETE_LEFT_ALONE = Command(
    "groups.delete_left_alone",
    "Delete them.",
    f"delete from groups where id = any({_LEFT_ALONE})",
)

LEAVE_ALL = Command(
    "groups.leave_all",
    "End all relations of a user; groups that lose a member count it.",
    """
    with gone as (delete from group_edge where user_id = $1 returning group_id, state)
    update groups set edge_count = edge_count - 1, update_time = $2
    where id = any(array(select group_id from gone where state <= 2))
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
    """A statement for pages of groups, named `groups.list_` and `filters`.

    `within` is the column that is filtered by, if one is, and `order` the columns that the groups of one
    value are sorted by. There is an index for each such list: `within` first, then `order`. The statement
    makes sure that PostgreSQL uses it: the inner query has no condition on `within` but reads on in the
    index's order, past the last group of the value, and the outer one drops what has another value. With the
    condition inside, the planner may take an index that yields all groups of the value for sorting, or search
    very many groups for the few of a rare value.
    """
    columns = [f"g.{column}" for column in order]
    position = [f"p.{'after_lang_tag' if column == 'lang_tag' else column}" for column in order]
    if within:
        columns, position = [f"g.{within}", *columns], [f"p.{within}", *position]
    beyond, direction = ("<", " desc") if down else (">", "")
    only = f"where page.{within} = p.{within}" if within else ""
    return Query(
        f"groups.list_{filters}",
        purpose,
        f"""
    select p.place, page.* from {_GIVEN}
    cross join lateral (
        select {COLUMNS} from groups g
        where ({", ".join(columns)}) {beyond} ({", ".join(position)}) and {condition}
        order by {", ".join(column + direction for column in columns)} limit p.size
    ) page {only}
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
    """A statement for pages of groups by name, above a name; `search` is its own name's end.

    `condition` is what they are found by, with `offset 0` at its end if the order shall not matter for that.
    """
    types = ", ".join(f"${place}::text[]" for place in range(3, 4 + len(parameters)))
    return Query(
        f"groups.list_{search}",
        purpose,
        f"""
    select p.place, page.* from unnest($1::int[], $2::int[], {types})
        as p (place, size, name, {", ".join(parameters)})
    cross join lateral (
        select {COLUMNS} from (select * from groups g where {condition}) g
        where g.name > p.name order by g.name limit p.size
    ) page
    """,
    )


LIST_NAMED = _named(
    "named",
    "Groups of this name, whatever its case.",
    "g.folded_name = p.folded_name offset 0",
    "folded_name",
)
LIST_BEGINNING = _named(
    "beginning",
    "Groups whose names match a pattern, found among those that begin like it.",
    "g.folded_name >= p.low and g.folded_name < p.high and g.folded_name like p.pattern offset 0",
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


def _relations(name: str, purpose: str, columns: str, *, of: str, to: str, others: str) -> Query:
    """A statement for pages of the relations `of` somebody, and of whom they are `to` in the table `others`.

    As above, a page is read in the index's order, and what is not of `owner` any more is left out in the end.
    """
    order = f"{of}, state, position, {to}"
    return Query(
        name,
        purpose,
        f"""
    select p.place, page.* from {_EDGES}
    cross join lateral (
        select e.state as role, e.position, {columns}
        from (
            select {order} from group_edge where ({order}) >= (p.owner, p.state, p.position, p.id)
            order by {order} limit p.size
        ) e
        cross join lateral (select * from {others} where id = e.{to} offset 0) {others[0]}
        where e.{of} = p.owner and e.state between p.low and p.high
    ) page
    """,
    )


LIST_USERS = _relations(
    "groups.list_users",
    "The users who have a relation to a group.",
    USER_COLUMNS,
    of="group_id",
    to="user_id",
    others="users",
)
LIST_OF_USER = _relations(
    "groups.list_of_user",
    "The groups that a user has a relation to.",
    COLUMNS,
    of="user_id",
    to="group_id",
    others="groups",
)
