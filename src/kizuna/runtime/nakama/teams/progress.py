"""What teams achieve, for game code: stats, achievements, event leaderboards."""

from collections.abc import Mapping, Sequence
from typing import Any

from kizuna.runtime.api.teams import AchievementList, StatList, TeamEventLeaderboard
from kizuna.runtime.nakama.teams.base import TeamCalls
from kizuna.runtime.team_data import StatUpdate
from kizuna.runtime.team_messages import read, read_list
from kizuna.runtime.values import flag_of, integer_of, item_of, object_text, text_of, uuid_of
from kizuna.teams import catalogue
from kizuna.teams.held import Held

_STAT_OPERATORS = {"set": 1, "delta": 2, "min": 3, "max": 4}
_SCORE_OPERATORS = {"": 0, "best": 1, "set": 2, "incr": 3, "decr": 4}


class StatCalls(TeamCalls):
    """A team's stats."""

    async def stats_get(self, team_id: str, *, user_id: str | None = None) -> StatList:
        """A team's stats, public and private ones."""
        return read(StatList, await self._ask(catalogue.STATS_GET, team_id, user_id))

    async def stats_update(
        self,
        team_id: str,
        *,
        public: Sequence[StatUpdate] = (),
        private: Sequence[StatUpdate] = (),
        user_id: str | None = None,
    ) -> StatList:
        """Change stats, all or none; all stats then."""
        reply = await self._ask(
            catalogue.STATS_UPDATE,
            team_id,
            user_id,
            public=[_stat(update) for update in public],
            private=[_stat(update) for update in private],
        )
        return read(StatList, reply)


class AchievementCalls(TeamCalls):
    """A team's achievements."""

    async def achievements_get(self, team_id: str, *, user_id: str | None = None) -> AchievementList:
        """All achievements and how far the team is."""
        return read(AchievementList, await self._ask(catalogue.ACHIEVEMENTS_GET, team_id, user_id))

    async def achievements_update(
        self,
        team_id: str,
        achievement_ids: Sequence[str] = (),
        amount: int = 0,
        *,
        achievements: Mapping[str, int] | None = None,
        user_id: str | None = None,
    ) -> AchievementList:
        """Report progress: `amount` for each of the ids, and amounts of their own for `achievements`."""
        reply = await self._ask(
            catalogue.ACHIEVEMENTS_UPDATE,
            team_id,
            user_id,
            achievement_ids=list(achievement_ids),
            amount=integer_of(amount, "amount"),
            achievements=dict(achievements or {}),
        )
        return read(AchievementList, reply)

    async def achievements_claim(
        self,
        team_id: str,
        achievement_ids: Sequence[str],
        *,
        claim_total_reward: bool = False,
        user_id: str | None = None,
    ) -> AchievementList:
        """Claim the rewards of complete achievements, all or none, and on demand total rewards with them."""
        reply = await self._ask(
            catalogue.ACHIEVEMENTS_CLAIM,
            team_id,
            user_id,
            achievement_ids=list(achievement_ids),
            claim_total_reward=flag_of(claim_total_reward, "claim_total_reward"),
        )
        return read(AchievementList, reply)

    async def reset_achievements(self, team_id: str, achievement_ids: Sequence[str]) -> None:
        """Forget a team's progress and claims of achievements; ids that are none do not matter."""
        ids = [text_of(id, "achievement id") for id in achievement_ids]

        async def work(held: Held) -> None:
            await self._teams.achievements.reset(held, ids)

        await self._change(team_id, work)


class EventLeaderboardCalls(TeamCalls):
    """Event leaderboards, each as a team sees it."""

    async def event_leaderboard_list(
        self,
        team_id: str,
        *,
        with_scores: bool = False,
        categories: Sequence[str] = (),
        user_id: str | None = None,
    ) -> list[TeamEventLeaderboard]:
        """All event leaderboards, or those of some categories."""
        reply = await self._ask(
            catalogue.EVENT_LIST,
            team_id,
            user_id,
            with_scores=flag_of(with_scores, "with_scores"),
            categories=list(categories),
        )
        return read_list(TeamEventLeaderboard, reply.get("event_leaderboards"))

    async def event_leaderboard_get(
        self, team_id: str, event_leaderboard_id: str, *, user_id: str | None = None
    ) -> TeamEventLeaderboard:
        """An event leaderboard with its scores."""
        reply = await self._ask(
            catalogue.EVENT_GET, team_id, user_id, event_leaderboard_id=event_leaderboard_id
        )
        return read(TeamEventLeaderboard, reply)

    async def event_leaderboard_roll(
        self,
        team_id: str,
        event_leaderboard_id: str,
        *,
        metadata: Mapping[str, str] | None = None,
        claim_reward: bool = False,
        user_id: str | None = None,
    ) -> TeamEventLeaderboard:
        """Enrol a team into a cohort; with `claim_reward` claim the reward of the one before first."""
        reply = await self._ask(
            catalogue.EVENT_ROLL,
            team_id,
            user_id,
            event_leaderboard_id=event_leaderboard_id,
            metadata=_metadata(metadata),
            claim_reward=flag_of(claim_reward, "claim_reward"),
        )
        return read(TeamEventLeaderboard, reply)

    async def event_leaderboard_update(
        self,
        team_id: str,
        user_id: str,
        event_leaderboard_id: str,
        score: int,
        subscore: int = 0,
        *,
        metadata: Mapping[str, str] | None = None,
        conditional_metadata_update: bool = False,
    ) -> TeamEventLeaderboard:
        """Submit a member's score for a team."""
        reply = await self._ask(
            catalogue.EVENT_UPDATE,
            team_id,
            uuid_of(user_id),
            event_leaderboard_id=event_leaderboard_id,
            score=integer_of(score, "score"),
            subscore=integer_of(subscore, "subscore"),
            metadata=_metadata(metadata),
            conditional_metadata_update=flag_of(conditional_metadata_update, "conditional_metadata_update"),
        )
        return read(TeamEventLeaderboard, reply)

    async def event_leaderboard_claim(
        self, team_id: str, event_leaderboard_id: str, *, user_id: str | None = None
    ) -> TeamEventLeaderboard:
        """Claim a team's reward, once however often it is claimed."""
        reply = await self._ask(
            catalogue.EVENT_CLAIM, team_id, user_id, event_leaderboard_id=event_leaderboard_id
        )
        return read(TeamEventLeaderboard, reply)

    async def event_leaderboard_debug_fill(
        self, team_id: str, event_leaderboard_id: str, target_count: int = 0
    ) -> TeamEventLeaderboard:
        """Fill a team's cohort with made-up teams, up to `target_count` teams or as many as it can have.

        For trying out; game code can, whatever the settings say.
        """
        reply = await self._ask(
            catalogue.EVENT_DEBUG_FILL,
            team_id,
            None,
            event_leaderboard_id=event_leaderboard_id,
            target_count=target_count,
        )
        return read(TeamEventLeaderboard, reply)

    async def event_leaderboard_debug_random_scores(
        self,
        team_id: str,
        event_leaderboard_id: str,
        min: int,
        max: int,
        *,
        operator: str = "",
        subscore_min: int = 0,
        subscore_max: int = 0,
    ) -> TeamEventLeaderboard:
        """Give the other teams of a team's cohort random scores, by the configured operator or "best", "set",
        "incr" or "decr"."""
        reply = await self._ask(
            catalogue.EVENT_DEBUG_RANDOM_SCORES,
            team_id,
            None,
            event_leaderboard_id=event_leaderboard_id,
            min=integer_of(min, "min"),
            max=integer_of(max, "max"),
            operator=_number(operator, _SCORE_OPERATORS),
            subscore_min=integer_of(subscore_min, "subscore_min"),
            subscore_max=integer_of(subscore_max, "subscore_max"),
        )
        return read(TeamEventLeaderboard, reply)


def _stat(update: StatUpdate) -> dict[str, Any]:
    item_of(update, StatUpdate, "stat updates")
    return {
        "name": text_of(update.name, "name"),
        "value": integer_of(update.value, "value"),
        "operator": _number(update.operator, _STAT_OPERATORS),
    }


def _number(operator: str, numbers: Mapping[str, int]) -> int:
    """The number of an operator. ValueError for one that there is not."""
    if operator not in numbers:
        known = ", ".join(repr(name) for name in numbers if name)
        raise ValueError(f"operator must be one of {known}, not {operator!r}")
    return numbers[operator]


def _metadata(metadata: Mapping[str, str] | None) -> str | None:
    return None if metadata is None else object_text(metadata, "metadata")
