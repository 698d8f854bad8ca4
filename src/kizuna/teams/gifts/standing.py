"""How an iteration of a gift stands, for everybody and for one player."""

from dataclasses import dataclass, replace
from typing import Any, Self

import orjson

from kizuna.db.engine import Record
from kizuna.teams.config.shapes import Gift, GiftReward
from kizuna.teams.gifts.iterations import NEVER, Iteration
from kizuna.teams.rewards.available import available_rewards
from kizuna.teams.rewards.shapes import Reward
from kizuna.wire.encode import JsonObject, int64_text, omit_empty
from kizuna.wire.integers import INT64_MAX

#: No count goes beyond 64 bits.
LARGEST = INT64_MAX


@dataclass(frozen=True, slots=True)
class Standing:
    """An iteration: what was contributed, by whom, and which thresholds the player `user_id` has claimed.

    A `user_id` of None is the server, which neither contributes nor claims.
    """

    gift_id: str
    gift: Gift
    iteration: Iteration
    user_id: str | None
    count: int
    contributors: list[dict[str, Any]]
    claimed: frozenset[int]

    @classmethod
    def of(cls, gift_id: str, gift: Gift, iteration: Iteration, user_id: str | None, row: Record) -> Self:
        """From a row of `queries.STANDING`."""
        return cls(
            gift_id,
            gift,
            iteration,
            user_id,
            row["count"],
            orjson.loads(row["contributors"]),
            frozenset(row["claimed"]),
        )

    @property
    def contributed(self) -> int:
        """What the player has contributed."""
        return next((one["count"] for one in self.contributors if one["user_id"] == self.user_id), 0)

    @property
    def next_position(self) -> int:
        """The place of the next contributor in the order of first contributions."""
        return 1 + max((one["position"] for one in self.contributors), default=0)

    @property
    def left(self) -> int | None:
        """How many more units the gift takes from everybody, None for no maximum."""
        return max(0, self.gift.max_count - self.count) if self.gift.max_count else None

    @property
    def left_to_contributor(self) -> int | None:
        """How many more units the player's own maximum leaves, None for no maximum."""
        most = self.gift.max_contributor_count
        return max(0, most - self.contributed) if most else None

    @property
    def remaining(self) -> int | None:
        """How many more units the player can contribute, None for no maximum."""
        return min((left for left in (self.left, self.left_to_contributor) if left is not None), default=None)

    @property
    def unclaimed(self) -> list[tuple[int, Reward | None]]:
        """The thresholds that are crossed and that the player has not claimed, and what they give them."""
        contributed = self.contributed > 0
        return [
            (one.min_count, one.contributor_reward if contributed else one.noncontributor_reward)
            for one in self.gift.rewards
            if one.min_count <= self.count and one.min_count not in self.claimed
        ]

    @property
    def claimable(self) -> list[tuple[int, Reward]]:
        """The same without thresholds that give the player nothing."""
        if self.user_id is None:
            return []
        return [(min_count, reward) for min_count, reward in self.unclaimed if reward is not None]

    def after_claim(self) -> "Standing":
        """The same once the player has claimed all that is crossed."""
        crossed = (min_count for min_count, _ in self.unclaimed)
        return replace(self, claimed=self.claimed.union(crossed))

    def can_contribute(self, now: int) -> bool:
        return self.user_id is not None and self.iteration.takes_contributions(now) and self.remaining != 0

    def message(self, now: int) -> JsonObject:
        """The `TeamGift` message."""
        gift, iteration = self.gift, self.iteration
        claimable = self.claimable
        reward_field = "contributor_reward" if self.contributed else "noncontributor_reward"
        message: JsonObject = {
            "id": self.gift_id,
            "name": gift.name,
            "description": gift.description,
            "category": gift.category,
            "start_time_sec": int64_text(iteration.start),
            "contribution_end_time_sec": int64_text(iteration.contribution_end),
            "end_time_sec": "" if iteration.end == NEVER else int64_text(iteration.end),
            "count": int64_text(self.count),
            "max_count": int64_text(gift.max_count),
            "max_contributor_count": int64_text(gift.max_contributor_count),
            "contribution_cost": _available(gift.contribution_cost),
            "contribution_reward": _available(gift.contribution_reward),
            "rewards": [_configured(one) for one in gift.rewards],
            "additional_properties": gift.additional_properties or None,
            "contributors": self._contributors(),
            "can_contribute": self.can_contribute(now),
            "contributor_remaining_count": int64_text(self.remaining),
            "can_claim": bool(claimable),
            "available_rewards": [
                _threshold(min_count, **{reward_field: reward}) for min_count, reward in claimable
            ],
        }
        # Not `omit_empty`: a configured reward without contents is told as well (T-188).
        return {name: value for name, value in message.items() if value or value == {}}

    def _contributors(self) -> list[JsonObject]:
        """Who has given most comes first, then who began first; accounts that are gone are left out."""
        ordered = sorted(self.contributors, key=lambda one: (-one["count"], one["position"]))
        return [_contributor(one) for one in ordered if one["username"]]


def _contributor(one: JsonObject) -> JsonObject:
    message = {name: one[name] for name in ("user_id", "username", "avatar_url", "display_name")}
    message["create_time_sec"] = int64_text(one["create_sec"])
    message["update_time_sec"] = int64_text(one["update_sec"])
    message["count"] = int64_text(one["count"])
    return omit_empty(message)


def _configured(reward: GiftReward) -> JsonObject:
    return _threshold(
        reward.min_count,
        contributor_reward=reward.contributor_reward,
        noncontributor_reward=reward.noncontributor_reward,
    )


def _threshold(min_count: int, **rewards: Reward | None) -> JsonObject:
    """A `TeamGiftReward` message."""
    return {"min_count": int64_text(min_count)} | {
        name: available_rewards(reward) for name, reward in rewards.items() if reward is not None
    }


def _available(reward: Reward | None) -> JsonObject | None:
    return None if reward is None else available_rewards(reward)
