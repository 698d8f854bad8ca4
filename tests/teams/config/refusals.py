"""What configurations are refused for, rewards apart: changes of the valid one, and the exact sentences."""

from tests.teams.config.support import GONE

ACHIEVEMENTS = "achievements.achievements"
SIEGE = "event_leaderboards.event_leaderboards.weekly_siege"
FEAST = "gifts.gifts.winter_feast"
BUNDLE = "store_items.key_bundle"
NAMES = "must have letters from A to Z in capitals or not, digits and _ only"
CRON = "must be a CRON expression, such as 0 0 * * 1"
SMALLEST, LARGEST = -(2**63), 2**63 - 1
CURRENCIES = "no currency of this configuration; there are ember_shards, guild_gold"
GOALS = "there are daily_hunt, feast, first_raid, raid_master, raid_master_25, raid_master_50"
REQUIREMENT = "requires_stat must be a stat and its least value, as in level:3, not"
UNKNOWN_STAT = "no stat of this configuration; did you mean level?"
COUNTERS = ("cohort_size", "max_num_score", "score_target", "score_target_players", "tier_delta_per_phase")


ROOT = [
    # T-130, T-131
    (
        {"initial_max_team_size": 0},
        "initial_max_team_size: must be at least 1, not 0 (teams initial max size invalid)",
    ),
    (
        {"initial_max_team_size": -5},
        "initial_max_team_size: must be at least 1, not -5 (teams initial max size invalid)",
    ),
    (
        {"initial_max_team_size": 2**31},
        "initial_max_team_size: must be at most 2147483647, not 2147483648 (teams initial max size invalid)",
    ),
    ({"initial_max_team_size": "20"}, "initial_max_team_size: must be a whole number, not '20'"),
    ({"initial_max_team_size": True}, "initial_max_team_size: must be a whole number, not true"),
    ({"initial_max_team_size": None}, "initial_max_team_size: must be a whole number, not null"),
    ({"max_team_size": 0}, "max_team_size: must be at least 1, not 0 (teams max size invalid)"),
    (
        {"initial_max_team_size": 60},
        "max_team_size: must be at least initial_max_team_size, 60, not 50 (teams max size invalid)",
    ),
    (
        {"initial_max_team_size": GONE, "max_team_size": 10},
        "max_team_size: must be at least initial_max_team_size, 25, not 10 (teams max size invalid)",
    ),
    # T-132
    ({"allow_multiple_teams": 1}, "allow_multiple_teams: must be true or false, not 1"),
    # T-128
    (
        {"stats__private": {}},
        "stats.private: is no key here; did you mean stats_private? there are stats_private, stats_public",
    ),
    ({"mailbox": {}}, "mailbox: is another name of reward_mailbox, which is there too"),
    # T-129, T-133
    ({"wallet": []}, "wallet: must be a map, not a list"),
    ({"wallet__currencies": 5}, "wallet.currencies: must be a map, not 5"),
    ({"wallet__currencies__": 1}, 'wallet.currencies[""]: must have 1 to 128 bytes'),
    ({"wallet__currencies__" + "é" * 65: 1}, f"wallet.currencies.{'é' * 65}: must have 1 to 128 bytes"),
    ({"wallet__currencies__a.b": -1}, 'wallet.currencies["a.b"]: must be at least 0, not -1'),
    ({"wallet__currencies__x": 2**63}, f"wallet.currencies.x: must be at most {LARGEST}, not {LARGEST + 1}"),
    ({"wallet__currencies__x": 1.0}, "wallet.currencies.x: must be a whole number, not 1.0"),
    ({"wallet__currencies__x": 10**50}, "wallet.currencies.x: must be a finite number of a reasonable size"),
    (
        {"wallet__currencies__x": float("nan")},
        "wallet.currencies.x: must be a finite number of a reasonable size",
    ),
    ({"wallet__currencies__a\0": 1}, "wallet.currencies: has a key that must hold no NUL character"),
    # T-135
    ({"stats__stats_public__a-b": {}}, f"stats.stats_public.a-b: {NAMES}"),
    ({"stats__stats_private__ä": {}}, f"stats.stats_private.ä: {NAMES}"),
    ({"stats__stats_public__x": 7}, "stats.stats_public.x: must be a map, as in {value: 7}, not 7"),
    ({"stats__stats_public__x": None}, "stats.stats_public.x: must be a map, as in {value: 1}, not null"),
    (
        {"stats__stats_public__level__value": SMALLEST - 1},
        f"stats.stats_public.level.value: must be at least {SMALLEST}, not {SMALLEST - 1}",
    ),
    # T-137, T-140
    (
        {"inventory__limits__categories__decor": -1},
        "inventory.limits.categories.decor: must be at least 0, not -1",
    ),
    ({"reward_mailbox__max_size": -1}, "reward_mailbox.max_size: must be at least 0, not -1"),
]

BELOW = [
    # T-136, T-143
    ("inventory.items.raid_key", {"max_count": -1}, ".max_count: must be at least 0, not -1"),
    ("inventory.items.raid_key", {"stackable": "yes"}, ".stackable: must be true or false, not 'yes'"),
    ("inventory.items.raid_key", {"name": 5}, ".name: must be a text, not 5"),
    ("inventory.items.raid_key", {"item_sets": "rare"}, ".item_sets: must be a list, not 'rare'"),
    (
        "inventory.items.raid_key",
        {"numeric_properties": {"size": True}},
        ".numeric_properties.size: must be a number, not true",
    ),
    (
        "inventory.items.raid_key",
        {"string_properties": {"size": 1}},
        ".string_properties.size: must be a text, not 1",
    ),
    # T-134, T-142, T-148
    (BUNDLE, {"cost__currencies__guild_gold": -1}, ".cost.currencies.guild_gold: must be at least 0, not -1"),
    (
        BUNDLE,
        {"cost__currencies__coins": 1},
        f".cost.currencies.coins: 'coins' is {CURRENCIES}",
    ),
    (
        BUNDLE,
        {"additional_properties": {"a": 1}},
        ".additional_properties.a: must be a text, not 1",
    ),
    (
        BUNDLE,
        {"additional_properties": {"requires_achievement": "first"}},
        ".additional_properties.requires_achievement: 'first' is no achievement of this configuration; "
        f"did you mean first_raid? {GOALS}",
    ),
    (
        BUNDLE,
        {"additional_properties": {"requires_stat": "levels:3"}},
        f".additional_properties.requires_stat: 'levels' is {UNKNOWN_STAT} "
        "there are best_raid_seconds, level, raids_won, rating",
    ),
    *(
        (
            BUNDLE,
            {"additional_properties": {"requires_stat": text}},
            f".additional_properties: {REQUIREMENT} {text!r}",
        )
        for text in ("", "level", "level:", "level:x", ":3", "level:3.0", "level: 3", f"level:{LARGEST + 1}")
    ),
    # T-138, T-144
    (f"{ACHIEVEMENTS}.first_raid", {"max_count": -1}, ".max_count: must be at least 0, not -1"),
    (f"{ACHIEVEMENTS}.first_raid", {"max_count": GONE}, ".max_count: is missing"),
    (f"{ACHIEVEMENTS}.first_raid", {"name": GONE}, ".name: is missing"),
    (f"{ACHIEVEMENTS}.raid_master.sub_achievements.raid_master_25", {"name": GONE}, ".name: is missing"),
    (f"{ACHIEVEMENTS}.first_raid", {"count": 2}, ".count: must be at most max_count, 1, not 2"),
    (
        f"{ACHIEVEMENTS}.raid_master.sub_achievements.raid_master_25",
        {"count": 26},
        ".count: must be at most max_count, 25, not 26",
    ),
    (
        f"{ACHIEVEMENTS}.raid_master.sub_achievements.raid_master_25",
        {"auto_claim_total": True},
        ".auto_claim_total: is no key here; did you mean auto_claim? there are additional_properties, "
        "auto_claim, auto_reset, category, count, description, duration_sec, max_count, name, "
        "precondition_ids, reset_cronexpr, reward, time_offset_sec",
    ),
    (
        f"{ACHIEVEMENTS}.feast",
        {"reset_cronexpr": "daily"},
        f".reset_cronexpr: {CRON}, not 'daily': missing field(s)",
    ),
    (f"{ACHIEVEMENTS}.feast", {"reset_cronexpr": 5}, f".reset_cronexpr: {CRON}"),
    (f"{ACHIEVEMENTS}.feast", {"duration_sec": -1}, ".duration_sec: must be at least 0, not -1"),
    (
        f"{ACHIEVEMENTS}.feast",
        {"end_time_sec": 10**13},
        ".end_time_sec: must be at most 253402300799, not 10000000000000",
    ),
    (
        f"{ACHIEVEMENTS}.feast",
        {"start_time_sec": 10, "end_time_sec": 10},
        ".end_time_sec: must be 0 or later than start_time_sec, 10, not 10",
    ),
    (
        f"{ACHIEVEMENTS}.feast",
        {"precondition_ids": ["feats"]},
        f".precondition_ids[0]: 'feats' is no achievement of this configuration; did you mean feast? {GOALS}",
    ),
    (
        f"{ACHIEVEMENTS}.first_raid",
        {"precondition_ids": ["raid_master"]},
        ".precondition_ids: wait for each other: first_raid -> raid_master -> first_raid",
    ),
    (
        f"{ACHIEVEMENTS}.feast",
        {"precondition_ids": ["feast"]},
        ".precondition_ids: wait for each other: feast -> feast",
    ),
    (
        f"{ACHIEVEMENTS}.raid_master.sub_achievements.raid_master_25",
        {"precondition_ids": ["raid_master_50"]},
        ".precondition_ids: wait for each other: raid_master_25 -> raid_master_50 -> raid_master_25",
    ),
    (
        f"{ACHIEVEMENTS}.feast.sub_achievements.first_raid",
        {"_": {"name": "", "max_count": 1}},
        ": another achievement or sub-achievement has the same id",
    ),
    # T-139, T-145
    (
        SIEGE,
        {"operator": "bst"},
        ".operator: must be 'best', 'set', 'incr', 'increment', 'decr' or 'decrement', not 'bst'",
    ),
    (
        SIEGE,
        {"reset_schedule": "0 0 32 * *"},
        f".reset_schedule: {CRON}, not '0 0 32 * *': syntax error in day-of-month field: '32'",
    ),
    (SIEGE, {"duration": -1}, ".duration: must be at least 0, not -1"),
    (SIEGE, {"cohort_size": 0}, ".cohort_size: must be at least 1, not 0"),
    (SIEGE, {"cohort_size": 1001}, ".cohort_size: must be at most 1000, not 1001"),
    (SIEGE, {"tiers": 0}, ".tiers: must be at least 1, not 0"),
    *((SIEGE, {name: -1}, f".{name}: must be at least 0, not -1") for name in COUNTERS[1:-1]),
    (SIEGE, {"max_idle_tier_drop": -1}, ".max_idle_tier_drop: must be at least 0, not -1"),
    (SIEGE, {"max_rolls": -1}, ".max_rolls: must be at least 0, not -1"),
    (SIEGE, {"roll_cooldown_sec": -1}, ".roll_cooldown_sec: must be at least 0, not -1"),
    (SIEGE, {"score_time_limit_sec": -1}, ".score_time_limit_sec: must be at least 0, not -1"),
    (SIEGE, {"tier_delta_per_phase": 0.5}, ".tier_delta_per_phase: must be a whole number, not 0.5"),
    (
        SIEGE,
        {"start_time_sec": 9, "end_time_sec": 8},
        ".end_time_sec: must be 0 or later than start_time_sec, 9, not 8",
    ),
    (SIEGE, {"tier_overrides__3": {}}, ".tier_overrides.3: is no tier: tiers is 3, so the highest is 2"),
    (SIEGE, {"reward_tiers__3": []}, ".reward_tiers.3: is no tier: tiers is 3, so the highest is 2"),
    (SIEGE, {"change_zones__3": {}}, ".change_zones.3: is no tier: tiers is 3, so the highest is 2"),
    *(
        (
            SIEGE,
            {f"change_zones__{tier}": {}},
            f'.change_zones.{tier}: must be the number of a tier, such as "0"',
        )
        for tier in ("-1", "00", "x", "+1", "٣", "99999999999")
    ),
    (SIEGE, {"change_zones__0__promotion": 1.5}, ".change_zones.0.promotion: must be at most 1, not 1.5"),
    (SIEGE, {"change_zones__0__demotion": -0.5}, ".change_zones.0.demotion: must be at least 0, not -0.5"),
    (SIEGE, {"reward_tiers__0__0__rank_min": 0}, ".reward_tiers.0[0].rank_min: must be at least 1, not 0"),
    (SIEGE, {"reward_tiers__0__0__rank_max": GONE}, ".reward_tiers.0[0].rank_max: is missing"),
    (
        SIEGE,
        {"reward_tiers__0__1__rank_max": 1},
        ".reward_tiers.0[1].rank_max: must be at least rank_min, 2, not 1",
    ),
    (
        SIEGE,
        {"reward_tiers__0__1__rank_min": 1},
        ".reward_tiers.0[1]: the ranks 1 to 3 overlap with 1 to 1",
    ),
    (
        SIEGE,
        {"tier_overrides__2__reward": {}},
        ".tier_overrides.2.reward: is no key here; there are cohort_size, description, max_num_score, name, "
        "score_target, score_target_players, score_time_limit_sec, tier_delta_per_phase",
    ),
    # T-141, T-146
    (FEAST, {"reset_schedule": GONE}, ".reset_schedule: is missing"),
    (FEAST, {"reset_schedule": ""}, ".reset_schedule: must be a CRON expression with a next time, not ''"),
    (
        FEAST,
        {"reset_schedule": "0 0 30 2 *"},
        ".reset_schedule: must be a CRON expression with a next time, not '0 0 30 2 *'",
    ),
    (FEAST, {"duration_sec": GONE}, ".duration_sec: is missing"),
    (FEAST, {"duration_sec": 0}, ".duration_sec: must be at least 1, not 0"),
    (FEAST, {"max_count": -1}, ".max_count: must be at least 0, not -1"),
    (FEAST, {"max_contributor_count": -1}, ".max_contributor_count: must be at least 0, not -1"),
    (
        FEAST,
        {"contribution_cost__guaranteed__currencies__coins__max": 9},
        ".contribution_cost.guaranteed.currencies.coins: is a cost and must be one amount, not 5 to 9",
    ),
    *(
        (
            FEAST,
            {f"contribution_cost__{path}": value},
            ".contribution_cost: is a cost and can have nothing but guaranteed.currencies",
        )
        for path, value in (
            ("message", "thanks"),
            ("weighted", [{}]),
            ("team_reward", {}),
            ("to_mailbox_expiry_sec", 1),
            ("guaranteed__items", {"raid_key": {"min": 1}}),
            ("guaranteed__energies", {"stamina": {"min": 1}}),
        )
    ),
    (FEAST, {"rewards__0__min_count": 0}, ".rewards[0].min_count: must be at least 1, not 0"),
    (
        FEAST,
        {"rewards__0__min_count": 100},
        ".rewards[1].min_count: must be above the one before, 100, not 100",
    ),
    (FEAST, {"rewards__1__min_count": 101}, ".rewards[1].min_count: must be at most max_count, 100, not 101"),
]
