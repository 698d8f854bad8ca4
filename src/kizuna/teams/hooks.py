"""What a game may decide about Teams, and be told of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kizuna.teams.held import Actor, PublisherEvent
from kizuna.teams.rewards.sources import Source


@dataclass(frozen=True, slots=True)
class CohortChoice:
    """Where a team competes: in a cohort by its id, "" for a new one, and what clients are told of it.

    `matchmaker_properties` of None leave those of the cohort as they are.
    """

    cohort_id: str
    matchmaker_properties: Mapping[str, Any] | None = None


class TeamHooks:
    """Answers of a game that decides nothing. All are called within the transaction that they are about,
    but for `publish`; what they raise ends the call, and nothing of it remains.
    """

    async def reward(
        self, team_id: str, actor: Actor | None, source: Source, reward: dict[str, Any]
    ) -> dict[str, Any]:
        """The reward that is granted in place of the one that was rolled, both `Reward` messages (T-167)."""
        return reward

    async def user_activity(self, user_ids: Sequence[str]) -> Mapping[str, int]:
        """Scores of users; who is not in it has 0 (T-104)."""
        return {}

    async def team_activity(self, team: Mapping[str, Any]) -> int | None:
        """The score of a team, a `Team` message with its members; None for the sum of theirs."""
        return None

    @property
    def decides(self) -> bool:
        """Whether the game has any function that is asked within transactions."""
        return False

    @property
    def scores_activity(self) -> bool:
        """Whether one of these two answers: without scores nobody needs to look up members for them."""
        return False

    async def profanity(self, text: str) -> bool:
        """Whether a text that players wrote is one that others shall not read."""
        return False

    async def cohort(
        self, event_leaderboard_id: str, team_id: str, tier: int, cohorts: Sequence[Mapping[str, Any]]
    ) -> CohortChoice | None:
        """Where a team that is rolled competes; None lets the server choose.

        `cohorts` are those with room, the oldest first: `id`, `count`, `size`, `matchmaker_properties`.
        """
        return None

    def publish(self, events: Sequence[PublisherEvent]) -> None:
        """Told of what was done, once it is committed. Returns at once and never raises."""
