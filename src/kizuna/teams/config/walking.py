"""Every reward of a configuration, with its place."""

from collections.abc import Iterator
from typing import NamedTuple

from kizuna.teams.config.errors import Place
from kizuna.teams.config.shapes import Gift, Progress, TeamsConfig
from kizuna.teams.rewards.shapes import Contents, FloatRange, IntRange, Part, Reward


class Placed(NamedTuple):
    """A reward. What is `personal` goes to the player who caused it, not to the team (T-171)."""

    place: Place
    reward: Reward
    personal: bool = False


def rewards_of(config: TeamsConfig) -> Iterator[Placed]:
    """All rewards that a configuration has; costs are none."""
    for place, reward, personal in _all(config):
        if reward is not None:
            yield Placed(place, reward, personal)


def costs_of(config: TeamsConfig) -> Iterator[Placed]:
    """What has a reward's form and is paid, by players."""
    for id, gift in config.gifts.items():
        if gift.contribution_cost is not None:
            yield Placed(("gifts", "gifts", id, "contribution_cost"), gift.contribution_cost, True)


_Maybe = tuple[Place, Reward | None, bool]


def _all(config: TeamsConfig) -> Iterator[_Maybe]:
    for id, item in config.store_items.items():
        yield ("store_items", id, "reward"), item.reward, False
    for id, definition in config.inventory.items.items():
        yield ("inventory", "items", id, "consume_reward"), definition.consume_reward, False
    yield from _of_achievements(config)
    for id, board in config.event_leaderboards.items():
        place = ("event_leaderboards", "event_leaderboards", id, "reward_tiers")
        for tier, ranges in board.reward_tiers.items():
            for index, ranks in enumerate(ranges):
                yield (*place, str(tier), index, "reward"), ranks.reward, False
    for id, gift in config.gifts.items():
        yield from _of_gift(("gifts", "gifts", id), gift)


def progress_of(config: TeamsConfig) -> Iterator[tuple[Place, str, Progress]]:
    """Every achievement, and every sub-achievement after its own, with place and id."""
    for id, achievement in config.achievements.items():
        place = ("achievements", "achievements", id)
        yield place, id, achievement
        for sub_id, sub in achievement.sub_achievements.items():
            yield (*place, "sub_achievements", sub_id), sub_id, sub


def _of_achievements(config: TeamsConfig) -> Iterator[_Maybe]:
    for place, _, progress in progress_of(config):
        yield (*place, "reward"), progress.reward, False
    for id, achievement in config.achievements.items():
        yield ("achievements", "achievements", id, "total_reward"), achievement.total_reward, False


def _of_gift(place: Place, gift: Gift) -> Iterator[_Maybe]:
    yield (*place, "contribution_reward"), gift.contribution_reward, True
    for index, level in enumerate(gift.rewards):
        at = (*place, "rewards", index)
        yield (*at, "contributor_reward"), level.contributor_reward, True
        yield (*at, "noncontributor_reward"), level.noncontributor_reward, True


def parts_of(placed: Placed) -> Iterator[tuple[Place, Part, bool]]:
    """A reward's parts with their places, and whether each goes to the team."""
    yield placed.place, placed.reward, not placed.personal
    if (team := placed.reward.team_reward) is not None:
        yield (*placed.place, "team_reward"), team, True
        if team.member_reward is not None:
            yield (*placed.place, "team_reward", "member_reward"), team.member_reward, False


def contents_of(place: Place, part: Part) -> Iterator[tuple[Place, Contents]]:
    """What a part may give, guaranteed or drawn."""
    if part.guaranteed is not None:
        yield (*place, "guaranteed"), part.guaranteed
    for index, contents in enumerate(part.weighted):
        yield (*place, "weighted", index), contents


def team_contents(placed: Placed) -> Iterator[tuple[Place, Contents]]:
    """What a reward may give to the team."""
    for place, part, to_team in parts_of(placed):
        if to_team:
            yield from contents_of(place, part)


def ranges_of(place: Place, contents: Contents) -> Iterator[tuple[Place, IntRange | FloatRange]]:
    """Every amount, length of time and number that is rolled, with its place."""
    for id, item in contents.items.items():
        yield (*place, "items", id), item.count
        for name, number in item.numeric_properties.items():
            yield (*place, "items", id, "numeric_properties", name), number
    for index, draw in enumerate(contents.item_sets):
        yield (*place, "item_sets", index), draw.count
    for id, amount in contents.currencies.items():
        yield (*place, "currencies", id), amount
    for id, amount in contents.energies.items():
        yield (*place, "energies", id), amount
    for index, energy in enumerate(contents.energy_modifiers):
        yield (*place, "energy_modifiers", index, "value"), energy.value
        yield (*place, "energy_modifiers", index, "duration_sec"), energy.duration_sec
    for index, modifier in enumerate(contents.reward_modifiers):
        yield (*place, "reward_modifiers", index, "value"), modifier.value
        yield (*place, "reward_modifiers", index, "duration_sec"), modifier.duration_sec
