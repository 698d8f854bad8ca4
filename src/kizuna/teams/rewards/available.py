"""AvailableRewards: the configuration told to clients, never rolled (T-187, T-188)."""

from typing import Any

from kizuna.teams.rewards.shapes import Reward


def available_rewards(reward: Reward) -> dict[str, Any]:
    """The `AvailableRewards` message of a configured reward."""
    raise NotImplementedError
