"""Teams themselves: create, update, list, search, get, chat."""

from kizuna.channels.service import Channels
from kizuna.clock import Clock
from kizuna.db.engine import Database
from kizuna.groups.service import Groups
from kizuna.teams.calls import Calls
from kizuna.teams.functions import Served
from kizuna.teams.hooks import TeamHooks
from kizuna.users.service import Users


class TeamCore:
    """Teams themselves."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        calls: Calls,
        hooks: TeamHooks,
        *,
        groups: Groups,
        channels: Channels,
        users: Users,
    ) -> None:
        self._database = database
        self._clock = clock
        self._calls = calls
        self._hooks = hooks
        self._groups = groups
        self._channels = channels
        self._users = users

    def functions(self) -> list[Served]:
        return []
