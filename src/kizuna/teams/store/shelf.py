"""What the store offers, as clients see it."""

from typing import Any

from kizuna.teams.config.shapes import StoreItem, TeamsConfig
from kizuna.teams.rewards.available import available_rewards
from kizuna.wire.encode import omit_empty


def offered(config: TeamsConfig) -> dict[str, StoreItem]:
    """Everything that can be seen, ordered by id."""
    return {id: item for id, item in sorted(config.store_items.items()) if not item.disabled}


def item_message(id: str, item: StoreItem, *, available: bool) -> dict[str, Any]:
    """The `TeamStoreItem` message."""
    message = omit_empty(
        {
            "id": id,
            "name": item.name,
            "description": item.description,
            "category": item.category,
            "additional_properties": dict(item.additional_properties),
            "unavailable": not available,
        }
    )
    if item.cost:
        message["cost"] = {"currencies": {currency: str(amount) for currency, amount in item.cost.items()}}
    if item.reward is not None:
        message["available_rewards"] = available_rewards(item.reward)
    return message
