"""The whole server, put together: settings → database → features → one ASGI application.

Reads from top to bottom like a table of contents. Nothing here decides anything.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from starlette.types import Receive, Scope, Send

from kizuna.accounts import routes as account_routes
from kizuna.accounts.deletions import Deletions
from kizuna.accounts.lookup import AccountLookup
from kizuna.accounts.service import Accounts
from kizuna.bus import Bus, LocalBus, PostgresBus
from kizuna.channels import routes as channel_routes
from kizuna.channels.service import Channels
from kizuna.clock import Clock, SystemClock
from kizuna.db.engine import Database
from kizuna.events import routes as event_routes
from kizuna.events.service import EventQueue, Events
from kizuna.friends import routes as friend_routes
from kizuna.friends.imports import FriendImports
from kizuna.friends.lookup import Relations
from kizuna.friends.service import Friends
from kizuna.groups import routes as group_routes
from kizuna.groups.lookup import Memberships
from kizuna.groups.service import Groups
from kizuna.http.contract import OPERATIONS
from kizuna.http.deadlines import Deadlines
from kizuna.http.dispatcher import Dispatcher
from kizuna.http.health import health_routes
from kizuna.http.pages import Pages
from kizuna.http.webhooks import Webhooks
from kizuna.identity import routes as identity_routes
from kizuna.identity.attempts import AttemptLimits, Attempts
from kizuna.identity.authentication import Authentication
from kizuna.identity.linking import Linking
from kizuna.identity.passwords import Passwords
from kizuna.identity.providers import providers
from kizuna.leaderboards import routes as leaderboard_routes
from kizuna.leaderboards.clearing import Clearing
from kizuna.leaderboards.configured import create_configured
from kizuna.leaderboards.definitions import Definitions
from kizuna.leaderboards.ranks import Ranks
from kizuna.leaderboards.service import Leaderboards
from kizuna.matches import routes as match_routes
from kizuna.matches.service import Matches
from kizuna.matchmaker import routes as matchmaker_routes
from kizuna.matchmaker.service import Matchmaker
from kizuna.notifications import routes as notification_routes
from kizuna.notifications.service import Notifications
from kizuna.outside.client import Outside
from kizuna.parties import routes as party_routes
from kizuna.parties.service import Parties
from kizuna.purchases import keeping as purchase_keeping
from kizuna.purchases import routes as purchase_routes
from kizuna.purchases.notices.delivery import Delivery
from kizuna.purchases.notices.routes import webhooks
from kizuna.purchases.notices.service import Notices
from kizuna.purchases.service import Purchases
from kizuna.purchases.stores import Stores
from kizuna.purchases.subscriptions import Subscriptions
from kizuna.rpc import routes as rpc_routes
from kizuna.rpc.handler import RpcHandler
from kizuna.runtime.host import Runtime
from kizuna.runtime.nakama import Services
from kizuna.runtime.team_data import TeamEvent
from kizuna.runtime.teams import GameTeamHooks
from kizuna.scheduler.service import Scheduler
from kizuna.sessions import routes as session_routes
from kizuna.sessions.authentication import HeaderAuthentication
from kizuna.sessions.revocations import Revocations
from kizuna.sessions.service import SessionRules, Sessions
from kizuna.settings import Settings
from kizuna.storage import routes as storage_routes
from kizuna.storage.service import Storage
from kizuna.teams.feature import Teams
from kizuna.tournaments import routes as tournament_routes
from kizuna.tournaments.service import Tournaments
from kizuna.users import routes as user_routes
from kizuna.users.service import Users
from kizuna.wallets.service import Wallets

log = logging.getLogger(__name__)

#: Requests end this much before the time after which an idle connection would be closed.
_DEADLINE_MARGIN = 0.5

#: Seconds between two clean-ups of what has expired.
_CLEAN_UP_EVERY = 60.0


class Application:
    """One server process. `startup` before the first request, `shutdown` after the last."""

    def __init__(
        self,
        settings: Settings,
        *,
        database_url: str,
        clock: Clock | None = None,
        single_process: bool = True,
        reload: bool = False,
    ) -> None:
        clock = clock or SystemClock()
        self._settings = settings

        # What everything stands on
        self.database = Database(database_url, pool_size=settings.database.pool_size)
        self._bus = _bus(settings, database_url, single_process)
        self._deadlines = Deadlines(settings.socket.idle_timeout_ms / 1000 - _DEADLINE_MARGIN)

        # Features
        rules = _session_rules(settings)
        lifetime = timedelta(seconds=max(rules.token_expiry, rules.refresh_token_expiry))
        self._revocations = Revocations(self.database, self._bus, clock, keep=lifetime + timedelta(minutes=1))
        lookup = AccountLookup(self.database)
        sessions = Sessions(rules, self.database, self._revocations, clock, lookup)
        without_ranks = settings.leaderboard.blacklist_rank_cache
        self._ranks = Ranks(self.database, self._bus, clock, without=without_ranks)
        self._definitions = Definitions(self.database, self._bus, self._ranks, clock)
        self._clearing = Clearing(self.database)
        leaderboards = Leaderboards(self.database, self._ranks, clock)
        tournaments = Tournaments(self.database, self._definitions, leaderboards, self._ranks, clock)
        self._notifications = notifications = Notifications(self.database, clock)
        relations, memberships = Relations(self.database), Memberships(self.database)
        friends = Friends(self.database, notifications, clock)
        channels = Channels(self.database, memberships, relations, clock)
        groups = Groups(self.database, channels, notifications, clock)
        self.deletions = Deletions(self.database, clock, lambda: self.runtime.deletions)
        accounts = Accounts(
            self.database,
            lookup,
            self._revocations,
            clock,
            take_turn=groups.turn_of,
            hold=[groups.hold, friends.hold],
            disown=[
                groups.disown,
                friends.disown,
                purchase_keeping.disown,
                leaderboards.disown,
                self.deletions.note,
            ],
        )
        users = Users(self.database, self._revocations, clock)
        storage = Storage(self.database, clock)
        wallets = Wallets(self.database, clock)
        self.events = events = Events(
            queue_size=settings.runtime.event_queue_size, workers=settings.runtime.event_queue_workers
        )
        self.team_events: EventQueue[TeamEvent] = EventQueue(
            queue_size=settings.runtime.event_queue_size, workers=settings.runtime.event_queue_workers
        )
        self.matches, self.parties, self.matchmaker = Matches(), Parties(), Matchmaker()

        social, iap = settings.social, settings.iap
        self._providers_outside = Outside(social.http_timeout_ms / 1000)
        identity_providers = providers(social, settings.google_auth, self._providers_outside, clock)
        self._passwords = _passwords(settings)
        self._attempts = Attempts(self.database, clock, _attempt_limits(settings))
        friend_imports = FriendImports(
            friends, identity_providers, steam_configured=_steam_configured(settings)
        )
        authentication = Authentication(
            self.database, lookup, self._passwords, self._attempts, identity_providers, friend_imports, clock
        )
        linking = Linking(self.database, self._passwords, identity_providers, friend_imports, clock)

        self._stores_outside = Outside(iap.http_timeout_ms / 1000)
        self._stores = stores = Stores(iap, social.google, self._stores_outside, clock)
        purchases = Purchases(self.database, stores, clock)
        subscriptions = Subscriptions(self.database, stores, clock)
        self.notice_delivery = Delivery(
            self.database, purchases, subscriptions, clock, lambda: self.runtime.notices
        )
        notices = Notices(self.database, stores, iap, purchases, subscriptions, self.notice_delivery, clock)

        self.teams = teams = Teams(
            settings.teams,
            self.database,
            clock,
            groups=groups,
            channels=channels,
            wallets=wallets,
            notifications=notifications,
            hooks=GameTeamHooks(lambda: self.runtime.teams, self.team_events, clock),
        )

        # Game code
        services = Services(
            database=self.database,
            lookup=lookup,
            accounts=accounts,
            users=users,
            storage=storage,
            wallets=wallets,
            definitions=self._definitions,
            leaderboards=leaderboards,
            tournaments=tournaments,
            sessions=sessions,
            authentication=authentication,
            linking=linking,
            friends=friends,
            groups=groups,
            notifications=notifications,
            channels=channels,
            relations=relations,
            memberships=memberships,
            events=events,
            matches=self.matches,
            parties=self.parties,
            purchases=purchases,
            subscriptions=subscriptions,
            clock=clock,
            settings=settings,
            teams=teams,
        )
        self.runtime = Runtime(
            settings.runtime,
            services,
            node=settings.name,
            grace=settings.shutdown_grace_sec,
            reload=reload,
        )
        self.scheduler = Scheduler(self.database, clock, self._definitions, self.runtime.callbacks)

        # The way in
        header_authentication = HeaderAuthentication(sessions, settings.socket.server_key)
        features = (
            health_routes(),
            account_routes.routes(accounts),
            channel_routes.routes(channels),
            event_routes.routes(events),
            friend_routes.routes(friends, friend_imports),
            group_routes.routes(groups),
            identity_routes.routes(authentication, linking, sessions),
            leaderboard_routes.routes(self._definitions, leaderboards),
            match_routes.routes(self.matches),
            matchmaker_routes.routes(self.matchmaker),
            notification_routes.routes(notifications),
            party_routes.routes(self.parties),
            purchase_routes.routes(purchases, subscriptions),
            session_routes.routes(sessions),
            storage_routes.routes(storage),
            tournament_routes.routes(self._definitions, leaderboards, tournaments, clock),
            user_routes.routes(users),
        )
        teams_routes = teams.routes()
        endpoints = [endpoint for routes in features for endpoint in routes.endpoints]
        self.runtime.served = {endpoint.operation.name for endpoint in endpoints}
        rpc = RpcHandler(self.runtime, sessions, settings.runtime.http_key, teams.rpcs.find, self._deadlines)
        self._dispatcher = Dispatcher(
            [*endpoints, *teams_routes.endpoints],
            operations=(*OPERATIONS, *teams.operations(teams_routes)),
            rpc=rpc,
            webhooks=Webhooks(webhooks(notices, iap), self._deadlines),
            pages=Pages((*features, rpc_routes.routes(rpc)), with_teams=teams.is_configured),
            hooks=self.runtime.hooks,
            authenticator=header_authentication,
            deadlines=self._deadlines,
            body_limit=settings.socket.max_request_size_bytes,
            response_headers=settings.socket.response_headers,
            camel_case_names=settings.socket.names == "camel",
            proxy_count=settings.socket.proxy_count,
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def startup(self) -> None:
        """Connect, and load the game code. Raises what makes that impossible."""
        self._ranks.start()
        self._definitions.start()
        await self._bus.start()
        await self._revocations.start()
        await create_configured(self._definitions, self._settings)
        await self.events.start(self.runtime.events)
        if self.teams.is_configured:
            await self.team_events.start(self.runtime.team_events)
        await self.teams.start()
        await self.runtime.start()
        await self.deletions.start()
        await self.notice_delivery.start()
        await self.scheduler.start()
        self._tasks = [
            asyncio.create_task(self._deadlines.sweep()),
            asyncio.create_task(_regularly(self._revocations.clean_up)),
            asyncio.create_task(_regularly(self._attempts.clean_up)),
            asyncio.create_task(_regularly(self._ranks.clean_up)),
            asyncio.create_task(_regularly(self._clearing.clean_up)),
            asyncio.create_task(_regularly(self.notice_delivery.clean_up)),
            asyncio.create_task(_regularly(self.teams.clean_up)),
        ]

    async def shutdown(self) -> None:
        """Disconnect; nothing is under way any more."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await asyncio.gather(
            self.scheduler.stop(),
            self.deletions.stop(),
            self.notice_delivery.stop(),
            self.events.stop(),
            self.team_events.stop(),
        )
        await self.runtime.stop()
        await self.teams.stop()
        await self._notifications.finish()
        await self._ranks.stop()
        self._passwords.close()
        await self._stores.close()
        await asyncio.gather(self._providers_outside.close(), self._stores_outside.close())
        await self._bus.stop()
        await self.database.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._dispatcher(scope, receive, send)


async def _regularly(work: Callable[[], Awaitable[None]]) -> None:
    """Housekeeping: its failure is logged, and it is tried again."""
    while True:
        await asyncio.sleep(_CLEAN_UP_EVERY)
        try:
            await work()
        except Exception:
            log.exception("clean-up failed")


def _bus(settings: Settings, database_url: str, single_process: bool) -> Bus:
    """The configured bus; by itself local only where nobody else can use the same database."""
    alone = single_process and settings.database.url is None
    if settings.bus == "local" or (settings.bus == "auto" and alone):
        return LocalBus()
    return PostgresBus(database_url)


def _session_rules(settings: Settings) -> SessionRules:
    session = settings.session
    return SessionRules(
        token_expiry=session.token_expiry_sec,
        refresh_token_expiry=session.refresh_token_expiry_sec,
        key=session.encryption_key,
        refresh_key=session.refresh_encryption_key,
        single_session=session.single_session,
    )


def _steam_configured(settings: Settings) -> bool:
    steam = settings.social.steam
    return bool(steam.publisher_key and steam.app_id)


def _passwords(settings: Settings) -> Passwords:
    password = settings.password
    return Passwords(cost=password.bcrypt_cost, threads=password.threads, queue=password.queue_limit)


def _attempt_limits(settings: Settings) -> AttemptLimits:
    attempts = settings.password.attempts
    return AttemptLimits(
        per_account=attempts.per_account,
        account_window=timedelta(seconds=attempts.window_sec),
        per_address=attempts.per_address,
        address_window=timedelta(seconds=attempts.address_window_sec),
    )
