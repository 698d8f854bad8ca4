"""Statements on teams' items."""

from kizuna.db.statements import Command, Query

INSTANCES = Query(
    "team_inventory.instances",
    "What teams have, by item and oldest first.",
    """
    select i.* from unnest($1::uuid[]) as w (team_id)
    cross join lateral (
        select team_id::text as team_id, instance_id::text as instance_id, item_id, stack, count,
            string_properties::text as strings, numeric_properties::text as numbers,
            removed_properties::text as removed, owned_sec, update_sec
        from team_item where team_id = w.team_id
        order by item_id, owned_sec, team_item.instance_id offset 0
    ) i
    """,
)

STORE = Command(
    "team_inventory.store",
    "Add instances, and set those that there are.",
    """
    insert into team_item as i (team_id, instance_id, item_id, stack, count, string_properties,
        numeric_properties, removed_properties, owned_sec, update_sec)
    select $1, w.instance_id, w.item_id, w.stack, w.count, w.strings::jsonb, w.numbers::jsonb,
        w.removed::jsonb, w.owned_sec, w.update_sec
    from unnest($2::uuid[], $3::text[], $4::bool[], $5::bigint[], $6::text[], $7::text[], $8::text[],
        $9::bigint[], $10::bigint[])
        as w (instance_id, item_id, stack, count, strings, numbers, removed, owned_sec, update_sec)
    on conflict (instance_id) do update set stack = excluded.stack, count = excluded.count,
        string_properties = excluded.string_properties, numeric_properties = excluded.numeric_properties,
        removed_properties = excluded.removed_properties, update_sec = excluded.update_sec
    """,
)

REMOVE = Command(
    "team_inventory.remove",
    "Remove instances of a team's.",
    "delete from team_item where team_id = $1 and instance_id = any($2::uuid[])",
)
