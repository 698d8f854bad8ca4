"""From the configuration as it is written to what the features go by."""

import dataclasses
from collections import defaultdict
from functools import cache, lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel

from kizuna.teams.config import documents as written
from kizuna.teams.config import reward_documents as written_rewards
from kizuna.teams.config import shapes
from kizuna.teams.config.walking import rewards_of, team_contents
from kizuna.teams.rewards import shapes as rewards

T = TypeVar("T")
R = TypeVar("R", bound=rewards.Part)

_OPERATORS: dict[str, shapes.Operator] = {
    "best": "BEST",
    "set": "SET",
    "incr": "INCREMENT",
    "increment": "INCREMENT",
    "decr": "DECREMENT",
    "decrement": "DECREMENT",
}

#: What T-131 says where nothing else is said.
_MAX_TEAM_SIZE = 30


def build(document: written.ConfigDocument, version: int) -> shapes.TeamsConfig:
    """The configuration of a document that is right by itself."""
    boards = document.event_leaderboards.event_leaderboards
    config = _like(
        shapes.TeamsConfig,
        document,
        version=version,
        max_team_size=document.max_team_size or max(_MAX_TEAM_SIZE, document.initial_max_team_size),
        currencies=document.wallet.currencies,
        store_items={id: _store_item(item) for id, item in document.store_items.items()},
        stats_public={name: _like(shapes.Stat, stat) for name, stat in document.stats.stats_public.items()},
        stats_private={name: _like(shapes.Stat, stat) for name, stat in document.stats.stats_private.items()},
        inventory=_inventory(document.inventory),
        achievements={id: _achievement(one) for id, one in document.achievements.achievements.items()},
        event_leaderboards={id: _event_leaderboard(board) for id, board in boards.items()},
        mailbox_max_size=document.reward_mailbox.max_size,
        gifts={id: _gift(gift) for id, gift in document.gifts.gifts.items()},
    )
    rolled = dataclasses.replace(config.inventory, rolled_properties=_rolled_properties(config))
    return dataclasses.replace(config, inventory=rolled)


def _like(kind: type[T], document: BaseModel, **own: Any) -> T:
    """A shape with the values that a document has under the same names, and some of its own."""
    values = document.__dict__
    names: tuple[str, ...] = _shared(kind, type(document))  # type: ignore[arg-type]  # types are hashable
    return kind(**{name: values[name] for name in names if name not in own}, **own)


@cache
def _shared(kind: Any, document: type[BaseModel]) -> tuple[str, ...]:
    """The names that fields of both have."""
    return tuple(field.name for field in dataclasses.fields(kind) if field.name in document.model_fields)


# --- Sections ---


def _store_item(entry: written.StoreItemEntry) -> shapes.StoreItem:
    properties = entry.additional_properties
    return _like(
        shapes.StoreItem,
        entry,
        cost=entry.cost.currencies,
        reward=_reward(entry.reward),
        requires_achievement=properties.get("requires_achievement"),
        requires_stat=written.stat_requirement(properties.get("requires_stat", "")),
    )


def _inventory(section: written.InventorySection) -> shapes.Inventory:
    items = {
        id: _like(shapes.Item, item, consume_reward=_reward(item.consume_reward))
        for id, item in section.items.items()
    }
    limits = section.limits
    return shapes.Inventory(items=items, category_limits=limits.categories, item_set_limits=limits.item_sets)


def _achievement(entry: written.AchievementEntry) -> shapes.Achievement:
    return _like(
        shapes.Achievement,
        entry,
        reset=entry.reset_cronexpr,
        reward=_reward(entry.reward),
        total_reward=_reward(entry.total_reward),
        sub_achievements={id: _sub_achievement(sub) for id, sub in entry.sub_achievements.items()},
    )


def _sub_achievement(entry: written.SubAchievementEntry) -> shapes.SubAchievement:
    return _like(shapes.SubAchievement, entry, reset=entry.reset_cronexpr, reward=_reward(entry.reward))


def _event_leaderboard(entry: written.EventLeaderboardEntry) -> shapes.EventLeaderboard:
    return _like(
        shapes.EventLeaderboard,
        entry,
        operator=_OPERATORS[entry.operator],
        reset=entry.reset_schedule,
        tier_overrides={
            int(tier): _like(shapes.TierOverride, it) for tier, it in entry.tier_overrides.items()
        },
        reward_tiers={int(tier): tuple(map(_reward_tier, its)) for tier, its in entry.reward_tiers.items()},
        change_zones={int(tier): _like(shapes.ChangeZone, it) for tier, it in entry.change_zones.items()},
    )


def _reward_tier(entry: written.RewardTierEntry) -> shapes.RewardTier:
    return _like(shapes.RewardTier, entry, reward=_reward(entry.reward))


def _gift(entry: written.GiftEntry) -> shapes.Gift:
    return _like(
        shapes.Gift,
        entry,
        reset=entry.reset_schedule,
        contribution_cost=_reward(entry.contribution_cost),
        contribution_reward=_reward(entry.contribution_reward),
        rewards=tuple(map(_gift_reward, entry.rewards)),
    )


def _gift_reward(entry: written.GiftRewardEntry) -> shapes.GiftReward:
    return shapes.GiftReward(
        min_count=entry.min_count,
        contributor_reward=_reward(entry.contributor_reward),
        noncontributor_reward=_reward(entry.noncontributor_reward),
    )


# --- Rewards ---


def _reward(entry: written_rewards.RewardEntry | None) -> rewards.Reward | None:
    if entry is None:
        return None
    return _part(rewards.Reward, entry, team_reward=_team_reward(entry.team_reward))


def _team_reward(entry: written_rewards.TeamRewardEntry | None) -> rewards.TeamReward | None:
    if entry is None:
        return None
    member = entry.member_reward
    return _part(rewards.TeamReward, entry, member_reward=member and _part(rewards.MemberReward, member))


def _part(
    kind: type[R],
    entry: written_rewards.RewardEntry | written_rewards.TeamRewardEntry | written_rewards.MemberRewardEntry,
    **own: Any,
) -> R:
    return _like(
        kind,
        entry,
        guaranteed=entry.guaranteed and _contents(entry.guaranteed),
        weighted=tuple(map(_contents, entry.weighted)),
        **own,
    )


def _contents(entry: written_rewards.TeamContentsEntry) -> rewards.Contents:
    own: dict[str, Any] = {}
    if isinstance(entry, written_rewards.ContentsEntry):
        own["energies"] = {id: _range(count) for id, count in entry.energies.items()}
        own["energy_modifiers"] = tuple(
            _timed(rewards.EnergyModifier, modifier) for modifier in entry.energy_modifiers
        )
    return _like(
        rewards.Contents,
        entry,
        items={id: _item(item) for id, item in entry.items.items()},
        item_sets=tuple(_like(rewards.ItemSetReward, it, count=_range(it)) for it in entry.item_sets),
        currencies={id: _range(amount) for id, amount in entry.currencies.items()},
        reward_modifiers=tuple(_timed(rewards.RewardModifier, it) for it in entry.reward_modifiers),
        **own,
    )


def _timed(
    kind: type[T], entry: written_rewards.RewardModifierEntry | written_rewards.EnergyModifierEntry
) -> T:
    return _like(kind, entry, value=_range(entry.value), duration_sec=_range(entry.duration_sec))


def _range(
    entry: written_rewards.Range
    | written_rewards.SmallRange
    | written_rewards.SecondsRange
    | written_rewards.ItemSetEntry,
) -> rewards.IntRange:
    return _int_range(entry.min, entry.max, entry.multiple)


#: The same few amounts stand everywhere in a large configuration.
_int_range = lru_cache(maxsize=1024)(rewards.IntRange)


def _item(entry: written_rewards.ItemEntry) -> rewards.ItemReward:
    return rewards.ItemReward(
        count=_range(entry),
        string_properties={name: _text(text) for name, text in entry.string_properties.items()},
        numeric_properties={
            name: _like(rewards.FloatRange, number) for name, number in entry.numeric_properties.items()
        },
    )


def _text(entry: written_rewards.TextProperty) -> rewards.StringProperty:
    options = {value: option.weight for value, option in entry.options.items()}
    return rewards.StringProperty(options=options, total_weight=entry.total_weight)


def _rolled_properties(config: shapes.TeamsConfig) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """The names of properties that rewards may give the team's items (T-382)."""
    strings: defaultdict[str, set[str]] = defaultdict(set)
    numbers: defaultdict[str, set[str]] = defaultdict(set)
    for placed in rewards_of(config):
        for _, contents in team_contents(placed):
            for id, item in contents.items.items():
                strings[id] |= item.string_properties.keys()
                numbers[id] |= item.numeric_properties.keys()
    return {
        id: (frozenset(strings[id]), frozenset(numbers[id])) for id in strings if strings[id] or numbers[id]
    }
