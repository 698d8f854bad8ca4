"""AvailableRewards: the configuration told to clients, never rolled (T-187, T-188)."""

from kizuna.teams.rewards.rolling import number_of_draws, total_weight
from kizuna.teams.rewards.shapes import (
    Contents,
    EnergyModifier,
    FloatRange,
    IntRange,
    ItemReward,
    ItemSetReward,
    Part,
    Reward,
    RewardModifier,
    StringProperty,
    TeamReward,
)
from kizuna.wire.encode import JsonObject, int64_text, omit_empty


def available_rewards(reward: Reward) -> JsonObject:
    """The `AvailableRewards` message of a configured reward."""
    message = _part(reward)
    if reward.team_reward is not None:
        message["team_reward"] = _team_reward(reward.team_reward)
    if reward.message:
        message["message"] = reward.message
    return message


def _team_reward(reward: TeamReward) -> JsonObject:
    message = _part(reward)
    if reward.member_reward is not None:
        message["member_reward"] = _part(reward.member_reward)
    return message


def _part(part: Part) -> JsonObject:
    message: JsonObject = {}
    if part.guaranteed is not None:
        message["guaranteed"] = _contents(part.guaranteed)
    if part.weighted:
        message["weighted"] = [_contents(row) for row in part.weighted]
        weights = (row.weight for row in part.weighted)
        message |= _integers(
            max_rolls=number_of_draws(part), total_weight=total_weight(weights, part.total_weight)
        )
    return message | _integers(
        max_repeat_rolls=part.max_repeat_rolls, to_mailbox_expiry_sec=part.to_mailbox_expiry_sec
    )


def _contents(contents: Contents) -> JsonObject:
    message = {
        "items": {id: _item(item) for id, item in contents.items.items()},
        "item_sets": [_item_set(item_set) for item_set in contents.item_sets],
        "currencies": {id: {"count": _range(amount)} for id, amount in contents.currencies.items()},
        "energies": {id: {"count": _small_range(amount)} for id, amount in contents.energies.items()},
        "energy_modifiers": [_modifier(modifier) for modifier in contents.energy_modifiers],
        "reward_modifiers": [_reward_modifier(modifier) for modifier in contents.reward_modifiers],
    }
    return omit_empty(message) | _integers(weight=contents.weight)


def _item(item: ItemReward) -> JsonObject:
    message: JsonObject = {"count": _range(item.count)}
    if item.string_properties:
        message["string_properties"] = {
            name: _string_property(choice) for name, choice in item.string_properties.items()
        }
    if item.numeric_properties:
        message["numeric_properties"] = {
            name: _float_range(wanted) for name, wanted in item.numeric_properties.items()
        }
    return message


def _item_set(item_set: ItemSetReward) -> JsonObject:
    message: JsonObject = {"count": _range(item_set.count), **_integers(max_repeats=item_set.max_repeats)}
    if item_set.set:
        message["set"] = list(item_set.set)
    return message


def _string_property(choice: StringProperty) -> JsonObject:
    message: JsonObject = {}
    if choice.options:
        message["options"] = {text: _integers(weight=weight) for text, weight in choice.options.items()}
    return message | _integers(total_weight=total_weight(choice.options.values(), choice.total_weight))


def _modifier(modifier: EnergyModifier | RewardModifier) -> JsonObject:
    return {
        "id": modifier.id,
        "operator": modifier.operator,
        "value": _range(modifier.value),
        "duration_sec": _range(modifier.duration_sec),
    }


def _reward_modifier(modifier: RewardModifier) -> JsonObject:
    return _modifier(modifier) | {"type": modifier.type}


def _range(wanted: IntRange) -> JsonObject:
    return _integers(min=wanted.min, max=wanted.top, multiple=wanted.multiple)


def _small_range(wanted: IntRange) -> JsonObject:
    """The same of 32 bits, which are numbers on the wire."""
    return {name: int(value) for name, value in _range(wanted).items()}


def _float_range(wanted: FloatRange) -> JsonObject:
    return omit_empty({"min": wanted.min, "max": wanted.top, "multiple": wanted.multiple})


def _integers(**fields: int) -> JsonObject:
    """Those that are not 0, as text."""
    return omit_empty({name: int64_text(value) for name, value in fields.items()})
