"""Statements on storage objects."""

from kizuna.db.statements import Command, Query

_COLUMNS = """
    s.collection::text as collection, s.key::text as key, s.user_id::text as user_id, s.value::text as value,
    s.version::text as version, s.read, s.write, s.create_time, s.update_time
"""

READ = Query(
    "storage.read",
    "Objects by their ids, each for the caller who asks (null is the server itself, who sees all).",
    f"""
    select w.place, {_COLUMNS}
    from unnest($1::int[], $2::text[], $3::text[], $4::uuid[], $5::uuid[])
        as w (place, collection, key, user_id, caller)
    join storage s on s.user_id = w.user_id and s.collection = w.collection and s.key = w.key
    where w.caller is null or s.read >= 2 or (s.read = 1 and s.user_id = w.caller)
    """,
)

_ACK = """
    s.collection::text as collection, s.key::text as key, s.user_id::text as user_id,
    s.version::text as version, s.create_time, s.update_time
"""

_GIVEN = """
    unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::int[], $8::text[],
        $9::bool[]) as w (collection, key, user_id, value, version, read, write, expected, authoritative)
"""

PUT = Command(
    "storage.put",
    "Write objects whatever version is stored. No row for one whose owner may not write it; one that equals "
    "what is stored keeps its update time.",
    f"""
    insert into storage as s
        (collection, key, user_id, value, version, read, write, create_time, update_time)
    select w.collection, w.key, w.user_id, w.value::jsonb, w.version, w.read, w.write, $10, $10
    from {_GIVEN} order by w.collection, w.key, w.user_id
    on conflict (user_id, collection, key) do update set
        value = excluded.value, version = excluded.version, read = excluded.read, write = excluded.write,
        update_time = case
            when s.version = excluded.version and s.read = excluded.read and s.write = excluded.write
            then s.update_time else excluded.update_time end
    where s.write >= 1
    returning {_ACK}
    """,
)

PUT_AS_SERVER = Command(
    "storage.put_as_server",
    "The same with the server's authority: the stored write permission does not matter.",
    PUT.sql.replace("where s.write >= 1\n", "\n"),
)

CREATE = Command(
    "storage.create",
    "Write objects that must not exist. No row for one that does.",
    f"""
    insert into storage as s
        (collection, key, user_id, value, version, read, write, create_time, update_time)
    select w.collection, w.key, w.user_id, w.value::jsonb, w.version, w.read, w.write, $10, $10
    from {_GIVEN} order by w.collection, w.key, w.user_id
    on conflict (user_id, collection, key) do nothing
    returning {_ACK}
    """,
)

LOCK = Query(
    "storage.lock",
    "Lock stored objects in the order in which every writer takes them.",
    """
    select s.user_id from unnest($1::text[], $2::text[], $3::uuid[]) as w (collection, key, user_id)
    join storage s on s.user_id = w.user_id and s.collection = w.collection and s.key = w.key
    order by s.collection, s.key, s.user_id for update of s
    """,
)

REPLACE = Command(
    "storage.replace",
    "Write objects whose stored version is the expected one. No row for the others.",
    f"""
    update storage s set value = w.value::jsonb, version = w.version, read = w.read, write = w.write,
        update_time = $10
    from {_GIVEN}
    where s.user_id = w.user_id and s.collection = w.collection and s.key = w.key
        and s.version = w.expected and (w.authoritative or s.write >= 1)
    returning {_ACK}
    """,
)

LOCKED_OUT = Query(
    "storage.locked_out",
    "Which of these objects exist and may not be written by their owners.",
    """
    select s.collection::text as collection, s.key::text as key, s.user_id::text as user_id
    from unnest($1::text[], $2::text[], $3::uuid[]) as w (collection, key, user_id)
    join storage s on s.user_id = w.user_id and s.collection = w.collection and s.key = w.key
    where s.write < 1
    """,
)

DELETE = Command(
    "storage.delete",
    "Delete objects, of those with a version (not null) only that one. Clients need the write permission.",
    """
    delete from storage s
    using unnest($1::text[], $2::text[], $3::uuid[], $4::text[]) as w (collection, key, user_id, version)
    where s.user_id = w.user_id and s.collection = w.collection and s.key = w.key
        and (w.version is null or s.version = w.version) and ($5 or s.write > 0)
    returning s.collection::text as collection, s.key::text as key, s.user_id::text as user_id,
        s.version::text as version
    """,
)

# A page begins behind (read, key, user id) of the cursor, or behind values below all others.

LIST_PUBLIC = Query(
    "storage.list_public",
    "Pages of collections: everybody's objects that everybody may read.",
    f"""
    select p.place, page.* from unnest($1::int[], $2::text[], $3::int[], $4::text[], $5::uuid[], $6::int[])
        as p (place, collection, after_read, after_key, after_user, size)
    cross join lateral (
        select {_COLUMNS} from storage s
        where s.collection = p.collection and s.read >= 2
            and (s.read, s.key, s.user_id) > (p.after_read, p.after_key, p.after_user)
        order by s.read, s.key, s.user_id limit p.size
    ) page
    """,
)

LIST_OWNED = Query(
    "storage.list_owned",
    "Pages of one owner's objects in a collection with at least a certain read permission.",
    f"""
    select p.place, page.*
    from unnest($1::int[], $2::text[], $3::uuid[], $4::int[], $5::int[], $6::text[], $7::int[])
        as p (place, collection, owner, lowest_read, after_read, after_key, size)
    cross join lateral (
        select {_COLUMNS} from storage s
        where s.user_id = p.owner and s.collection = p.collection and s.read >= p.lowest_read
            and (s.read, s.key) > (p.after_read, p.after_key)
        order by s.read, s.key limit p.size
    ) page
    """,
)

LIST_ALL = Query(
    "storage.list_all",
    "A page of a whole collection as the server sees it.",
    f"""
    select {_COLUMNS} from storage s
    where s.collection = $1 and (s.read, s.key, s.user_id) > ($2, $3, $4)
    order by s.read, s.key, s.user_id limit $5
    """,
)
