"""How far a team has come, for what the store asks of it (T-148)."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from kizuna.db.engine import Database
from kizuna.teams.achievements.progress import AchievementProgress, standings_of
from kizuna.teams.achievements.rules import Standings as Achievements
from kizuna.teams.config.shapes import StoreItem
from kizuna.teams.held import Held, View
from kizuna.teams.reading import RowsOfTeams
from kizuna.teams.stats.sheet import Stats


@dataclass(frozen=True, slots=True)
class Standing:
    """A team's stats and achievements, each there where an item in question asks for it."""

    stats: Stats | None
    achievements: Achievements | None

    def allows(self, item: StoreItem) -> bool:
        """Whether the team can buy an item, if it has the money."""
        if item.unavailable:
            return False
        if item.requires_stat and not (self.stats and self.stats.reaches(*item.requires_stat)):
            return False
        achievement = item.requires_achievement
        return not achievement or bool(self.achievements and self.achievements.has_reached(achievement))


async def standing_of(held: Held, item: StoreItem) -> Standing:
    """The standing of a team that is about to buy an item."""
    return Standing(
        await held.part(Stats) if item.requires_stat else None,
        (await held.part(AchievementProgress)).standings if item.requires_achievement else None,
    )


class StandingReader:
    """The standings of teams that only look at what there is."""

    def __init__(self, database: Database) -> None:
        self._stats = RowsOfTeams(database, Stats.query)
        self._achievements = RowsOfTeams(database, AchievementProgress.query)

    async def standing(self, view: View, items: Iterable[StoreItem]) -> Standing:
        """All that some items ask for."""
        asked = list(items)
        stats, achievements = await asyncio.gather(
            self._read_stats(view, any(item.requires_stat for item in asked)),
            self._read_achievements(view, any(item.requires_achievement for item in asked)),
        )
        return Standing(stats, achievements)

    async def _read_stats(self, view: View, asked: bool) -> Stats | None:
        return Stats(view.config, await self._stats.of(view.team_id)) if asked else None

    async def _read_achievements(self, view: View, asked: bool) -> Achievements | None:
        if not asked:
            return None
        return standings_of(await self._achievements.of(view.team_id), view.config, view.now)
