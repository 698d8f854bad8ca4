"""What rewards are refused for, each with the place that is changed."""

from tests.teams.config.refusals import BUNDLE, CURRENCIES, FEAST, LARGEST

DAY = "store_items.double_gold_day.reward.guaranteed.reward_modifiers[0]"
ITEMS = "there are hearth_stone, raid_key, war_banner"
TEAM_KEYS = "there are currencies, item_sets, items, reward_modifiers, weight"
REWARD_KEYS = (
    "guaranteed, max_repeat_rolls, max_rolls, message, team_reward, to_mailbox_expiry_sec, total_weight"
)

REWARDS = [
    # T-147
    (
        f"{FEAST}.contribution_reward.team_reward.guaranteed.currencies",
        {"coins": {"min": 1}},
        f".coins: 'coins' is {CURRENCIES}",
    ),
    (
        f"{BUNDLE}.reward.guaranteed.items",
        {"raid_keys": {"min": 1}},
        f".raid_keys: 'raid_keys' is no item of this configuration; did you mean raid_key? {ITEMS}",
    ),
    (
        f"{BUNDLE}.reward.team_reward.weighted",
        {"_": [{"currencies": {"coins": {}}}]},
        f"[0].currencies.coins: 'coins' is {CURRENCIES}",
    ),
    (
        DAY,
        {"id": "coins"},
        f".id: 'coins' is {CURRENCIES}",
    ),
    (
        DAY,
        {"type": "item"},
        f".id: 'guild_gold' is no item of this configuration; {ITEMS}",
    ),
    # T-149 to T-154
    (
        f"{BUNDLE}.reward",
        {"guarantied": {}},
        f".guarantied: is no key here; did you mean guaranteed? there are {REWARD_KEYS}, weighted",
    ),
    *(
        (f"{BUNDLE}.{part}", {key: {}}, f".{key}: is no key here; did you mean guaranteed.{key}?")
        for part in ("reward", "reward.team_reward", "reward.team_reward.member_reward")
        for key in ("items", "item_sets", "currencies", "reward_modifiers")
    ),
    (f"{BUNDLE}.reward", {"energies": {}}, ".energies: is no key here; did you mean guaranteed.energies?"),
    (
        f"{BUNDLE}.reward",
        {"weight": 5},
        f".weight: is no key here; did you mean weighted? there are {REWARD_KEYS}, weighted",
    ),
    *(
        (f"{BUNDLE}.reward.guaranteed", {path: given}, f".{path.replace('__', '.')}: must be {form}")
        for path, given, form in (
            ("currencies__guild_gold", 7, "a range, as in {min: 7}, not 7"),
            ("currencies__guild_gold", -7, "a range, as in {min: 1}, not -7"),
            ("currencies__guild_gold", True, "a range, as in {min: 1}, not true"),
            ("currencies__guild_gold", [7], "a range, as in {min: 1}, not a list"),
            ("items__raid_key", 2, "a range, as in {min: 2}, not 2"),
            ("energies__stamina", "2", "a range, as in {min: 1}, not '2'"),
            ("items__raid_key__numeric_properties__size", 5, "a range, as in {min: 5}, not 5"),
            ("items__raid_key__string_properties__size__options__s", 3, "a map, as in {weight: 3}, not 3"),
            ("items__raid_key__string_properties__size", 3, "a map, not 3"),
        )
    ),
    (DAY, {"value": 2}, ".value: must be a range, as in {min: 2}, not 2"),
    (DAY, {"duration_sec": 60}, ".duration_sec: must be a range, as in {min: 60}, not 60"),
    (f"{BUNDLE}.reward", {"max_rolls": -1}, ".max_rolls: must be at least 0, not -1"),
    (f"{BUNDLE}.reward", {"max_rolls": 10_001}, ".max_rolls: must be at most 10000, not 10001"),
    (
        f"{BUNDLE}.reward.guaranteed",
        {"item_sets": [{"min": 10_001}]},
        ".item_sets[0].min: must be at most 10000, not 10001",
    ),
    (f"{BUNDLE}.reward", {"weighted": [{"weight": -1}]}, ".weighted[0].weight: must be at least 0, not -1"),
    (
        f"{BUNDLE}.reward",
        {"weighted": [{"weight": LARGEST}, {"weight": 1}]},
        f".weighted: the weights are more than {LARGEST} together",
    ),
    (
        f"{BUNDLE}.reward.team_reward",
        {"guaranteed": {"energies": {"stamina": {"min": 1}}}},
        f".guaranteed.energies: is no key here; {TEAM_KEYS}",
    ),
    (
        f"{BUNDLE}.reward.team_reward",
        {"weighted": [{"energy_modifiers": []}]},
        f".weighted[0].energy_modifiers: is no key here; did you mean reward_modifiers? {TEAM_KEYS}",
    ),
    (
        f"{BUNDLE}.reward.team_reward.member_reward",
        {"message": "x"},
        ".message: is no key here; there are guaranteed, max_repeat_rolls, max_rolls, to_mailbox_expiry_sec, "
        "total_weight, weighted",
    ),
    (
        f"{BUNDLE}.reward.guaranteed",
        {"currencies": {"guild_gold": {"min": -1}}},
        ".currencies.guild_gold.min: must be at least 0, not -1",
    ),
    (
        f"{BUNDLE}.reward.guaranteed",
        {"energies": {"stamina": {"min": 2**31}}},
        ".energies.stamina.min: must be at most 2147483647, not 2147483648",
    ),
    (
        f"{BUNDLE}.reward.guaranteed.items.raid_key",
        {"string_properties": {"colour": {"options": {"a": {"weight": LARGEST}, "b": {"weight": 1}}}}},
        f".string_properties.colour.options: the weights are more than {LARGEST} together",
    ),
    (
        f"{BUNDLE}.reward.guaranteed.items.raid_key",
        {"numeric_properties": {"size": {"multiple": -1}}},
        ".numeric_properties.size.multiple: must be at least 0, not -1",
    ),
    (DAY, {"type": "energy"}, ".type: must be 'currency' or 'item', not 'energy'"),
    (DAY, {"operator": "double"}, ".operator: must be 'multiplier' or 'addition', not 'double'"),
    (
        f"{BUNDLE}.reward.guaranteed",
        {"energy_modifiers": [{"id": "stamina", "operator": "more"}]},
        ".energy_modifiers[0].operator: must be 'infinite', 'set_refill_count', 'set_refill_sec' or "
        "'set_max_count', not 'more'",
    ),
]
