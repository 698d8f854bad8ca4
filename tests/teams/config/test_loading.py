"""What a valid configuration becomes."""

import json

import pytest

from kizuna.scheduler.cron import Schedule
from kizuna.teams.config import shapes
from kizuna.teams.config.errors import ConfigError
from kizuna.teams.config.loading import load
from kizuna.teams.rewards import shapes as rewards
from tests.teams.config.support import GONE, VALID, changed, loaded

WAR_BANNER = rewards.ItemReward(
    rewards.IntRange(min=1), {"colour": rewards.StringProperty({"gold": 1, "silver": 3})}
)


def of_currencies(**amounts: int) -> rewards.Reward:
    currencies = {id: rewards.IntRange(min=amount) for id, amount in amounts.items()}
    return rewards.Reward(guaranteed=rewards.Contents(currencies=currencies))


def test_the_head_of_the_example() -> None:
    """T-130 to T-135, T-140: sizes, wallet, stats, mailbox."""
    config = loaded(VALID)
    assert (config.initial_max_team_size, config.max_team_size, config.allow_multiple_teams) == (
        20,
        50,
        False,
    )
    assert config.currencies == {"guild_gold": 100, "ember_shards": 0}
    assert config.stats_public == {
        "level": shapes.Stat(value=1, additional_properties={"icon": "star"}),
        "raids_won": shapes.Stat(),
    }
    assert config.stats_private == {"rating": shapes.Stat(value=1000), "best_raid_seconds": shapes.Stat()}
    assert config.mailbox_max_size == 50


def test_the_defaults() -> None:
    """T-033, T-130 to T-141: an empty file is a configuration with nothing in it."""
    config = loaded({})
    assert config == shapes.TeamsConfig()
    assert (config.initial_max_team_size, config.max_team_size, config.allow_multiple_teams) == (
        25,
        30,
        False,
    )


def test_the_largest_size_follows_the_first() -> None:
    """T-131: 30, or the size of new teams if that is larger."""
    assert loaded({"initial_max_team_size": 31}).max_team_size == 31
    assert loaded({"initial_max_team_size": 3}).max_team_size == 30


def test_inventory_of_the_example() -> None:
    """T-136, T-137, T-143, T-153: items with defaults, limits, and the properties that rewards roll."""
    inventory = loaded(VALID).inventory
    assert inventory.category_limits == {"decor": 6}
    assert inventory.item_set_limits == {"rare": 4}
    assert inventory.items["war_banner"] == shapes.Item(
        name="War Banner",
        description="Hangs in the guild hall.",
        category="decor",
        item_sets=("rare", "hall"),
        max_count=5,
        string_properties={"colour": "red"},
        numeric_properties={"tear": 0.0},
    )
    assert inventory.items["raid_key"].consume_reward == rewards.Reward(
        guaranteed=rewards.Contents(currencies={"guild_gold": rewards.IntRange(20, 60, 20)}),
        weighted=(
            rewards.Contents(currencies={"ember_shards": rewards.IntRange(min=1)}, weight=30),
            rewards.Contents(items={"war_banner": rewards.ItemReward(rewards.IntRange(min=1))}, weight=10),
        ),
        max_rolls=1,
        total_weight=100,
    )
    assert inventory.rolled_properties == {"war_banner": (frozenset({"colour"}), frozenset())}


def test_store_of_the_example() -> None:
    """T-134, T-142, T-148, T-154: costs, modifiers, requirements."""
    items = loaded(VALID).store_items
    assert items["hall_relic"] == shapes.StoreItem(
        category="decor",
        name="Hall Relic",
        cost={"guild_gold": 500, "ember_shards": 10},
        reward=rewards.Reward(
            guaranteed=rewards.Contents(
                item_sets=(rewards.ItemSetReward(rewards.IntRange(min=1), set=("hall",)),)
            )
        ),
        unavailable=True,
    )
    day = items["double_gold_day"]
    assert day.requires_stat == ("level", 3)
    assert day.additional_properties == {"requires_stat": "level:3"}
    assert day.reward is not None
    assert day.reward.guaranteed is not None
    assert day.reward.guaranteed.reward_modifiers == (
        rewards.RewardModifier(
            "guild_gold", "currency", "multiplier", rewards.IntRange(min=2), rewards.IntRange(min=86400)
        ),
    )


def test_a_store_item_may_require_an_achievement() -> None:
    """T-148: also a sub-achievement."""
    needs = {"requires_achievement": "raid_master_25"}
    config = loaded(changed(store_items__key_bundle__additional_properties=needs))
    assert config.store_items["key_bundle"].requires_achievement == "raid_master_25"
    assert config.store_items["key_bundle"].requires_stat is None


def test_achievements_of_the_example() -> None:
    """T-138, T-144, T-149 to T-151: progress, schedules, sub-achievements, rewards of members."""
    config = loaded(VALID)
    member = rewards.MemberReward(guaranteed=rewards.Contents(currencies={"coins": rewards.IntRange(min=10)}))
    assert config.achievements["first_raid"] == shapes.Achievement(
        name="First Raid",
        description="Win a raid together.",
        category="raids",
        max_count=1,
        reward=rewards.Reward(
            guaranteed=rewards.Contents(currencies={"guild_gold": rewards.IntRange(min=50)}),
            team_reward=rewards.TeamReward(member_reward=member),
        ),
    )
    master = config.achievements["raid_master"]
    assert master.precondition_ids == ("first_raid",)
    assert master.total_reward == of_currencies(ember_shards=25)
    assert master.auto_claim_total
    assert master.reward == rewards.Reward(guaranteed=rewards.Contents(items={"war_banner": WAR_BANNER}))
    assert master.sub_achievements["raid_master_25"] == shapes.SubAchievement(
        name="25 raids", max_count=25, auto_claim=True, reward=of_currencies(guild_gold=100)
    )
    hunt = config.achievements["daily_hunt"]
    assert hunt.reset == Schedule.parse("0 0 * * *")
    assert hunt.duration_sec == 79200
    assert config.sub_achievement_parents == {
        "raid_master_25": "raid_master",
        "raid_master_50": "raid_master",
    }


def test_event_leaderboards_of_the_example() -> None:
    """T-139, T-145: tiers by number, ranges, zones, the operator as clients know it."""
    boards = loaded(VALID).event_leaderboards
    siege = boards["weekly_siege"]
    assert (siege.operator, siege.reset, siege.tiers) == ("INCREMENT", Schedule.parse("0 0 * * 1"), 3)
    assert siege.tier_overrides == {2: shapes.TierOverride(name="Weekly Siege: Legends", cohort_size=10)}
    assert siege.change_zones[1] == shapes.ChangeZone(promotion=0.2, demotion=0.2, demote_idle=True)
    assert siege.reward_tiers[1] == (
        shapes.RewardTier(
            rank_min=1,
            rank_max=3,
            reward=rewards.Reward(
                guaranteed=rewards.Contents(currencies={"ember_shards": rewards.IntRange(min=5)}),
                to_mailbox_expiry_sec=604800,
            ),
        ),
    )
    dash = boards["dragon_dash"]
    assert (dash.operator, dash.ascending, dash.cohort_size, dash.tiers) == ("BEST", True, 10, 1)


@pytest.mark.parametrize(
    ("written", "operator"),
    [
        ("best", "BEST"),
        ("set", "SET"),
        ("incr", "INCREMENT"),
        ("increment", "INCREMENT"),
        ("decr", "DECREMENT"),
        ("decrement", "DECREMENT"),
    ],
)
def test_operators_have_several_spellings(written: str, operator: str) -> None:
    """T-145, T-249: six spellings of four operators; without one it is BEST."""
    board = {"event_leaderboards": {"event_leaderboards": {"b": {"operator": written}, "d": {}}}}
    boards = loaded(board).event_leaderboards
    assert boards["b"].operator == operator
    assert boards["d"] == shapes.EventLeaderboard()


def test_gifts_of_the_example() -> None:
    """T-141, T-146: costs by unit, thresholds, personal rewards that are not checked."""
    gift = loaded(VALID).gifts["winter_feast"]
    assert (gift.duration_sec, gift.max_count, gift.max_contributor_count) == (43200, 100, 10)
    assert gift.reset == Schedule.parse("0 12 * * *")
    assert gift.unit_cost == {"coins": 5}
    assert gift.rewards[0] == shapes.GiftReward(
        min_count=25,
        contributor_reward=of_currencies(coins=40),
        noncontributor_reward=of_currencies(coins=10),
    )
    assert gift.additional_properties == {"banner": "feast_01"}


def test_spellings_of_the_published_example() -> None:
    """T-128: a top-level `mailbox`, and ids directly below `achievements` and `gifts`."""
    theirs = changed(
        reward_mailbox=GONE,
        mailbox={"max_size": 50},
        achievements=VALID["achievements"]["achievements"],
        gifts=VALID["gifts"]["gifts"],
    )
    assert loaded(theirs) == loaded(VALID)


@pytest.mark.parametrize(
    ("expression", "fields"), [("0 0 * * *", 5), ("0 0 * * * 2031", 6), ("30 0 0 * * * *", 7)]
)
def test_schedules_have_five_to_seven_fields(expression: str, fields: int) -> None:
    """T-037: the leaderboards' dialect, with year, with second and year."""
    assert len(expression.split()) == fields
    config = loaded(changed(achievements__achievements__feast__reset_cronexpr=expression))
    assert config.achievements["feast"].reset == Schedule.parse(expression)


def test_schedules_may_be_empty() -> None:
    """T-145: a leaderboard without a schedule, which an empty text means too."""
    board = {"reset_schedule": ""}
    boards = {"event_leaderboards": {"event_leaderboards": {"race": board}}}
    assert loaded(boards).event_leaderboards["race"].reset is None


def test_an_absent_reward_is_not_an_empty_one() -> None:
    """T-188: what is `{}` in the file stays different from what is not there."""
    config = loaded(changed(store_items__key_bundle__reward={}))
    assert config.store_items["key_bundle"].reward == rewards.Reward()
    assert loaded(changed(store_items__key_bundle__reward=GONE)).store_items["key_bundle"].reward is None


def test_ranges_and_weights_of_odd_sizes_are_valid() -> None:
    """T-155, T-156, T-158, T-159: an absent, zero or smaller `max`, too small a total, no rolls."""
    reward = {
        "guaranteed": {
            "currencies": {"guild_gold": {"min": 5, "max": 3, "multiple": 7}, "ember_shards": {}},
            "items": {"war_banner": {"numeric_properties": {"tear": {"min": -1.5, "max": 0}}}},
            "energies": {"stamina": {"min": 1, "max": 2}},
            "energy_modifiers": [{"id": "stamina", "operator": "infinite", "duration_sec": {"min": 60}}],
        },
        "weighted": [{"weight": 5}, {}],
        "total_weight": 2,
    }
    config, _ = load(json.dumps(changed(store_items__key_bundle__reward=reward)), source="here")
    read = config.store_items["key_bundle"].reward
    assert read is not None
    assert read.guaranteed is not None
    assert read.guaranteed.currencies["guild_gold"] == rewards.IntRange(5, 3, 7)
    tear = read.guaranteed.items["war_banner"].numeric_properties["tear"]
    assert tear == rewards.FloatRange(min=-1.5, max=0.0)
    assert read.guaranteed.energies == {"stamina": rewards.IntRange(1, 2)}
    assert read.guaranteed.energy_modifiers == (
        rewards.EnergyModifier("stamina", "infinite", rewards.IntRange(), rewards.IntRange(min=60)),
    )
    assert [option.weight for option in read.weighted] == [5, 0]
    assert (read.total_weight, read.max_rolls) == (2, 0)


def test_the_version_is_kept() -> None:
    config, _ = load("{}", source="here", version=7)
    assert config.version == 7


def test_problems_are_all_in_the_error() -> None:
    with pytest.raises(ConfigError) as caught:
        load('{"a": 1, "b": 2}', source="here")
    assert [problem.split(": ")[1] for problem in caught.value.problems] == ["a", "b"]
    assert str(caught.value) == "\n".join(caught.value.problems)
