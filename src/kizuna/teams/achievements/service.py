"""TEAMS_ACHIEVEMENTS_GET, TEAMS_ACHIEVEMENTS_UPDATE and TEAMS_ACHIEVEMENTS_CLAIM."""

from collections.abc import Collection

import orjson

from kizuna.db.engine import Database
from kizuna.teams import catalogue
from kizuna.teams.achievements.messages import achievement_list
from kizuna.teams.achievements.progress import AchievementProgress, standings_of
from kizuna.teams.achievements.rules import Claim, Outcome, Standings
from kizuna.teams.errors import bad_input
from kizuna.teams.functions import Reading, Reply, Request, Served, Writing
from kizuna.teams.held import Held, View
from kizuna.teams.reading import RowsOfTeams
from kizuna.teams.rewards.granting import GRANTING, Rewards
from kizuna.teams.rewards.sources import Source, SourceKind


class TeamAchievements:
    """Team achievements: get, update, claim."""

    def __init__(self, database: Database, rewards: Rewards) -> None:
        self._rewards = rewards
        self._rows = RowsOfTeams(database, AchievementProgress.query)

    def functions(self) -> list[Served]:
        return [
            Reading(catalogue.ACHIEVEMENTS_GET, self.get),
            Writing(catalogue.ACHIEVEMENTS_UPDATE, self.update, reads=(AchievementProgress, *GRANTING)),
            Writing(catalogue.ACHIEVEMENTS_CLAIM, self.claim, reads=(AchievementProgress, *GRANTING)),
        ]

    async def get(self, view: View, request: Request) -> Reply:
        """The `AchievementList` message."""
        rows = await self._rows.of(view.team_id)
        return achievement_list(standings_of(rows, view.config, view.now))

    async def update(self, held: Held, request: Request) -> Reply:
        """Add to progress; the `AchievementsUpdateAck` message. 400 as in T-224, and nothing is added."""
        amounts = _amounts(request)
        if not amounts:
            raise bad_input()
        standings = (await held.part(AchievementProgress)).standings
        return await self._settle(held, standings, standings.update(amounts))

    async def claim(self, held: Held, request: Request) -> Reply:
        """Claim rewards; the `AchievementsUpdateAck` message. 400 as in T-234, T-235: nothing is claimed."""
        ids = request.get("achievement_ids")
        if not ids:
            raise bad_input()
        standings = (await held.part(AchievementProgress)).standings
        outcome = standings.claim(ids, with_total=request.get("claim_total_reward", False))
        return await self._settle(held, standings, outcome)

    async def reset(self, held: Held, ids: Collection[str]) -> None:
        """Forget all progress and claims of achievements, and of their parts (T-243)."""
        await (await held.part(AchievementProgress)).forget(held, ids)

    async def _settle(self, held: Held, standings: Standings, outcome: Outcome) -> Reply:
        """Grant what was claimed, and tell of everything that was done."""
        for id, count in outcome.progressed.items():
            held.publish("achievementUpdated", count, achievementId=id)
        for claim in outcome.claims:
            await self._grant(held, standings, claim)
        for id in dict.fromkeys(claim.goal.id for claim in outcome.claims):
            held.publish("teamAchievementClaimed", achievementId=id)
        return achievement_list(standings, outcome.shown)

    async def _grant(self, held: Held, standings: Standings, claim: Claim) -> None:
        goal, state = claim.goal, standings[claim.goal.id].state
        reward = goal.achievement.total_reward if claim.total else goal.config.reward
        if reward is None:
            return
        granted = orjson.dumps(await self._rewards.grant(held, reward, _source(claim))).decode()
        if claim.total:
            state.total_reward = granted
        else:
            state.reward = granted


def _amounts(request: Request) -> dict[str, int]:
    """How much is to be added to each achievement; one that is named in both ways gets the sum (T-222)."""
    amount: int = request.get("amount", 0)
    amounts = dict.fromkeys(request.get("achievement_ids", ()), amount)
    for id, amount in request.get("achievements", {}).items():
        amounts[id] = amounts.get(id, 0) + amount
    return amounts


def _source(claim: Claim) -> Source:
    if claim.total:
        kind = SourceKind.ACHIEVEMENT_TOTAL
    else:
        kind = SourceKind.SUB_ACHIEVEMENT if claim.goal.parent else SourceKind.ACHIEVEMENT
    return Source(kind, claim.goal.id)
