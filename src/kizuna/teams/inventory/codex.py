"""Item definitions as clients see them."""

from functools import cached_property

from kizuna.teams.config.shapes import Item, TeamsConfig
from kizuna.teams.rewards.available import available_rewards
from kizuna.wire.encode import JsonObject, int64_text, omit_empty


class Codex:
    """All items of a configuration that are not disabled."""

    def __init__(self, config: TeamsConfig) -> None:
        self._config = config

    @classmethod
    def of(cls, config: TeamsConfig) -> "Codex":
        """That of a configuration."""
        return config.derived(cls)

    @cached_property
    def items(self) -> dict[str, Item]:
        """The definitions by item id."""
        return {id: item for id, item in self._config.inventory.items.items() if not item.disabled}

    @cached_property
    def messages(self) -> dict[str, JsonObject]:
        """`InventoryItem` messages by item id, without what only an instance has. Not to be changed."""
        return {id: _definition(id, item) for id, item in self.items.items()}


def _definition(item_id: str, item: Item) -> JsonObject:
    message: JsonObject = {
        "id": item_id,
        "name": item.name,
        "description": item.description,
        "category": item.category,
        "item_sets": list(item.item_sets),
        "max_count": int64_text(item.max_count),
        "stackable": item.stackable,
        "consumable": item.consumable,
        "keep_zero": item.keep_zero,
        "string_properties": dict(item.string_properties),
        "numeric_properties": dict(item.numeric_properties),
    }
    message = omit_empty(message)
    if item.consume_reward is not None:
        message["consume_available_rewards"] = available_rewards(item.consume_reward)
    return message


def prepare(config: TeamsConfig) -> None:
    """Make what every call about items needs of a configuration."""
    _ = Codex.of(config).messages
