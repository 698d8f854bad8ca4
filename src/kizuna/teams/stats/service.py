"""Team stats: get and update."""

from kizuna.db.engine import Database
from kizuna.groups.service import Groups
from kizuna.teams.functions import Served


class TeamStats:
    """Team stats: get and update."""

    def __init__(self, database: Database, groups: Groups) -> None:
        self._database = database
        self._groups = groups

    def functions(self) -> list[Served]:
        return []
