"""What the configuration tells of an achievement, as clients see it."""

from typing import Any

from kizuna.teams.config.shapes import Achievement, Progress
from kizuna.teams.rewards.available import available_rewards
from kizuna.teams.rewards.shapes import Reward
from kizuna.wire.encode import int64_text, omit_empty


def template(id: str, config: Progress) -> dict[str, Any]:
    """The fields of an `Achievement` or `SubAchievement` message that no progress changes."""
    message: dict[str, Any] = {
        "id": id,
        "name": config.name,
        "description": config.description,
        "category": config.category,
        "max_count": int64_text(config.max_count),
        "precondition_ids": list(config.precondition_ids),
        "additional_properties": dict(config.additional_properties),
        "auto_claim": config.auto_claim,
        "auto_reset": config.auto_reset,
    }
    if isinstance(config, Achievement):
        message["auto_claim_total"] = config.auto_claim_total
        message["start_time_sec"] = int64_text(config.start_time_sec)
        message["end_time_sec"] = int64_text(config.end_time_sec)
    message = omit_empty(message)
    _add_available(message, "available_rewards", config.reward)
    if isinstance(config, Achievement):
        _add_available(message, "available_total_reward", config.total_reward)
    return message


def _add_available(message: dict[str, Any], name: str, reward: Reward | None) -> None:
    # A configured reward without contents is told as well (T-188).
    if reward is not None:
        message[name] = available_rewards(reward)
