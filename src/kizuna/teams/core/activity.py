"""How active teams and their members are, which only the game knows (T-104)."""

from collections.abc import Sequence
from typing import Any

from kizuna.teams.hooks import TeamHooks
from kizuna.wire.integers import INT64_MAX, INT64_MIN


class Activity:
    """Asks the game for scores."""

    def __init__(self, hooks: TeamHooks) -> None:
        self._hooks = hooks

    @property
    def is_scored(self) -> bool:
        """Whether there can be any score: without the game's own answers all are 0."""
        return self._hooks.scores_activity

    async def score(self, teams: Sequence[dict[str, Any]]) -> None:
        """Put the scores into `Team` messages with their members; zeros are left out."""
        if not self.is_scored:
            return
        members = [member for team in teams for member in team["members"]]
        scores = await self._hooks.user_activity(list(dict.fromkeys(member["id"] for member in members)))
        for member in members:
            _put(member, scores.get(member["id"], 0))
        for team in teams:
            own = await self._hooks.team_activity(team)
            _put(team, sum(scores.get(member["id"], 0) for member in team["members"]) if own is None else own)


def activity_of(message: dict[str, Any]) -> int:
    """The score in a message."""
    return int(message.get("activity", 0))


def _put(message: dict[str, Any], score: int) -> None:
    if score:
        message["activity"] = str(min(max(score, INT64_MIN), INT64_MAX))
