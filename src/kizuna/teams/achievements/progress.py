"""A team's achievements in a call: loaded once, written once."""

from collections.abc import Collection, Iterable
from typing import ClassVar, Self

from kizuna.db.statements import Query
from kizuna.teams.achievements import queries
from kizuna.teams.achievements.goals import goals_of
from kizuna.teams.achievements.rules import Standings
from kizuna.teams.achievements.states import State
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.held import Held
from kizuna.teams.row import Row

#: The columns of a state, in the order of `queries.STORE`.
_COLUMNS = (
    "period_sec",
    "count",
    "completions",
    "first_progress_sec",
    "update_sec",
    "claim_sec",
    "reward",
    "total_claim_sec",
    "total_reward",
    "restarted",
)


class AchievementProgress:
    """A team's achievements in a call that may change them."""

    query: ClassVar[Query] = queries.STATES

    def __init__(self, standings: Standings) -> None:
        self.standings = standings

    @classmethod
    async def load(cls, held: Held) -> Self:
        return cls(standings_of(await held.rows(cls), held.config, held.now))

    async def save(self, held: Held) -> None:
        states = self.standings.states()
        if states:
            columns = [[getattr(state, name) for state in states.values()] for name in _COLUMNS]
            held.write_last(queries.STORE, held.team_id, list(states), *columns)
            self.standings.changed.clear()

    async def forget(self, held: Held, ids: Collection[str]) -> None:
        """Let achievements be as if nothing had been done, and their parts with them."""
        await self.save(held)
        await held.write_now()
        goals = goals_of(held.config).by_id
        parts = (sub.id for id in ids if id in goals for sub in goals[id].subs)
        await held.tx.write(queries.DELETE, held.team_id, sorted({*ids, *parts}))
        rows = await held.tx.read(queries.STATES, [held.team_id])
        self.standings = standings_of(rows, held.config, held.now)


def standings_of(rows: Iterable[Row], config: TeamsConfig, now: int) -> Standings:
    """The achievements of a team from its rows of `queries.STATES`.

    Those that are no longer configured are kept, and nobody sees them.
    """
    stored = {row["achievement_id"]: State(**{name: row[name] for name in _COLUMNS}) for row in rows}
    return Standings(goals_of(config), stored, now)
