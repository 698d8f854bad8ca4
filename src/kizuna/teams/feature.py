"""Teams, put together: the configuration, the functions, and the two ways to them."""

from collections.abc import Iterable

from kizuna.channels.service import Channels
from kizuna.clock import Clock
from kizuna.db.engine import Database
from kizuna.groups.service import Groups
from kizuna.http.contract import Operation
from kizuna.http.routes import Routes
from kizuna.notifications.service import Notifications
from kizuna.settings import Teams as TeamsSettings
from kizuna.teams.achievements import goals
from kizuna.teams.achievements.service import TeamAchievements
from kizuna.teams.admission import Admission
from kizuna.teams.calls import Calls
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.config.versions import ConfigVersions
from kizuna.teams.core.rules import Departures, TeamRules
from kizuna.teams.core.service import TeamCore
from kizuna.teams.events import departures, messages
from kizuna.teams.events.service import TeamEventLeaderboards
from kizuna.teams.functions import Served
from kizuna.teams.gifts.service import TeamGifts
from kizuna.teams.hooks import TeamHooks
from kizuna.teams.inventory import codex
from kizuna.teams.inventory.service import TeamInventories
from kizuna.teams.mailbox.service import TeamMailboxes
from kizuna.teams.rewards.granting import Rewards
from kizuna.teams.routes import aliases, routes
from kizuna.teams.rpc import TeamRpcs
from kizuna.teams.stats.service import TeamStats
from kizuna.teams.store.service import TeamStore
from kizuna.teams.wallet.service import TeamWallets
from kizuna.wallets.service import Wallets


class Teams:
    """The feature. Without a configuration there are no functions, and nothing is found under their names."""

    def __init__(
        self,
        settings: TeamsSettings,
        database: Database,
        clock: Clock,
        *,
        groups: Groups,
        channels: Channels,
        wallets: Wallets,
        notifications: Notifications,
        hooks: TeamHooks,
    ) -> None:
        self._settings = settings
        self.versions = ConfigVersions(database, clock, prepare=_prepare)
        rules = TeamRules(lambda: self.versions.current, departures.forget)
        self.calls = Calls(
            database,
            clock,
            lambda: self.versions.current,
            hooks.publish,
            Admission(groups.turns, lambda: hooks.decides, database.writers),
            rules.before_adoption,
            debug=settings.debug_rpcs,
            closed=settings.closed_functions,
        )
        self.rewards = Rewards(wallets, notifications, hooks)
        self.core = TeamCore(database, clock, self.calls, hooks, groups=groups, channels=channels)
        self.mailboxes = TeamMailboxes(database, self.rewards, clock)
        self.achievements = TeamAchievements(database, self.rewards)
        self.event_leaderboards = TeamEventLeaderboards(
            database, self.rewards, hooks, clock, lambda: self.versions.current
        )
        self.gifts = TeamGifts(database, self.rewards, wallets, clock)
        parts = (
            self.core,
            TeamWallets(database),
            TeamStore(database, self.rewards),
            TeamInventories(database, self.rewards),
            self.mailboxes,
            TeamStats(database),
            self.achievements,
            self.event_leaderboards,
            self.gifts,
        )
        self.served: list[Served] = [served for part in parts for served in part.functions()]
        groups.guarded_by(rules if self.is_configured else Departures(departures.forget))
        self.rpcs = TeamRpcs(self.calls, self.served if self.is_configured else ())

    @property
    def is_configured(self) -> bool:
        """Whether there are Teams at all."""
        return self._settings.config is not None

    def routes(self) -> Routes:
        """The functions over REST."""
        return routes(self.calls, self.served if self.is_configured else ())

    def operations(self, own: Routes) -> Iterable[Operation]:
        """Every operation below the REST paths, of groups and channels too."""
        return [*(endpoint.operation for endpoint in own.endpoints), *aliases()] if self.is_configured else ()

    async def start(self) -> None:
        """Take up the stored configuration, and watch for another. Raises where there is none."""
        if self.is_configured:
            await self.versions.start()

    async def stop(self) -> None:
        await self.versions.stop()

    async def clean_up(self) -> None:
        """Clear away what nobody needs any more."""
        if self.is_configured:
            for part in (self.mailboxes, self.event_leaderboards, self.gifts):
                await part.clean_up()


def _prepare(config: TeamsConfig) -> None:
    """Make of a configuration what calls need of it."""
    goals.prepare(config)
    codex.prepare(config)
    messages.prepare(config)
