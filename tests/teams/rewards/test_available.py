"""What clients are told of a reward before anything is rolled."""

from kizuna.teams.rewards.available import available_rewards
from kizuna.teams.rewards.shapes import (
    Contents,
    EnergyModifier,
    FloatRange,
    IntRange,
    ItemReward,
    ItemSetReward,
    MemberReward,
    Reward,
    StringProperty,
    TeamReward,
)
from tests.teams.rewards.support import LARGEST, Team, contents, modifier

EVERYTHING = Contents(
    items={
        "banner": ItemReward(
            IntRange(1, 3),
            {"colour": StringProperty({"red": 1, "blue": 3, "never": 0}, total_weight=2)},
            {"tear": FloatRange(-1.0, 0.0, 0.5), "age": FloatRange(2.5)},
        )
    },
    item_sets=(ItemSetReward(IntRange(2), 1, ("hall", "rare")), ItemSetReward(IntRange(1))),
    currencies={"gold": IntRange(20, 60, 20), "gems": IntRange(5, 2), "none": IntRange()},
    energies={"stamina": IntRange(1, 2)},
    energy_modifiers=(EnergyModifier("stamina", "infinite", IntRange(), IntRange(60, 90, 30)),),
    reward_modifiers=(modifier("gold"),),
    weight=4,
)


def test_everything_is_told_as_it_is_configured() -> None:
    """T-187, T-188: with effective maxima and totals; 64 bits as text, 32 bits and fractions as numbers."""
    row = {
        "items": {
            "banner": {
                "count": {"min": "1", "max": "3"},
                "string_properties": {
                    "colour": {
                        "options": {"red": {"weight": "1"}, "blue": {"weight": "3"}, "never": {}},
                        "total_weight": "4",
                    }
                },
                "numeric_properties": {
                    "tear": {"min": -1.0, "multiple": 0.5},
                    "age": {"min": 2.5, "max": 2.5},
                },
            }
        },
        "item_sets": [
            {"count": {"min": "2", "max": "2"}, "max_repeats": "1", "set": ["hall", "rare"]},
            {"count": {"min": "1", "max": "1"}},
        ],
        "currencies": {
            "gold": {"count": {"min": "20", "max": "60", "multiple": "20"}},
            "gems": {"count": {"min": "5", "max": "5"}},
            "none": {"count": {}},
        },
        "energies": {"stamina": {"count": {"min": 1, "max": 2}}},
        "energy_modifiers": [
            {
                "id": "stamina",
                "operator": "infinite",
                "value": {},
                "duration_sec": {"min": "60", "max": "90", "multiple": "30"},
            }
        ],
        "reward_modifiers": [
            {
                "id": "gold",
                "type": "currency",
                "operator": "multiplier",
                "value": {"min": "2", "max": "2"},
                "duration_sec": {"min": "3600", "max": "3600"},
            }
        ],
        "weight": "4",
    }
    reward = Reward(weighted=(EVERYTHING, Contents(weight=1)), max_repeat_rolls=2, to_mailbox_expiry_sec=-1)
    assert available_rewards(reward) == {
        "weighted": [row, {"weight": "1"}],
        "max_rolls": "1",
        "total_weight": "5",
        "max_repeat_rolls": "2",
        "to_mailbox_expiry_sec": "-1",
    }


def test_the_teams_and_the_members_parts_are_told_within() -> None:
    """T-187: `team_reward`, in it `member_reward`, and the message."""
    gold = {"currencies": {"gold": {"count": {"min": "1", "max": "1"}}}}
    member = MemberReward(guaranteed=contents(gold=1))
    reward = Reward(
        guaranteed=Contents(),
        team_reward=TeamReward(
            weighted=(contents(gold=1, weight=2),), max_rolls=3, total_weight=10, member_reward=member
        ),
        message="Well done!",
    )
    assert available_rewards(reward) == {
        "guaranteed": {},
        "team_reward": {
            "weighted": [{**gold, "weight": "2"}],
            "max_rolls": "3",
            "total_weight": "10",
            "member_reward": {"guaranteed": gold},
        },
        "message": "Well done!",
    }


def test_what_is_not_configured_is_absent() -> None:
    """T-188: an empty reward is an empty object; numbers of draws without anything to draw say nothing."""
    assert available_rewards(Reward()) == {}
    assert available_rewards(Reward(max_rolls=5, total_weight=9)) == {}
    assert available_rewards(Reward(guaranteed=contents(gold=LARGEST))) == {
        "guaranteed": {"currencies": {"gold": {"count": {"min": str(LARGEST), "max": str(LARGEST)}}}}
    }


async def test_modifiers_do_not_show(team: Team) -> None:
    """T-187, T-445: what is told is the configuration, whatever is in force."""

    async def told() -> object:
        store = await team.cast.call(team.cast.member, "TEAMS_STORE_GET")
        return [item.get("available_rewards") for item in store["store_items"]]

    before = await told()
    await team.grant(Reward(guaranteed=contents(modifier("guild_gold"), modifier("raid_key", type="item"))))
    assert await told() == before
