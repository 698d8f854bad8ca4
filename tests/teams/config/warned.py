"""What configurations are warned of: changes of the valid one, and the exact sentences."""

from typing import Any

from tests.teams.config.refusals import BUNDLE, FEAST

RELIC_SET = "store_items.hall_relic.reward.guaranteed.item_sets[0].set"
MEMBER = "achievements.achievements.first_raid.reward.team_reward.member_reward.to_mailbox_expiry_sec"
PAINT = "store_items.key_bundle.reward.guaranteed.items.raid_key.string_properties.paint"
MANY = 10**18

WARNED: list[tuple[dict[str, Any], str]] = [
    (
        {"inventory__items__hearth_stone__consume_reward": {}},
        "inventory.items.hearth_stone.consume_reward: is never given, for the item is not consumable",
    ),
    (
        {"store_items__hall_relic__reward__guaranteed__item_sets__0__set": ["hall", "rares"]},
        f"{RELIC_SET}: no item is in hall and rares, so nothing is given",
    ),
    (
        {
            "store_items__hall_relic__reward__guaranteed__item_sets__0__set": ["rare"],
            "inventory__items__war_banner__disabled": True,
        },
        f"{RELIC_SET}: no item is in rare, so nothing is given",
    ),
    (
        {MEMBER.replace(".", "__"): 1},
        f"{MEMBER}: has no effect: players have no mailbox, and are given it at once",
    ),
    (
        {"achievements__achievements__feast__reset_cronexpr": "0 0 30 2 *"},
        "achievements.achievements.feast.reset_cronexpr: has no time at all, so nothing is ever reset",
    ),
    (
        {"event_leaderboards__event_leaderboards__dragon_dash__reset_schedule": "0 0 30 2 *"},
        "event_leaderboards.event_leaderboards.dragon_dash.reset_schedule: has no time at all, "
        "so it never begins anew",
    ),
    # T-155, T-156
    *(
        (
            {f"{BUNDLE}.reward.guaranteed".replace(".", "__"): {key: value}},
            f"{BUNDLE}.reward.guaranteed.{place}.max: is below min, {least}, which counts for both",
        )
        for key, value, place, least in (
            ("currencies", {"guild_gold": {"min": 5, "max": 3}}, "currencies.guild_gold", 5),
            ("items", {"raid_key": {"min": 5, "max": 4}}, "items.raid_key", 5),
            (
                "items",
                {"raid_key": {"min": 1, "numeric_properties": {"size": {"min": 0.5, "max": 0}}}},
                "items.raid_key.numeric_properties.size",
                0.5,
            ),
            ("item_sets", [{"min": 2, "max": 1, "set": ["hall"]}], "item_sets[0]", 2),
            ("energies", {"stamina": {"min": 2, "max": 1}}, "energies.stamina", 2),
            (
                "energy_modifiers",
                [{"id": "stamina", "operator": "infinite", "duration_sec": {"min": 9, "max": 8}}],
                "energy_modifiers[0].duration_sec",
                9,
            ),
            (
                "reward_modifiers",
                [
                    {
                        "id": "raid_key",
                        "type": "item",
                        "operator": "addition",
                        "value": {"min": 10**18, "max": 9},
                    }
                ],
                "reward_modifiers[0].value",
                MANY,
            ),
        )
    ),
    (
        {f"{FEAST}.contribution_cost.guaranteed.currencies.coins.max".replace(".", "__"): 1},
        f"{FEAST}.contribution_cost.guaranteed.currencies.coins.max: is below min, 5, which counts for both",
    ),
    # T-158, T-160
    (
        {f"{BUNDLE}.reward.weighted".replace(".", "__"): [{"weight": 1}, {"currencies": {}}]},
        f"{BUNDLE}.reward.weighted[1]: has no weight, so it is never drawn",
    ),
    (
        {
            f"{FEAST}.contribution_reward".replace(".", "__"): {
                "weighted": [{"weight": 3}, {"weight": 4}],
                "total_weight": 6,
            }
        },
        f"{FEAST}.contribution_reward.total_weight: is below the sum of the weights, 7, which counts",
    ),
    *(
        (
            {
                PAINT.replace(".", "__"): {
                    "options": {"red": {"weight": weight}, "blue": {"weight": 2}},
                    **total,
                }
            },
            f"{PAINT}.{sentence}",
        )
        for weight, total, sentence in (
            (0, {}, "options.red: has no weight, so it is never drawn"),
            (1, {"total_weight": 2}, "total_weight: is below the sum of the weights, 3, which counts"),
        )
    ),
]
