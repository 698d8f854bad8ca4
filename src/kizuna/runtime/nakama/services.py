"""What the server API stands on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import asyncpg

from kizuna.accounts.lookup import AccountLookup
from kizuna.accounts.service import Accounts
from kizuna.channels.service import Channels
from kizuna.clock import Clock
from kizuna.db.engine import REFUSED, Database
from kizuna.errors import ApiError, internal, not_found
from kizuna.events.service import Events
from kizuna.friends.lookup import Relations
from kizuna.friends.service import Friends
from kizuna.groups.lookup import Memberships
from kizuna.groups.service import Groups
from kizuna.identity.authentication import Authentication
from kizuna.identity.linking import Linking
from kizuna.leaderboards.definitions import Definitions
from kizuna.leaderboards.service import Leaderboards
from kizuna.matches.service import Matches
from kizuna.notifications.service import Notifications
from kizuna.parties.service import Parties
from kizuna.purchases.service import Purchases
from kizuna.purchases.subscriptions import Subscriptions
from kizuna.sessions.service import Sessions
from kizuna.settings import Settings
from kizuna.storage.service import Storage
from kizuna.teams.feature import Teams
from kizuna.tournaments.service import Tournaments
from kizuna.users.service import Users
from kizuna.wallets.service import Wallets

#: How constraints are named that tie something to a user.
_TIES_TO_USERS = ("user_id_fkey", "source_id_fkey", "destination_id_fkey", "sender_id_fkey")


@dataclass(frozen=True, slots=True)
class Services:
    """The features that game code reaches."""

    database: Database
    lookup: AccountLookup
    accounts: Accounts
    users: Users
    storage: Storage
    wallets: Wallets
    definitions: Definitions
    leaderboards: Leaderboards
    tournaments: Tournaments
    sessions: Sessions
    authentication: Authentication
    linking: Linking
    friends: Friends
    groups: Groups
    notifications: Notifications
    channels: Channels
    relations: Relations
    memberships: Memberships
    events: Events
    matches: Matches
    parties: Parties
    purchases: Purchases
    subscriptions: Subscriptions
    clock: Clock
    settings: Settings = field(default_factory=Settings)
    teams: Teams | None = None


class Calls:
    """The base of each feature's calls."""

    def __init__(self, services: Services) -> None:
        self._services = services


@contextmanager
def refusing(text: str) -> Iterator[None]:
    """Turn what the database refuses into an error with this text; its own words are not for clients.

    Only of a user who does not exist it is told that: `ApiError` "user not found".
    """
    try:
        yield
    except asyncpg.ForeignKeyViolationError as error:
        raise (user_not_found() if _is_of_user(error) else internal(text)) from error
    except REFUSED as error:
        raise internal(text) from error


def user_not_found() -> ApiError:
    """The refusal of what names a user who does not exist."""
    return not_found("user not found")


def _is_of_user(error: asyncpg.ForeignKeyViolationError) -> bool:
    return str(getattr(error, "constraint_name", "")).endswith(_TIES_TO_USERS)
